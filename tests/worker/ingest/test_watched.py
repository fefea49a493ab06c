"""A worker fetches watched packages again, behind everything else, and writes down what is new."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests.support import rows
from tests.support.working import PACKAGES, REQUESTS, Workplace
from tgtui.data.models.tables import package_request_chains
from tgtui.data.packages.watching import due, watches
from tgtui.data.requests.asking import PRIORITY_WATCHED
from tgtui.data.requests.lists import newest_request
from tgtui.data.views.watching import News
from tgtui.output.requests import cause_text

LONG_AGO = timedelta(hours=25)


async def watched(place: Workplace, *names: str) -> UUID:
    """Bring these packages, and watch them as Ada."""
    await place.bring(*names)
    ada = await place.database.write(rows.add_account)
    found = await place.read(select(PACKAGES.c.id).where(PACKAGES.c.name.in_(names)))
    await place.database.write(watches.watch, ada, [row.id for row in found])
    return ada


async def pass_a_day(place: Workplace, *names: str) -> None:
    """As if all that was done so far was done a day before."""
    await place.age(LONG_AGO, *names)
    for row in await place.read(select(REQUESTS.c.id, REQUESTS.c.created_at)):
        earlier = row.created_at - LONG_AGO
        await place.change(
            update(REQUESTS).where(REQUESTS.c.id == row.id).values(created_at=earlier)
        )


async def test_a_watched_package_is_fetched_daily_and_what_is_new_is_told(place: Workplace) -> None:
    place.registry.add_package("a", ["1.0.0"])
    place.registry.add_package("b", ["1.0.0"])
    place.registry.add_package("c", ["1.0.0"])
    ada = await watched(place, "a", "b")
    await place.bring("c")
    place.registry.add_package("a", {"1.0.0": {"deprecated": "use 2"}, "2.0.0": {}})
    await place.work()
    assert place.asked_for("a") == 1  # it was fetched today
    await pass_a_day(place, "a", "b", "c")
    await place.work()
    assert [place.asked_for(name) for name in "abc"] == [2, 2, 1]
    page = await place.database.read(watches.watched_page, ada)
    assert [(row.name, row.latest_version) for row in page.rows] == [("a", "2.0.0"), ("b", "1.0.0")]
    assert page.rows[0].news == News(
        versions=("2.0.0",),
        version_count=1,
        deprecated=("1.0.0",),
        deprecated_count=1,
        reason="use 2",
    )
    assert page.rows[1].news is None


async def test_it_waits_behind_all_that_people_ask_for_and_leaves_one_request(
    place: Workplace,
) -> None:
    place.registry.add_package("a")
    await watched(place, "a")
    for _day in range(3):
        await pass_a_day(place, "a")
        await place.work()
    requests = await place.read(select(REQUESTS).order_by(REQUESTS.c.id))
    # A person's, and the last of the refreshes.
    assert [row.priority for row in requests] == [10, PRIORITY_WATCHED]
    request = await place.database.read(newest_request, "npm", "a")
    assert request is not None
    assert cause_text(request) == "as someone watches it"
    chains = select(func.count()).select_from(package_request_chains)
    assert (await place.read(chains))[0][0] == 2


async def test_what_a_new_version_needs_comes_too(place: Workplace) -> None:
    place.registry.add_package("a", ["1.0.0"])
    await watched(place, "a")
    place.registry.add_package("a", {"1.0.0": {}, "2.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.add_package("b")
    await pass_a_day(place, "a")
    await place.work()
    assert await place.statuses() == {"a": "completed", "b": "completed"}


async def test_what_is_gone_is_asked_for_once_a_day(place: Workplace) -> None:
    place.registry.add_package("a")
    await watched(place, "a")
    place.registry.remove_package("a")
    await pass_a_day(place, "a")
    await place.work()
    await place.work()
    assert place.asked_for("a") == 2
    assert (await place.request("a")).status == "failed"


async def test_few_are_queued_at_once_and_all_come_in_turn(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "AT_ONCE", 2)
    for name in "abc":
        place.registry.add_package(name)
    await watched(place, *"abc")
    await pass_a_day(place, *"abc")

    async def queued(registry: str = "npm") -> int:
        return await place.database.write(due.queue_due, hours=24, registries=[registry])

    assert [await queued("jsr"), await queued(), await queued()] == [0, 2, 0]
    await place.work()
    assert [place.asked_for(name) for name in "abc"] == [2, 2, 2]


async def test_nobody_refreshes_if_the_settings_say_never(place: Workplace) -> None:
    place.registry.add_package("a")
    await watched(place, "a")
    await pass_a_day(place, "a")
    await place.work(refresh_hours=0)
    assert place.asked_for("a") == 1
