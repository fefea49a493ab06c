"""A database whose connections die without a word: work goes on over new ones, and a stop waits for nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url, text, update

from tests.support.databases import migrate
from tests.support.fake_registry import FakeRegistry
from tests.support.proxy import Proxy, be_quick
from tests.support.working import REQUESTS, Workplace
from tgtui.basics.errors import DatabaseStandby
from tgtui.basics.logfields import FIELDS
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.worker import runner, upkeep

WAIT_S = 60.0
Template = Callable[[str, Callable[[str], None]], str]


@pytest.fixture
async def far(
    postgres_template: Template,
    fake_registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[Workplace, Proxy, Database]]:
    """A program behind a proxy, and the same database without it."""
    be_quick(monkeypatch)
    monkeypatch.setattr(upkeep, "AGAIN_S", 0.1)
    url = postgres_template("migrated", migrate)
    near = Database(open_engine(parse_url(url)))
    with Proxy(make_url(url)) as proxy:
        database = Database(open_engine(parse_url(proxy.url(url))))
        place = Workplace(database, fake_registry, tmp_path)
        yield place, proxy, near
        await asyncio.to_thread(database.close)
        await place.registries.aclose()
    near.close()


async def test_work_goes_on_when_connections_fall_silent(
    far: tuple[Workplace, Proxy, Database],
) -> None:
    place, proxy, near = far
    place.registry.add_package("a")
    place.registry.add_package("b")
    gates = [place.registry.hang(name) for name in ("a", "b")]
    for name in ("a", "b"):
        await place.ask(name)
    worker = place.worker()
    working = asyncio.create_task(worker.run(until_empty=True))
    for gate in gates:
        await gate.arrived()
    proxy.fall_silent(lets_in=True)
    for gate in gates:
        gate.open()
    async with asyncio.timeout(WAIT_S):
        while set((await place.statuses()).values()) != {"completed"}:
            near.write_now(make_due)
            worker.wake()
        await working


def make_due(connection: Connection) -> None:
    """What was not recorded would wait for its time."""
    pending = REQUESTS.c.status == "pending"
    connection.execute(update(REQUESTS).where(pending).values(retry_after=None))


async def test_a_stop_waits_for_no_database(
    far: tuple[Workplace, Proxy, Database],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(runner, "STOP_GRACE_S", 0.01)
    place, proxy, near = far
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    asked = await place.ask("a")
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    proxy.fall_silent()
    async with asyncio.timeout(WAIT_S):
        worker.stop()
        place.database.leave()
        await working
        await asyncio.to_thread(place.database.close)
    assert "unfinished requests go back when their leases run out" in caplog.text
    gate.open()
    other = Workplace(near, place.registry, place.folder)
    await other.let_lease_expire(asked.request_id)
    await other.work()
    assert await other.statuses() == {"a": "completed"}
    await other.registries.aclose()


async def test_health_says_since_when_the_database_is_away_and_what_was_lost(
    far: tuple[Workplace, Proxy, Database], caplog: pytest.LogCaptureFixture
) -> None:
    place, proxy, _near = far
    caplog.set_level(logging.INFO, "tgtui.worker")
    duties = place.worker()._upkeep

    async def said() -> dict[str, object]:
        caplog.clear()
        async with asyncio.timeout(WAIT_S):
            await duties.say_health()
        (line,) = [record for record in caplog.records if record.message == "health"]
        found: dict[str, object] = vars(line)[FIELDS]
        return found

    usual = await said()
    assert (usual["database"], usual["lost_connections"], usual["last_lost"]) == ("ok", 0, "never")
    proxy.fall_silent()
    away = await said()
    assert away["database"] == "away"
    assert str(away["answered"]) >= "2000-01-01T00:00:00"
    proxy.speak()
    found = await said()
    assert found["database"] == "ok"
    assert int(str(found["lost_connections"])) > 0
    assert str(found["last_lost"]) >= str(away["answered"])


async def test_the_lease_of_a_job_that_stands_still_is_left_to_others(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "RENEWALS_PER_LEASE", 1_000_000)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    asked = await place.ask("a")
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    changed = asyncio.Event()
    place.activity.subscribe(changed.set)
    monkeypatch.setattr(upkeep, "STILL_S", 0.01)
    async with asyncio.timeout(WAIT_S):
        while place.activity.progress:
            changed.clear()
            await changed.wait()
    assert "npm:a stands still and is left to others" in caplog.text
    request = await place.request("a")
    assert (request.id, request.status) == (asked.request_id, "fetching")
    gate.open()
    worker.stop()
    await asyncio.wait_for(working, WAIT_S)
    await place.let_lease_expire(asked.request_id)
    monkeypatch.setattr(upkeep, "STILL_S", WAIT_S)
    await place.work()
    assert await place.statuses() == {"a": "completed"}


async def test_who_waits_for_the_end_of_a_queue_that_takes_no_writes_is_told_at_once(
    far: tuple[Workplace, Proxy, Database], caplog: pytest.LogCaptureFixture
) -> None:
    place, _proxy, near = far
    await place.ask("a")
    with taking_no_writes(near):
        place.database.engine.dispose()
        with pytest.raises(DatabaseStandby, match="read-only or a standby"):
            await asyncio.wait_for(place.work(), WAIT_S)
        caplog.set_level(logging.INFO, "tgtui.worker")
        await place.worker()._upkeep.say_health()
    assert vars(caplog.records[-1])[FIELDS]["database"] == "read-only"


@contextmanager
def taking_no_writes(database: Database) -> Iterator[None]:
    """For whoever connects meanwhile."""

    def execute(connection: Connection, statement: str) -> None:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        name = connection.scalar(text("SELECT quote_ident(current_database())"))
        connection.execute(text(f"ALTER DATABASE {name} {statement}"))

    database.write_now(execute, "SET default_transaction_read_only = on")
    try:
        yield
    finally:
        database.write_now(execute, "RESET default_transaction_read_only")
