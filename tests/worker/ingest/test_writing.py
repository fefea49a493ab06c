"""Packages that are ready together: one transaction, as if one came after the other, none paying for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from tests.support.rows import add_edge, add_package, add_release, add_request
from tests.support.working import NPM, PACKAGES, REQUESTS, Workplace
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.worker.ingest import ingest, storing, writing
from tgtui.worker.ingest.documents import Documents
from tgtui.worker.ingest.loading import ForcedMeanwhile, Loading, MoreNeeded, RemovedByAdmin
from tgtui.worker.ingest.resolution import Resolver
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.ingest.writing import Policy, Writing
from tgtui.worker.queue import claims, settling
from tgtui.worker.queue.claim import Claim, LeaseLost

POLICY = Policy(Bounds(60, 5_000), None)
HOUR = timedelta(hours=1)


async def make_ready(place: Workplace, *names: str) -> list[Loading]:
    """Claimed, fetched and resolved, in this order."""
    for name in names:
        await place.ask(name)
    held = await place.database.write(
        claims.claim_requests,
        worker="me",
        lane=NPM,
        limit=len(names),
        lease_seconds=30,
        max_attempts=5,
    )
    by_name = {claim.name: claim for claim in held}
    return [await load(place, by_name[name]) for name in names]


async def load(place: Workplace, claim: Claim) -> Loading:
    documents = Documents(place.registries, HOUR, lambda _host: None)
    resolver = Resolver(documents, node_version=None)
    fetched = await documents.fetch(claim.registry, claim.name)
    loading = Loading(claim, fetched, await resolver.index(fetched))
    latest = loading.index.latest()
    assert latest is not None
    declared = (await documents.dependencies(fetched, [latest]))[latest]
    loading.edges[latest] = await resolver.resolve(
        declared, {}, lambda _done, _total: None, is_last_try=False
    )
    return loading


def change(database: Database, claim: Claim, **values: Any) -> None:
    where = REQUESTS.c.id == claim.request_id
    database.write_now(lambda s: s.execute(update(REQUESTS).where(where).values(**values)))


def stored(database: Database) -> set[str]:
    return set(
        database.read_now(lambda connection: connection.scalars(select(PACKAGES.c.name)).all())
    )


def circle(place: Workplace, count: int, *, is_developed: bool = False) -> list[str]:
    """Packages that each need the next two, and with `is_developed` one to develop with."""
    names = [f"p{number}" for number in range(count)]
    for number, name in enumerate(names):
        after = {names[(number + step) % count]: "^1" for step in (1, 2)}
        tool = {names[(number + 3) % count]: "*"} if is_developed else {}
        place.registry.add_package(
            name, {"0.9.0": {}, "1.0.0": {"dependencies": after, "devDependencies": tool}}
        )
    return names


async def test_together_they_lead_to_each_other_and_are_complete(place: Workplace) -> None:
    names = circle(place, 6, is_developed=True)
    group = await make_ready(place, *names)
    assert await place.database.write(writing.store, group, POLICY) == {}
    assert await place.statuses() == dict.fromkeys(names, "completed")
    for number, name in enumerate(names):
        edges = await place.edges(name, "1.0.0")
        assert len(edges) == 3
        for step in (1, 2, 3):
            target = names[(number + step) % 6]
            version = (await place.versions(target))["1.0.0"]
            edge = edges[target]
            assert (edge.resolved_version, edge.resolution_error) == ("1.0.0", None)
            assert (edge.dependency_package_id, edge.resolved_version_id) == (
                version.package_id,
                version.id,
            )
        assert await place.loaded(name) == {"1.0.0"}


async def test_what_one_needs_of_another_in_the_group_is_loaded_first(place: Workplace) -> None:
    """Each was fetched before the other was known: the older version was not looked at."""
    place.registry.add_package("user", {"1.0.0": {"dependencies": {"lib": "^1"}}})
    place.registry.add_package("lib", {"1.0.0": {}, "2.0.0": {}})
    user, lib = await make_ready(place, "user", "lib")
    refused = await place.database.write(writing.store, [user, lib], POLICY)
    needs = refused.pop(lib)
    assert isinstance(needs, MoreNeeded)
    assert needs.versions == {"1.0.0"}
    assert refused == {}
    assert await place.statuses() == {"user": "completed", "lib": "fetching"}


async def test_what_can_not_be_written_is_left_out_and_the_rest_is_written(
    place: Workplace,
) -> None:
    names = ["deleted", "forced", "lost", "needed", "whole"]
    for name in names:
        place.registry.add_package(name, {"0.1.0": {}, "1.0.0": {"dependencies": {"below": "*"}}})
    place.registry.add_package("below")
    _deleted, forced, lost, _needed, whole = group = await make_ready(place, *names)
    write = place.database.write_now
    write(add_package, "deleted", deleted_at=clock.now())
    change(place.database, forced.claim, is_forced=True)
    change(place.database, lost.claim, status="pending", lease_token=None)
    write(lambda s: add_edge(s, add_release(s, "parent"), "needed", resolved_version="0.1.0"))
    refused = await place.database.write(writing.store, group, POLICY)
    assert {loading.claim.name: type(error) for loading, error in refused.items()} == {
        "deleted": RemovedByAdmin,
        "forced": ForcedMeanwhile,
        "lost": LeaseLost,
        "needed": MoreNeeded,
    }
    assert whole not in refused
    assert stored(place.database) == {"deleted", "parent", "whole"}
    assert (await place.versions("deleted")) == {}
    statuses = await place.statuses()
    assert (statuses["whole"], statuses["below"]) == ("completed", "pending")
    assert statuses["needed"] == statuses["forced"] == "fetching"


async def test_one_that_is_lost_at_the_last_moment_is_left_out_of_the_next_try(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = circle(place, 4)
    group = await make_ready(place, *names)
    right = settling.held_among

    def held_among(connection: Connection, asked: Sequence[Claim], *, locks: bool) -> set[Claim]:
        held = right(connection, asked, locks=locks)
        monkeypatch.setattr(settling, "held_among", right)
        lost = {"status": "pending", "lease_token": None}
        where = REQUESTS.c.id == group[1].claim.request_id
        connection.execute(update(REQUESTS).where(where).values(**lost))
        return held

    monkeypatch.setattr(settling, "held_among", held_among)
    with pytest.raises(writing.LeftBehind) as behind:
        await place.database.write(writing.store, group, POLICY)
    assert [loading.claim.name for loading in behind.value.refused] == ["p1"]
    assert stored(place.database) == set(), "all of it was undone"
    monkeypatch.setattr(settling, "held_among", held_among)
    told = Writing(place.database, POLICY)
    answers = await asyncio.gather(*map(told.write, group), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), LeaseLost, type(None), type(None)]
    assert stored(place.database) == {"p0", "p2", "p3"}


async def test_one_that_fails_does_not_fail_its_neighbours(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await make_ready(place, *circle(place, 5))
    right = storing.store_versions

    def store_versions(connection: Connection, documents: storing.DocumentsById) -> Any:
        if any(document.name == "p3" for document in documents.values()):
            raise ValueError("only of p3")
        return right(connection, documents)

    monkeypatch.setattr(storing, "store_versions", store_versions)
    told = Writing(place.database, POLICY)
    answers = await asyncio.gather(*map(told.write, group), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["None", "None", "None", "only of p3", "None"]
    assert stored(place.database) == {"p0", "p1", "p2", "p4"}


async def test_two_names_of_one_package_are_written_one_after_the_other(place: Workplace) -> None:
    place.registry.add_package("lib")
    (lib,) = await make_ready(place, "lib")
    await place.database.write(add_request, "alias")
    (claim,) = await place.database.write(
        claims.claim_requests, worker="me", lane=NPM, limit=1, lease_seconds=30, max_attempts=5
    )
    other = Loading(claim, lib.fetched, lib.index, dict(lib.edges))
    refused = await place.database.write(writing.store, [lib, other], POLICY)
    assert list(refused) == [other]
    assert await place.database.write(writing.store, [other], POLICY) == {}
    assert await place.statuses() == {"lib": "completed", "alias": "completed"}
    assert stored(place.database) == {"lib"}


async def test_a_group_takes_few_more_statements_than_one_package(place: Workplace) -> None:
    """So that nobody brings dozens for each package back unseen."""
    names = circle(place, 24)
    place.registry.add_package("one", {"0.9.0": {}, "1.0.0": {"dependencies": {"p0": "^1"}}})
    (one,) = await make_ready(place, "one")
    group = await make_ready(place, *names)
    executed = 0

    def count(*_: Any) -> None:
        nonlocal executed
        executed += 1

    event.listen(place.database.engine, "before_cursor_execute", count)
    assert await place.database.write(writing.store, [one], POLICY) == {}
    alone, executed = executed, 0
    assert await place.database.write(writing.store, group, POLICY) == {}
    event.remove(place.database.engine, "before_cursor_execute", count)
    of_latest = len(names)  # of what people asked for the closure is read
    assert alone <= 50
    assert executed - 3 * of_latest <= alone + 1


async def test_a_closure_takes_few_statements_for_each_package(place: Workplace) -> None:
    names = [f"p{number}" for number in range(100)]
    place.registry.add_package("root", {"1.0.0": {"dependencies": dict.fromkeys(names, "^1")}})
    for name in names:
        place.registry.add_package(name, {"1.0.0": {"dependencies": {"root": "1"}}})
    executed = 0

    def count(*_: Any) -> None:
        nonlocal executed
        executed += 1

    event.listen(place.database.engine, "before_cursor_execute", count)
    await place.bring("root")
    event.remove(place.database.engine, "before_cursor_execute", count)
    assert set((await place.statuses()).values()) == {"completed"}
    assert executed <= 20 * len(names)  # 41 for each before they were written together


async def test_a_group_is_bounded_by_its_versions(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_VERSIONS", 8)
    group = await make_ready(place, *circle(place, 5))
    together: list[int] = []
    right = storing.store_packages

    def store_packages(connection: Connection, fetched: Any) -> Any:
        together.append(len(fetched))
        return right(connection, fetched)

    monkeypatch.setattr(storing, "store_packages", store_packages)
    told = Writing(place.database, POLICY)
    await asyncio.gather(*map(told.write, group))
    assert together == [2, 2, 1]


async def test_while_much_waits_to_be_written_nothing_more_is_fetched(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = circle(place, 12)
    worker = place.worker(concurrency=2)
    held: list[int] = []
    store = writing.store

    def counted(connection: Connection, group: Sequence[Loading], policy: Policy) -> Any:
        held.append(len(worker._jobs.held))
        return store(connection, group, policy)

    monkeypatch.setattr(ingest, "MAX_WAITING_BYTES", 0)
    monkeypatch.setattr(writing, "store", counted)
    for name in names:
        await place.ask(name)
    await worker.run(until_empty=True)
    assert await place.statuses() == dict.fromkeys(names, "completed")
    assert max(held) == 2
