"""What two pieces of work on one package do to each other: every need is met, nothing is half written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import OperationalError

from tests.support.fake_registry import html_page, status
from tests.support.rows import (
    CHAINS,
    add_chain,
    add_edge,
    add_member,
    add_package,
    add_release,
    add_request,
    add_version,
)
from tests.support.working import EDGES, NPM, PACKAGES, REQUESTS, VERSIONS, MakeWorkplace, Workplace
from tgtui.basics import clock
from tgtui.data.requests import asking
from tgtui.data.storage.database import Database
from tgtui.data.views.edges import UNRESOLVED
from tgtui.worker.ingest import ingest as ingest_module
from tgtui.worker.ingest import known as known_module
from tgtui.worker.ingest import writing
from tgtui.worker.locks import lock_packages
from tgtui.worker.queue import claims
from tgtui.worker.queue.settling import Ending
from tgtui.worker.runner import Worker

WAIT_S = 30.0
"""How long a thread waits for another before the test fails instead of hanging."""


def run(worker: Worker) -> asyncio.Task[None]:
    return asyncio.create_task(worker.run(until_empty=True))


async def until_completed(place: Workplace, name: str) -> None:
    """Looks again whenever the worker says that something happened."""
    changed = asyncio.Event()
    end = place.activity.subscribe(changed.set)
    async with asyncio.timeout(WAIT_S):
        while (await place.statuses()).get(name) != "completed":
            await changed.wait()
            changed.clear()
    end()


async def test_a_parent_needs_a_version_while_its_package_is_being_fetched(
    place: Workplace,
) -> None:
    """The parent is stored, and can't queue the package again, while the package's own job is at work."""
    place.registry.add_package("deep")
    place.registry.add_package("slow")
    place.registry.add_package("lib-user", {"1.0.0": {"dependencies": {"lib": "^1"}}})
    place.registry.add_package(
        "lib", {"1.0.0": {"dependencies": {"deep": "*"}}, "2.0.0": {"dependencies": {"slow": "*"}}}
    )
    gate = place.registry.hang("slow")
    await place.ask("lib")
    working = run(place.worker(concurrency=2))
    await gate.arrived()  # lib's document is here, its edges are being resolved
    await place.ask("lib-user")
    await until_completed(place, "lib-user")
    assert (await place.request("lib")).status == "fetching"
    gate.open()
    await working
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert set((await place.statuses()).values()) == {"completed"}
    assert (await place.statuses())["deep"] == "completed"
    assert place.asked_for("lib") == 1


@pytest.mark.parametrize("what", ["needed", "opened"])
async def test_a_need_that_comes_up_before_the_write_is_met_before_the_request_is_completed(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Between looking at what is needed and writing: also where the package was here and fresh already."""
    place.registry.add_package("lib", {"1.0.0": {"dependencies": {"deep": "*"}}, "2.0.0": {}})
    place.registry.add_package("deep")
    await place.bring("lib")
    old = (await place.versions("lib"))["1.0.0"]

    def need(connection: Connection) -> None:
        if what == "needed":
            edge = {"resolved_version": "1.0.0"}
            add_edge(
                connection,
                add_release(connection, "parent"),
                "lib",
                (old.package_id, old.id),
                **edge,
            )
        else:
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == old.id)
                .values(dependencies_wanted_at=clock.now())
            )

    right = known_module.read_known
    looks = 0

    def read_known(connection: Connection, packages: Any, cooldown: timedelta) -> Any:
        nonlocal looks
        looks += 1
        known = right(connection, packages, cooldown)
        if looks == 1:
            place.database.write_now(need)
        return known

    monkeypatch.setattr(ingest_module, "read_known", read_known)
    await place.bring("lib")
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deep"] == "completed"


async def test_a_package_that_arrives_while_another_is_resolved_is_linked(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    """A development edge looks into the catalogue; what comes in before the write must not be missed."""
    place.registry.add_package(
        "user", {"1.0.0": {"devDependencies": {"tool": "*"}, "dependencies": {"slow": "*"}}}
    )
    place.registry.add_package("slow")
    place.registry.add_package("tool")
    gate = place.registry.hang("slow")
    await place.ask("user")
    working = run(place.worker())
    await gate.arrived()  # the catalogue was looked at, and had no tool
    await make_workplace().bring("tool")
    gate.open()
    await working
    edge = (await place.edges("user", "1.0.0"))["tool"]
    assert (edge.resolved_version, edge.resolution_error) == ("1.0.0", None)
    assert edge.resolved_version_id == (await place.versions("tool"))["1.0.0"].id


async def test_an_undone_write_leaves_nothing_behind(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("at the very end")

    monkeypatch.setattr(writing, "settle", fail)
    await place.bring("a")
    for table in (PACKAGES, VERSIONS):
        assert await place.read(table.select()) == []
    assert await place.statuses() == {"a": "pending"}


async def test_a_worker_whose_request_was_taken_over_stores_nothing(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    place.registry.add_package("a", ["1.0.0"])
    gate = place.registry.hang("a")
    asked = await place.ask("a")
    losing = run(place.worker())
    await gate.arrived()
    other = make_workplace()
    while (request := await place.request("a")).status != "completed":
        await place.let_lease_expire(asked.request_id)  # again, if it was renewed just then
        await other.work()
    winner = await place.package("a")
    place.registry.add_package("a", ["9.9.9"])
    gate.open()
    await losing
    assert (request.status, request.attempt_count) == ("completed", 1)
    assert await place.package("a") == winner
    assert await place.request("a") == request


def in_thread(work: Callable[[], Any]) -> asyncio.Future[Any]:
    return asyncio.ensure_future(asyncio.to_thread(work))


def test_a_package_and_an_edge_to_it_are_never_written_at_once(database: Database) -> None:
    """PostgreSQL: while a parent is written its target can't be, another parent can."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    target, parent, other = ("npm", "target"), ("npm", "parent"), ("npm", "other")
    with database.engine.connect() as writes_parent, database.engine.connect() as writes:
        lock_packages(writes_parent, [parent], [target])
        lock_packages(writes, [other], [target])
        writes.rollback()
        writes.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            lock_packages(writes, [target])
        writes.rollback()
        writes_parent.rollback()
        lock_packages(writes, [target])
        writes_parent.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            lock_packages(writes_parent, [parent], [target])


async def test_asking_while_the_request_is_being_completed_asks_anew(place: Workplace) -> None:
    """PostgreSQL: a wish for a version that comes while its package is written is not lost."""
    if place.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    package_id = await place.database.write(add_package, "a")
    version_id = await place.database.write(
        add_version, package_id, "1.0.0", dependencies_fetched_at=None
    )
    first = await place.ask("a")
    (claim,) = await place.database.write(
        claims.claim_requests,
        worker="me",
        lane=NPM,
        limit=1,
        lease_seconds=30,
        max_attempts=5,
    )
    written, may_commit = Event(), Event()

    def complete(connection: Connection) -> None:
        claims.end(connection, claim, Ending("completed", package_id))
        written.set()
        assert may_commit.wait(WAIT_S)

    def want(connection: Connection) -> None:
        may_commit.set()
        asking.want_dependencies(connection, version_id, account_id=None)

    completing = in_thread(lambda: place.database.write_now(complete))
    assert await asyncio.to_thread(written.wait, WAIT_S)
    await asyncio.to_thread(place.database.write_now, want)
    await completing
    newest = await place.request("a")
    assert newest.id != first.request_id
    assert (newest.status, newest.priority) == ("pending", asking.PRIORITY_OPENED)


async def test_two_programs_share_a_queue_and_do_each_thing_once(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    count = 20
    for number in range(count):
        place.registry.add_package(
            f"p{number}",
            {"1.0.0": {"dependencies": {f"p{(number + s) % count}": "*" for s in (1, 2, 3)}}},
        )
    await place.ask("p0")
    other = make_workplace()
    await asyncio.gather(place.work(), other.work())
    await place.work()
    rows = await place.read(REQUESTS.select())
    assert sorted(row.package_name for row in rows) == sorted(f"p{n}" for n in range(count))
    assert {row.status for row in rows} == {"completed"}
    assert {row.attempt_count for row in rows} == {1}
    for number in range(count):
        edges = await place.edges(f"p{number}", "1.0.0")
        assert len(edges) == 3
        assert all(edge.resolved_version_id for edge in edges.values())


async def test_an_edge_that_was_written_before_its_package_is_linked_though_nothing_is_fetched(
    place: Workplace,
) -> None:
    place.registry.add_package("lib", ["1.0.0"])
    parent = await place.database.write(add_release, "parent")
    await place.database.write(add_edge, parent, "lib")
    await place.database.write(
        add_edge, parent, "lib", resolved_version=UNRESOLVED, dependency_version_range="^1.0"
    )
    await place.bring("lib")
    version = (await place.versions("lib"))["1.0.0"]
    edges = await place.read(EDGES.select())
    assert {edge.resolved_version_id for edge in edges} == {version.id}
    assert {edge.resolution_error for edge in edges} == {None}


async def test_a_wrong_answer_about_a_package_that_arrived_elsewhere_leaves_no_edge_behind(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.add_package("b", ["1.0.0", "1.1.0"])
    await make_workplace().bring("b")
    place.registry.fault("b", html_page())
    await place.bring("a")
    edge = (await place.edges("a", "1.0.0"))["b"]
    assert (edge.resolved_version, edge.resolution_error) == ("1.1.0", None)
    assert edge.resolved_version_id == (await place.versions("b"))["1.1.0"].id
    # That it is gone is an answer.
    place.registry.add_package("c", {"1.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.fault("b", status(404), always=True)
    await place.bring("c")
    assert (await place.edges("c", "1.0.0"))["b"].resolved_version == UNRESOLVED


def add_library(place: Workplace) -> None:
    """`user` needs version 1 of `lib`; the latest one needs `deep`, and that `deeper`."""
    place.registry.add_package("user", {"1.0.0": {"dependencies": {"lib": "^1"}}})
    place.registry.add_package(
        "lib", {"1.0.0": {"dependencies": {"slow": "*"}}, "2.0.0": {"dependencies": {"deep": "*"}}}
    )
    place.registry.add_package("deep", {"1.0.0": {"dependencies": {"deeper": "*"}}})
    for name in ("slow", "deeper"):
        place.registry.add_package(name)


async def test_asking_for_what_is_fetched_as_a_dependency_brings_its_latest_version(
    place: Workplace,
) -> None:
    add_library(place)
    gate = place.registry.hang("slow")
    await place.ask("user")
    working = run(place.worker(concurrency=2))
    await gate.arrived()  # lib's document is here, the edges of version 1 are being resolved
    await place.ask("lib")
    gate.open()
    await working
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert set((await place.statuses()).values()) == {"completed"}
    assert {"deep", "deeper"} <= (await place.statuses()).keys()
    assert len(await place.read(select(REQUESTS).where(REQUESTS.c.package_name == "lib"))) == 1


@pytest.mark.parametrize("force", [False, True])
async def test_asking_for_a_dependency_that_is_here_while_it_is_completed(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    """Between looking at what is known and the transaction that completes it: `force` is not lost either."""
    add_library(place)
    await place.bring("user")
    if force:
        await place.bring("lib")
    fetched = place.asked_for("lib")
    right = known_module.read_known
    looks = 0

    def read_known(connection: Connection, packages: Any, cooldown: timedelta) -> Any:
        nonlocal looks
        looks += ("npm", "lib") in packages
        known = right(connection, packages, cooldown)
        if looks == 1:
            place.database.write_now(asking.ask, "npm", "lib", account_id=None, force=force)
        return known

    monkeypatch.setattr(ingest_module, "read_known", read_known)
    await place.database.write(add_request, "lib", is_auto_queued=True, priority=20)
    await place.work()
    assert looks > 1
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deeper"] == "completed"
    assert place.asked_for("lib") == fetched + force


async def test_a_root_that_was_completed_only_as_a_dependency_gets_its_latest_version(
    place: Workplace,
) -> None:
    """As of a chain whose root went over to another's request."""
    add_library(place)
    await place.bring("user")
    lib = await place.request("lib")
    assert lib.is_auto_queued
    chain = await place.database.write(add_chain)
    await place.database.write(add_member, chain, lib.id, is_root=True)
    await place.work()
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deeper"] == "completed"
    settled = await place.read(select(CHAINS.c.settled_at))
    assert all(row.settled_at is not None for row in settled)
