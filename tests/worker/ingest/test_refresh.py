"""Cooldown, refresh, force, removal by an admin, bounds: when a registry is asked again, and what changes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.rows import add_account
from tests.support.working import PACKAGES, REQUESTS, TAGS, MakeWorkplace, Workplace
from tgtui.basics import clock
from tgtui.data.access.limits import RequestRefused
from tgtui.data.requests import asking
from tgtui.data.views.edges import UNRESOLVED

pytestmark = pytest.mark.full_on("postgresql")

PAST_COOLDOWN = timedelta(minutes=61)


async def test_within_the_cooldown_asking_again_sends_no_request(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    await place.bring("a")
    await place.bring("a", "b")
    assert await place.statuses() == {"a": "completed", "b": "completed"}
    assert (place.asked_for("a"), place.asked_for("b")) == (1, 1)


async def test_the_cooldown_holds_for_another_program_on_the_same_database(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    place.registry.add_package("a")
    await place.bring("a")
    await make_workplace().bring("a")
    assert place.asked_for("a") == 1


async def test_a_name_that_was_not_found_is_remembered(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    await place.bring("nowhere")
    first = await place.request("nowhere")
    assert (first.status, first.error_code, first.attempt_count) == ("failed", "not_found", 1)
    place.registry.add_package("nowhere")
    await place.bring("nowhere")
    assert (await place.request("nowhere")).error_code == "not_found"
    assert place.asked_for("nowhere") == 1
    place.age_documents(PAST_COOLDOWN, "nowhere")
    later = clock.now() - PAST_COOLDOWN
    await place.change(update(REQUESTS).values(updated_at=later))
    # Another program has no memory of its own; this one's clock did not move.
    await make_workplace(place.folder).bring("nowhere")
    assert (await place.request("nowhere")).status == "completed"


@pytest.mark.parametrize("code", ["malformed", "too_large"])
async def test_a_document_that_is_no_good_is_not_read_twice_within_the_cooldown(
    place: Workplace, make_workplace: MakeWorkplace, code: str
) -> None:
    if code == "malformed":
        place.registry.add_document("bad", {"name": "another", "versions": {"1.0.0": {}}})
    else:
        place.registry.add_package("bad", [f"1.0.{number}" for number in range(20_001)])
    place.registry.add_package("user", {"1.0.0": {"dependencies": {"bad": "*"}}})
    await place.bring("bad", "user", concurrency=1)
    other = make_workplace()
    await other.bring("bad")
    again = await place.request("bad")
    assert (again.status, again.error_code, again.attempt_count) == ("failed", code, 0)
    assert "not asked again before" in again.error_message
    assert (await place.edges("user", "1.0.0"))["bad"].resolved_version == UNRESOLVED
    assert place.asked_for("bad") == 1
    place.registry.add_package("bad")
    await other.ask("bad", force=True)
    await other.work()
    assert (await place.request("bad")).status == "completed"


async def test_an_admin_can_force_a_request_within_the_cooldown(place: Workplace) -> None:
    place.registry.add_package("a", ["1.0.0"])
    await place.bring("a")
    place.registry.add_package("a", ["1.0.0", "1.1.0"])
    await place.ask("a", force=True)
    await place.work()
    assert set(await place.versions("a")) == {"1.0.0", "1.1.0"}
    assert place.asked_for("a") == 2


async def test_after_the_cooldown_a_document_that_did_not_change_costs_a_304(
    place: Workplace,
) -> None:
    place.registry.add_package("a")
    await place.bring("a")
    before = await place.package("a")
    await place.age(PAST_COOLDOWN, "a")
    await place.bring("a")
    after = await place.package("a")
    assert before is not None
    assert after is not None
    assert "if-none-match" in place.registry.requests_for("a")[1].headers
    assert after.last_fetch_success >= before.last_fetch_success


async def test_a_refresh_brings_new_takes_removed_and_changes_deprecated_versions(
    place: Workplace,
) -> None:
    place.registry.add_package("user", {"1.0.0": {"dependencies": {"a": "^1"}}})
    place.registry.add_package(
        "a", {"1.0.0": {}, "1.1.0": {}, "2.0.0": {}}, dist_tags={"latest": "2.0.0", "old": "1.0.0"}
    )
    await place.bring("user", "a")
    assert (await place.edges("user", "1.0.0"))["a"].resolved_version == "1.1.0"
    place.registry.add_package(
        "a",
        {"1.0.0": {"deprecated": "too old"}, "2.0.0": {}, "3.0.0": {"dependencies": {"new": "*"}}},
        dist_tags={"latest": "3.0.0", "beta": "2.0.0"},
    )
    place.registry.add_package("new")
    await place.age(PAST_COOLDOWN, "a", "user")
    await place.bring("a")
    versions = await place.versions("a")
    assert set(versions) == {"1.0.0", "2.0.0", "3.0.0"}
    assert versions["1.0.0"].yank_message == "too old"
    tags = await place.read(
        select(TAGS.c.tag, TAGS.c.version).where(TAGS.c.package_id == versions["1.0.0"].package_id)
    )
    assert {tuple(row) for row in tags} == {("latest", "3.0.0"), ("beta", "2.0.0")}
    assert "3.0.0" in await place.loaded("a")
    assert (await place.statuses())["new"] == "completed"
    # The version a parent chose is gone: said plainly, and chosen anew when the parent is refreshed.
    edge = (await place.edges("user", "1.0.0"))["a"]
    assert (edge.resolved_version, edge.resolved_version_id) == ("1.1.0", None)
    await place.bring("user")
    edge = (await place.edges("user", "1.0.0"))["a"]
    assert (edge.resolved_version, edge.resolved_version_id) == ("1.0.0", versions["1.0.0"].id)


async def test_a_refresh_keeps_the_rows_of_versions_that_stay(place: Workplace) -> None:
    place.registry.add_package("a", ["1.0.0", "2.0.0"])
    await place.bring("a")
    before = await place.versions("a")
    place.registry.add_package("a", ["1.0.0", "2.0.0", "3.0.0"])
    await place.ask("a", force=True)
    await place.work()
    after = await place.versions("a")
    assert {text: after[text].id for text in before} == {t: row.id for t, row in before.items()}


async def test_asking_again_mends_what_failed_below(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"c": "*"}}})
    place.registry.add_package("c")
    await place.ask("a")
    await place.work(max_depth=1)
    assert "c" not in await place.statuses()
    await place.bring("a")
    assert await place.statuses() == dict.fromkeys("abc", "completed")
    assert len(place.registry.requests) == 3


async def test_the_bound_on_depth_is_noted_where_it_was_reached(place: Workplace) -> None:
    for number in range(4):
        place.registry.add_package(
            f"p{number}", {"1.0.0": {"dependencies": {f"p{number + 1}": "*"}}}
        )
    place.registry.add_package("p4")
    await place.bring("p0", max_depth=2)
    assert set(await place.statuses()) == {"p0", "p1", "p2"}
    last = await place.request("p2")
    assert (last.status, last.error_code) == ("completed", "bound_reached")
    assert "2 deep" in last.error_message
    assert (await place.request("p1")).error_code is None


async def test_the_bound_on_packages_is_noted_where_it_was_reached(place: Workplace) -> None:
    names = [f"d{number}" for number in range(5)]
    place.registry.add_package("root", {"1.0.0": {"dependencies": dict.fromkeys(names, "*")}})
    for name in names:
        place.registry.add_package(name)
    await place.bring("root", max_packages=3)
    assert set(await place.statuses()) == {"root", "d0", "d1"}
    root = await place.request("root")
    assert (root.status, root.error_code) == ("completed", "bound_reached")
    assert root.error_message.startswith("3 dependencies were not queued")


async def test_what_somebody_else_queued_already_counts_against_no_bound(place: Workplace) -> None:
    place.registry.add_package("root", {"1.0.0": {"dependencies": {"d": "*"}}})
    place.registry.add_package("d")
    await place.ask("root")
    await place.ask("d")
    await place.work(max_packages=1)
    assert (await place.request("root")).error_code is None


async def delete_package(place: Workplace, name: str) -> None:
    await place.change(
        update(PACKAGES).where(PACKAGES.c.name == name).values(deleted_at=clock.now())
    )


async def test_a_removed_package_is_not_asked_for_and_not_brought_by_others(
    place: Workplace,
) -> None:
    place.registry.add_package("gone")
    await place.bring("gone")
    await delete_package(place, "gone")
    with pytest.raises(RequestRefused, match="deleted by an admin"):
        await place.ask("gone")
    place.registry.add_package("user", {"1.0.0": {"dependencies": {"gone": "*"}}})
    await place.age(PAST_COOLDOWN, "gone")
    await place.bring("user")
    assert (await place.request("gone")).is_auto_queued is False
    assert (await place.statuses())["user"] == "completed"


async def test_a_request_for_a_package_that_was_removed_meanwhile_fails_at_once(
    place: Workplace,
) -> None:
    place.registry.add_package("gone")
    await place.bring("gone")
    await place.ask("gone", force=True)
    await delete_package(place, "gone")
    await place.work()
    request = await place.request("gone")
    assert (request.status, request.error_code) == ("failed", "removed_by_admin")
    assert "ask an admin" in request.error_message
    assert place.asked_for("gone") == 1


async def test_a_package_removed_while_it_is_fetched_is_left_as_it_was(place: Workplace) -> None:
    place.registry.add_package("gone", ["1.0.0"])
    await place.bring("gone")
    place.registry.add_package("gone", ["1.0.0", "2.0.0"])
    gate = place.registry.hang("gone")
    await place.ask("gone", force=True)
    worker = place.worker()
    working = asyncio.create_task(worker.run(until_empty=True))
    await gate.arrived()
    await delete_package(place, "gone")
    gate.open()
    await working
    assert (await place.request("gone")).error_code == "removed_by_admin"
    assert set(await place.versions("gone")) == {"1.0.0"}


async def test_a_second_person_follows_the_active_request(place: Workplace) -> None:
    account = await place.database.write(add_account, "bob")
    first = await place.ask("a")
    second = await place.ask("a", account_id=account)
    assert (second.request_id, second.is_new) == (first.request_id, False)


async def test_opening_a_queued_package_brings_it_to_the_front(place: Workplace) -> None:
    for name in ("first", "second"):
        place.registry.add_package(name)
        await place.ask(name)
    assert await place.database.write(asking.bring_to_front, "npm", "second")
    await place.work(concurrency=1)
    assert [request.path for request in place.registry.requests] == ["/second", "/first"]
