"""Looks begin where the live part of the queue does: what PostgreSQL has not cleaned up costs nothing, and nothing is missed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from tests.data.test_plans import statements
from tests.support.databases import migrate
from tests.support.rows import add_request
from tests.support.working import NPM
from tests.worker.queue.claiming import HOUR, change, names
from tests.worker.queue.test_plans import add_many
from tests.worker.queue.test_turns import Seconds
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import WRITES, open_engine, parse_url
from tgtui.registries.base import Lane
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue import heads as module
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.claims import ANY_PRIORITY
from tgtui.worker.queue.heads import SHARE, WHOLE_EVERY_S, Head, Heads, Leases, Pace
from tgtui.worker.queue.settling import Ending, settle
from tgtui.worker.queue.taking import Taken, Terms, take_due
from tgtui.worker.queue.turns import Suspects

MANY, FEW = 3_000, 300
LIMIT = 8
ANALYZE = text("ANALYZE package_requests")
EARLIER = UUID(int=1)
"""An id older than any other."""


@pytest.fixture
def postgres(
    postgres_template: Callable[[str, Callable[[str], None]], str],
) -> Iterator[Database]:
    """An empty catalogue. SQLite keeps no entries of what was claimed."""
    opened = Database(open_engine(parse_url(postgres_template("migrated", migrate))))
    yield opened
    opened.close()


class Program:
    """One that looks at the queue again and again, by a clock that stands."""

    def __init__(self, database: Database, lanes: tuple[Lane, ...] = (NPM,)) -> None:
        self.database = database
        self.lanes = lanes
        self.seconds = Seconds()
        self.heads = Heads()
        self.heads.leases = Leases(self.seconds)
        self.heads._lanes = {lane: Head(self.seconds) for lane in lanes}

    def look(self, room: int = LIMIT, suspects: Suspects = Suspects.FIRST) -> Taken:
        return self.database.write_now(self.within, room, suspects)

    def within(
        self, connection: Connection, room: int, suspects: Suspects = Suspects.FIRST
    ) -> Taken:
        terms = Terms("me", "here", 30, 5, ANY_PRIORITY)
        rooms = dict.fromkeys(self.lanes, room)
        return take_due(
            connection, rooms, terms, lanes=self.lanes, suspects=suspects, heads=self.heads
        )

    def took(self, room: int = LIMIT) -> list[str]:
        return names(list(self.look(room).claims))

    def delay_whole_looks(self) -> None:
        """As if the last ones had taken a second."""
        for pace in (self.heads.leases, *self.heads._lanes.values()):
            pace._cost_s = 1.0

    @property
    def head(self) -> Head:
        return self.heads.of(NPM)


def complete(database: Database, count: int) -> None:
    """Ask for so many, claim and complete them; their leases have run out by now."""
    database.write_now(lambda connection: add_many(connection, count))
    claimed: list[Claim] = database.write_now(
        queue.claim_requests, worker="me", lane=NPM, limit=count, lease_seconds=0, max_attempts=5
    )
    assert len(claimed) == count
    database.write_now(settle, dict.fromkeys(claimed, Ending("completed")))


@contextmanager
def snapshot(database: Database, *, is_held: bool) -> Iterator[None]:
    """Another session's, as that of a dump."""
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
        if is_held:
            reader.execute(text("SELECT count(*) FROM package_requests"))
        yield


def pages_read(program: Program) -> int:
    """Of all statements of a look that claims `LIMIT`."""

    def look(connection: Connection) -> None:
        assert len(program.within(connection, LIMIT).claims) == LIMIT

    program.database.write_now(lambda connection: add_many(connection, LIMIT))
    pages = pages_of(program.database, look)
    assert len(program.look().claims) == LIMIT
    return pages


def pages_of(database: Database, run: Callable[[Connection], None]) -> int:
    """Of all statements of a transaction, which is undone."""
    with database.engine.execution_options(**{WRITES: True}).connect() as connection:
        with statements(connection) as seen:
            run(connection)
        connection.rollback()
        pages = 0
        for statement, parameters in seen:
            if statement.startswith("SET"):
                connection.exec_driver_sql(statement)
                continue
            explained = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters
            )
            plan = "\n".join(explained.scalars())
            assert "JIT:" not in plan  # it would take longer than all else
            counted = re.search(r"Buffers: .*", plan)
            pages += sum(map(int, re.findall(r"(?:hit|read)=(\d+)", counted[0]))) if counted else 0
    return pages


@pytest.mark.parametrize("is_held", [False, True], ids=["", "snapshot held"])
def test_a_look_reads_as_little_however_much_was_completed_and_not_cleaned_up(
    postgres: Database, is_held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATE", timedelta(0))
    with snapshot(postgres, is_held=is_held):
        program = Program(postgres)
        complete(postgres, FEW)
        postgres.write_now(
            lambda connection: connection.execute(ANALYZE)
        )  # of a queue that is empty
        program.look()
        program.look(1)
        few = pages_read(program)
        complete(postgres, MANY)
        program.look(1)
        many = pages_read(program)
        whole = Program(postgres)
        assert many <= 2 * few
        # Without a snapshot the server may clean up by itself, as it reads.
        assert not is_held or pages_read(whole) > many


def test_a_look_at_one_that_waits_to_run_alone_reads_as_little(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATE", timedelta(0))
    program = Program(postgres)

    def look(connection: Connection) -> None:
        assert program.within(connection, LIMIT, Suspects.AWAITED).is_suspect_due

    with snapshot(postgres, is_held=True):
        complete(postgres, FEW)
        postgres.write_now(lambda connection: connection.execute(ANALYZE))
        complete(postgres, MANY)
        program.look()
        postgres.write_now(add_request, "lost", status="fetching", lease_expires_at=clock.now())
        pages_of(postgres, look)
        assert pages_of(postgres, look) < FEW / 10


@pytest.mark.parametrize("priority", [0, 10, 20, 30, 40, 15])
def test_what_comes_to_be_before_the_head_is_claimed_as_soon_as_there_is_room(
    postgres: Database, priority: int
) -> None:
    program = Program(postgres)
    for name in "abc":
        postgres.write_now(add_request, name, priority=20)
    assert program.took() == ["a", "b", "c"]
    postgres.write_now(add_request, "back", id=EARLIER, priority=priority)
    assert program.took() == ["back"]


def test_people_come_first_though_machines_were_claimed_before(postgres: Database) -> None:
    program = Program(postgres)
    for name in ("a", "b", "c"):
        postgres.write_now(add_request, name, priority=20)
    assert program.took(1) == ["a"]
    program.delay_whole_looks()
    postgres.write_now(add_request, "asked", priority=10)
    postgres.write_now(add_request, "opened", priority=0)
    assert program.took(1) == ["opened"]
    assert program.took(2) == ["asked", "b"]
    assert program.took(1) == ["c"]


def test_a_due_retry_is_claimed_in_its_place(postgres: Database) -> None:
    program = Program(postgres)
    late = postgres.write_now(add_request, "late", priority=10, retry_after=clock.now() + HOUR)
    for name in "ab":
        postgres.write_now(add_request, name, priority=20)
    assert program.took(1) == ["a"]
    program.delay_whole_looks()
    change(postgres, late, retry_after=clock.now())
    assert program.took(1) == ["late"]
    assert program.took(1) == ["b"]


def test_many_due_retries_are_claimed_in_turn(postgres: Database) -> None:
    program = Program(postgres)
    assert program.took() == []
    program.delay_whole_looks()
    for number in range(2 * LIMIT + 1):
        waits = clock.now() - timedelta(seconds=1, milliseconds=-number)
        postgres.write_now(add_request, f"{number:02}", retry_after=waits)
    found = [program.took(), program.took(), program.took()]
    assert [len(some) for some in found] == [LIMIT, LIMIT, 1]
    assert [name for some in found for name in some] == [
        f"{number:02}" for number in range(2 * LIMIT + 1)
    ]


def test_a_whole_look_that_is_too_expensive_comes_later_and_is_owed(postgres: Database) -> None:
    program = Program(postgres)
    assert program.took() == []
    program.delay_whole_looks()
    postgres.write_now(add_request, "back", id=EARLIER)
    taken = program.look()
    assert (names(list(taken.claims)), set(taken.left)) == ([], {NPM})
    assert program.head.rest_s == SHARE
    program.seconds.now += SHARE
    taken = program.look()
    assert (names(list(taken.claims)), len(taken.left)) == (["back"], 0)


def test_a_lease_that_runs_out_is_found_at_once_and_one_that_ran_out_long_ago_by_a_whole_look(
    postgres: Database,
) -> None:
    program = Program(postgres)
    lost = [postgres.write_now(add_request, name, status="fetching") for name in "ab"]
    for request in lost:
        change(postgres, request, lease_expires_at=clock.now() + HOUR / 2)
    assert program.took() == []
    program.delay_whole_looks()
    change(postgres, lost[0], lease_expires_at=clock.now())
    assert program.took() == ["a"]
    change(postgres, lost[1], lease_expires_at=clock.now() - HOUR)
    assert program.took() == []
    program.seconds.now += SHARE
    assert program.took() == ["b"]


@pytest.mark.parametrize("value", [None, timedelta(hours=2)], ids=["none", "too late"])
def test_a_lease_that_is_none_is_found_by_a_whole_look(
    postgres: Database, value: timedelta | None
) -> None:
    program = Program(postgres)
    assert program.took() == []
    ends: Any = None if value is None else clock.now() + value
    postgres.write_now(add_request, "odd", status="fetching", lease_expires_at=ends)
    program.seconds.now += WHOLE_EVERY_S
    # As long as it waits for what is at work it is found again.
    for _ in range(2):
        assert program.look(suspects=Suspects.AWAITED).is_suspect_due
    assert program.took() == ["odd"]


def test_a_lane_that_is_looked_at_again_is_looked_at_from_the_beginning(postgres: Database) -> None:
    other = Lane("jsr", "http://127.0.0.1:2")
    program = Program(postgres)
    lost = postgres.write_now(add_request, "lost", registry="jsr", status="fetching")
    change(postgres, lost, lease_expires_at=clock.now() - HOUR)
    assert program.took() == []
    program.delay_whole_looks()
    program.lanes = (NPM, other)
    assert program.took() == ["lost"]


def test_others_have_their_turn_and_leases_are_not_looked_for(postgres: Database) -> None:
    program = Program(postgres)
    lost = postgres.write_now(add_request, "lost", status="fetching")
    change(postgres, lost, lease_expires_at=clock.now() - HOUR)
    assert program.look(suspects=Suspects.LEFT).claims == ()
    assert program.look(suspects=Suspects.AWAITED).is_suspect_due
    assert program.look(suspects=Suspects.LAST).is_suspect_due


def test_whole_looks_come_every_second_and_take_a_tenth_of_the_time() -> None:
    pace = Pace(seconds := Seconds())

    def is_due() -> bool:
        return pace.is_due

    assert is_due()
    with pace.look():
        seconds.now += 0.001
    assert not is_due()
    seconds.now += 0.02
    assert pace.rest_s <= 0
    seconds.now += WHOLE_EVERY_S
    assert is_due()
    with pace.look():
        seconds.now += 0.5
    seconds.now += WHOLE_EVERY_S
    assert not is_due()
    assert pace.rest_s == pytest.approx(SHARE * 0.5 - WHOLE_EVERY_S)
