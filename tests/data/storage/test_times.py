"""Two programs whose clocks differ by five hours, on one PostgreSQL: what they write and compare has the database's time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, select

from tests.support import rows
from tests.support.databases import migrate
from tgtui.basics import clock, ids
from tgtui.data.access.limits import RequestRefused
from tgtui.data.models import tables
from tgtui.data.packages.by_name import last_attempt
from tgtui.data.packages.removal import delete_package
from tgtui.data.requests.asking import Limits, ask, insert_requests
from tgtui.data.requests.health import queue_health
from tgtui.data.requests.lists import queue_counts, request_row
from tgtui.data.search.saved import save_search
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.times import by_database, by_machine, database_now
from tgtui.data.storage.types import UtcTimestamp
from tgtui.data.tags.changes import delete_tag, give
from tgtui.data.upkeep.interactions import Interaction, record

HOURS = timedelta(hours=5)
NEAR = timedelta(minutes=2)
RIGHT, RIGHT_NS = clock.now, time.time_ns

SetClock = Callable[[timedelta], None]


@pytest.fixture
def on_server(
    postgres_template: Callable[[str, Callable[[str], None]], str],
) -> Iterator[Database]:
    opened = Database(open_engine(parse_url(postgres_template("migrated", migrate))))
    yield opened
    opened.close()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetClock]:
    """`set_clock(by)`: from now on this machine's clock is that much off."""

    def change(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: RIGHT() + by)
        nanoseconds = int(by.total_seconds()) * 1_000_000_000
        monkeypatch.setattr(time, "time_ns", lambda: RIGHT_NS() + nanoseconds)

    yield change
    monkeypatch.undo()
    ids.follow(None)


def is_moment(column: Column[Any]) -> bool:
    """When something happened here; what a registry published is not."""
    return isinstance(column.type, UtcTimestamp) and column.name != "released_at"


def times_of(database: Database) -> dict[str, datetime]:
    """Every time in every table, by table and column."""
    found: dict[str, datetime] = {}

    def read(connection: Connection) -> None:
        for table in tables.accounts.metadata.sorted_tables:
            columns = [c for c in table.c if is_moment(c)]
            for row in connection.execute(select(*columns)).mappings() if columns else ():
                found.update({f"{table.name}.{name}": v for name, v in row.items() if v})

    database.read_now(read)
    return found


@pytest.mark.parametrize("by", [HOURS, -HOURS])
def test_what_a_program_writes_has_the_databases_time(
    on_server: Database, set_clock: SetClock, by: timedelta
) -> None:
    set_clock(by)

    def write(connection: Connection) -> None:
        at: dict[str, Any] = {"created_at": RIGHT(), "updated_at": RIGHT()}
        fetched: dict[str, Any] = {"last_fetch_attempt": RIGHT(), "last_fetch_success": RIGHT()}
        ada = rows.add_account(connection, **at)
        package = rows.add_package(connection, "a", **at, **fetched)
        gone = rows.add_package(connection, "gone", **at, **fetched)
        tag = rows.add_tag(connection, **at)
        ask(connection, "npm", "b", account_id=ada)
        queued = {
            "id": ids.uuid7(),
            "package_name": "c",
            "registry": "npm",
            "is_auto_queued": True,
            "priority": 30,
        }
        insert_requests(connection, [queued])
        give(connection, [(package, tag)], account_id=ada)
        save_search(connection, ada, "mine", "tag:x")
        record(connection, [Interaction(package, ada, "view", clock.now().date())])
        delete_package(connection, gone, account_id=ada)
        delete_tag(connection, tag, account_id=ada)

    on_server.write_now(write)
    wrong = {
        name: value for name, value in times_of(on_server).items() if abs(value - RIGHT()) > NEAR
    }
    assert wrong == {}


def test_one_transaction_has_one_time(on_server: Database) -> None:
    def read(connection: Connection) -> tuple[datetime, datetime]:
        first = database_now(connection)
        connection.execute(select(tables.packages.c.id))
        return first, database_now(connection)

    first, second = on_server.read_now(read)
    assert first == second
    assert on_server.read_now(database_now) > first


def test_a_moment_crosses_from_one_clock_to_the_other_and_back(
    on_server: Database, set_clock: SetClock
) -> None:
    set_clock(HOURS)

    def cross(connection: Connection) -> tuple[datetime, datetime]:
        stored = by_database(connection, clock.now())
        return stored, by_machine(connection, stored)

    stored, back = on_server.read_now(cross)
    assert abs(stored - RIGHT()) < NEAR
    assert abs(back - clock.now()) < NEAR
    nonsense = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert on_server.read_now(by_machine, nonsense) == nonsense


def test_a_clock_that_jumps_is_noticed_with_the_next_transaction(
    on_server: Database, set_clock: SetClock
) -> None:
    for by in (HOURS, -HOURS, timedelta(0)):
        set_clock(by)
        assert abs(on_server.read_now(by_database, clock.now()) - RIGHT()) < NEAR


def test_keys_are_in_the_order_of_the_databases_clock(
    on_server: Database, set_clock: SetClock
) -> None:
    """Requests are taken, and listed, by their keys: a clock that is ahead would wait for five hours."""

    def queue(connection: Connection, name: str) -> None:
        database_now(connection)  # as every transaction that writes
        request = {"id": ids.uuid7(), "package_name": name, "registry": "npm", "priority": 30}
        insert_requests(connection, [request])

    for by, name in ((HOURS, "first"), (-HOURS, "second"), (timedelta(0), "third")):
        set_clock(by)
        on_server.write_now(queue, name)

    def read(connection: Connection) -> list[str]:
        requests = tables.package_requests
        return list(connection.scalars(select(requests.c.package_name).order_by(requests.c.id)))

    assert on_server.read_now(read) == ["first", "second", "third"]


def test_limits_and_counts_are_reckoned_by_the_databases_clock(
    on_server: Database, set_clock: SetClock
) -> None:
    ada = on_server.write_now(rows.add_account)
    on_server.write_now(ask, "npm", "a", account_id=ada, limits=Limits(per_hour=1))
    on_server.write_now(
        rows.add_request, "later", retry_after=RIGHT() + timedelta(hours=1), created_at=RIGHT()
    )
    for by in (HOURS, -HOURS):
        set_clock(by)
        with pytest.raises(RequestRefused, match="within an hour"):
            on_server.write_now(ask, "npm", "b", account_id=ada, limits=Limits(per_hour=1))
        assert on_server.read_now(queue_counts).waiting == 1
        assert on_server.read_now(queue_health).oldest_due_s < NEAR.total_seconds()


def test_a_wait_and_the_last_attempt_are_told_by_this_machines_clock(
    on_server: Database, set_clock: SetClock
) -> None:
    later = RIGHT() + timedelta(hours=1)
    waiting = on_server.write_now(rows.add_request, "b", retry_after=later)
    on_server.write_now(rows.add_package, "a", last_fetch_attempt=RIGHT())
    set_clock(HOURS)
    request = on_server.read_now(request_row, waiting)
    assert request is not None
    assert request.retry_after is not None
    assert abs(request.retry_after - clock.now() - timedelta(hours=1)) < NEAR
    attempt = on_server.read_now(last_attempt, "npm", "a")
    assert attempt is not None
    assert clock.is_within(attempt, timedelta(hours=1))
