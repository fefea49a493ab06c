"""What a program that does none of the work sees of it: stages, outages, and hints that are few and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.rows import add_request
from tests.support.working import Workplace
from tests.worker.queue.claiming import claim, expire
from tgtui.data.requests.lists import queue_view, request_row
from tgtui.data.requests.outages import record_outage
from tgtui.data.storage import changes
from tgtui.data.storage.changes import CHANNEL, announce
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.feed import ChangeFeed
from tgtui.data.views.requests import Step, WorkAtHand
from tgtui.worker import upkeep
from tgtui.worker.queue import claims

WAIT_S = 30.0


@pytest.fixture
def other(migrated_url: str, database: Database) -> Iterator[Database]:
    """Another program on the same database."""
    opened = Database(open_engine(parse_url(migrated_url)))
    yield opened
    opened.close()


async def test_another_program_sees_how_far_a_request_is(
    place: Workplace, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "TELL_S", 0.001)
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    gate = place.registry.hang("b")
    asked = await place.ask("a")
    feed = ChangeFeed(other.engine)
    changed = asyncio.Event()
    feed.subscribe(changed.set)
    feed.start()
    working = asyncio.create_task(place.work())
    await gate.arrived()
    expected = Step("resolving", 0, 1)
    async with asyncio.timeout(WAIT_S):
        while (row := await other.read(request_row, asked.request_id)) is None or (
            row.step != expected
        ):
            await changed.wait()
            changed.clear()
    assert row.status == "fetching"
    view = await other.read(queue_view)
    assert view.at_hand == WorkAtHand("npm", "a", expected)
    assert view.counts.fetching == 1
    gate.open()
    await working
    await feed.stop()
    row = await other.read(request_row, asked.request_id)
    assert row is not None
    assert (row.status, row.step) == ("completed", None)


def test_a_worker_that_lost_its_lease_tells_no_stage(database: Database) -> None:
    request_id = database.write_now(add_request)
    (lost,) = claim(database)
    expire(database, request_id)
    claim(database, worker="somebody else")
    database.write_now(claims.report_stages, {lost: Step("writing")})
    row = database.read_now(request_row, request_id)
    assert row is not None
    assert row.step is None


def test_an_outage_is_seen_by_every_program(database: Database, other: Database) -> None:
    database.write_now(
        record_outage,
        "npm",
        "https://registry.example:443",
        machine="there",
        reason="It was away.",
        wait_s=60,
        backs_off=True,
    )
    (outage,) = other.read_now(queue_view).outages
    assert (outage.registry, outage.reason, outage.is_on) == ("npm", "It was away.", True)


def listen(database: Database) -> Any:
    """A connection that hears what is announced."""
    if database.is_sqlite:
        pytest.skip("SQLite needs no announcements: its readers see data_version")
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text(f"LISTEN {CHANNEL}"))
    return connection


def heard(connection: Any, database: Database) -> list[str]:
    """Everything that was announced before this."""
    with database.engine.begin() as last:
        last.execute(text(f"NOTIFY {CHANNEL}, 'end'"))
    payloads: list[str] = []
    for notice in connection.connection.driver_connection.notifies(timeout=WAIT_S):
        if notice.payload == "end":
            break
        payloads.append(notice.payload)
    connection.invalidate()
    connection.close()
    return payloads


def say(connection: Any, *topics: Any) -> None:
    announce(connection, *topics)


def test_a_hundred_changes_within_a_pulse_are_one_hint_or_two_and_the_last_is_never_lost(
    database: Database, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PULSE_S", 3_600.0)
    listening = listen(database)
    busy = Database(open_engine(parse_url(migrated_url)))
    for _ in range(100):
        busy.write_now(say, "requests")
    busy.write_now(say, "packages")
    busy.close()
    assert heard(listening, database) == ["requests", "packages", "requests"]


def test_what_was_undone_is_not_announced(database: Database, other: Database) -> None:
    listening = listen(database)

    def undo(connection: Any) -> None:
        announce(connection, "requests")
        raise KeyError

    with pytest.raises(KeyError):
        other.write_now(undo)
    other.write_now(say, "tags")
    assert heard(listening, database) == ["tags"]
