"""Clocks that jump, and rows edited into nonsense: nothing is stuck, nothing is taken for what it is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from tests.support.rows import add_account, add_request
from tests.support.working import PACKAGES, REQUESTS, MakeWorkplace, Workplace
from tests.worker.queue.claiming import HOUR, change, claim, expire, names, row_of
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import HOUR as LIMIT_SPAN
from tgtui.data.requests.asking import Limits, ask
from tgtui.data.requests.lists import chains_page
from tgtui.data.storage.database import Database
from tgtui.worker.queue import claims
from tgtui.worker.queue.settling import Ending

DAY = timedelta(days=1)
YEARS = timedelta(days=4_000)


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`clock_at(by)`: from now on this machine's clock is that much off."""
    right = clock.now

    def set_clock(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: right() + by)

    return set_clock


def test_leases_are_reckoned_by_the_databases_clock(database: Database, clock_at: Any) -> None:
    request_id = database.write_now(add_request)
    before = clock.now()
    clock_at(DAY)
    (held,) = claim(database)
    assert row_of(database, request_id).lease_expires_at - before < HOUR
    assert claim(database, worker="another machine, whose clock is right") == []
    clock_at(-DAY)
    assert database.write_now(claims.renew_leases, [held], 30) == {request_id}


def test_a_wait_is_reckoned_by_the_databases_clock(database: Database, clock_at: Any) -> None:
    request_id = database.write_now(add_request)
    (held,) = claim(database)
    clock_at(-DAY)
    database.write_now(
        claims.end, held, Ending("pending", code="server_error", message="Later.", wait_s=60)
    )
    clock_at(DAY)
    assert claim(database) == []
    assert row_of(database, request_id).retry_after is not None


def test_a_lease_that_ends_too_late_to_be_one_is_taken_over(database: Database) -> None:
    """The database's clock was set back, or somebody edited the row."""
    request_id = database.write_now(add_request)
    claim(database, worker="long gone")
    change(database, request_id, lease_expires_at=clock.now() + YEARS)
    (taken,) = claim(database)
    assert (taken.request_id, taken.attempt) == (request_id, 1)


def test_a_wait_that_is_too_long_to_be_one_is_over(database: Database) -> None:
    database.write_now(add_request, retry_after=clock.now() + YEARS)
    assert names(claim(database)) == ["express"]


async def test_a_success_in_the_future_holds_no_package_back(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    """The database's clock was years ahead when the package was read, and is right again."""
    place.registry.add_package("a")
    await place.bring("a")
    later = update(PACKAGES).values(last_fetch_success=clock.now() + YEARS)
    await place.database.write(lambda connection: connection.execute(later) and None)
    # Another machine, which has no document of its own.
    await make_workplace().bring("a")
    assert place.asked_for("a") == 2
    assert await place.statuses() == {"a": "completed"}


@pytest.mark.parametrize("template", ["postgresql"], indirect=True)
async def test_two_programs_whose_clocks_differ_agree_on_what_was_fetched(
    place: Workplace, make_workplace: MakeWorkplace, clock_at: Any
) -> None:
    """SQLite's clock is the machine's: only a server has one that differs."""
    right = clock.now()
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.add_package("b")
    clock_at(HOUR * 5)
    await place.bring("a")
    other = make_workplace()
    for by in (HOUR * -5, timedelta(0)):
        clock_at(by)
        await other.bring("a")
    assert place.asked_for("a") == place.asked_for("b") == 1
    row = await place.package("a")
    version = (await place.versions("a"))["1.0.0"]
    assert row is not None
    stored = [row.created_at, row.updated_at, row.last_fetch_attempt, row.last_fetch_success]
    stored += [version.created_at, version.dependencies_fetched_at]
    stored += [request.updated_at for request in await place.read(REQUESTS.select())]
    assert max(abs(moment - right) for moment in stored) < HOUR


def test_the_hourly_limit_is_not_held_up_by_requests_of_the_future(database: Database) -> None:
    ada = database.write_now(add_account)
    limits = Limits(per_hour=1)
    database.write_now(add_request, "a", requested_by=ada, created_at=clock.now() + YEARS)
    assert database.write_now(ask, "npm", "b", account_id=ada, limits=limits).is_new
    assert LIMIT_SPAN == HOUR


def test_keys_made_after_the_clock_was_set_back_sort_later_still() -> None:
    keys = [uuid7() for _ in range(3)]
    assert keys == sorted(keys)


NONSENSE: dict[str, dict[str, Any]] = {
    "held by nobody": {"status": "fetching"},
    "a lease without an end": {"status": "fetching", "lease_token": uuid7(), "locked_by": "me"},
    "a token without a lease": {"lease_token": uuid7(), "lease_expires_at": clock.now() + HOUR},
    "fewer than no attempts": {"attempt_count": -1_000_000},
    "above the surface": {"depth": -5},
    "caused by itself": {"is_auto_queued": True},
    "an urgency nobody has": {"priority": 2_000_000_000},
    "less than no urgency": {"priority": -7},
    "an error without words": {"error_code": "nonsense", "stage": "nonsense", "stage_total": -1},
}


@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize("what", NONSENSE)
async def test_a_row_edited_into_nonsense_is_worked_on_like_any_other(
    place: Workplace, what: str
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    await place.database.write(add_request, "a", **NONSENSE[what])
    await place.database.read(chains_page)
    await place.work()
    assert await place.statuses() == {"a": "completed", "b": "completed"}
    request = await place.request("a")
    assert (request.attempt_count, request.stage, request.lease_token) == (1, None, None)


async def test_too_many_attempts_written_by_hand_end_as_a_sentence(place: Workplace) -> None:
    place.registry.add_package("a")
    await place.database.write(add_request, "a", attempt_count=1_000_000)
    await place.work()
    request = await place.request("a")
    assert (request.status, request.error_code) == ("failed", "crashed")
    assert "Gave up after 5 attempts" in request.error_message


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a b", "\x1b[2J", "x" * 300, "@/"])
async def test_a_name_no_registry_accepts_is_refused_without_a_request(
    place: Workplace, name: str
) -> None:
    await place.database.write(add_request, name)
    await place.work()
    (row,) = await place.read(REQUESTS.select())
    assert (row.status, row.error_code) == ("failed", "invalid_name")
    assert place.registry.requests == []


async def test_a_request_for_a_registry_nobody_here_reads_waits_and_holds_up_nobody(
    place: Workplace,
) -> None:
    place.registry.add_package("a")
    await place.database.write(add_request, "hello", registry="apt", priority=0)
    await place.ask("a")
    await place.worker(only=["npm"]).run(until_empty=True)
    assert await place.statuses() == {"hello": "pending", "a": "completed"}


def test_a_time_that_is_none_makes_one_row_odd_and_not_the_whole_list(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL takes nothing but timestamps")
    database.write_now(add_request, "a")
    odd = database.write_now(add_request, "b")
    database.write_now(
        lambda connection: connection.execute(
            text("UPDATE package_request_chains SET created_at = 'yesterday' WHERE id = :id"),
            {"id": odd.bytes},
        )
    )
    page = database.read_now(chains_page)
    assert [chain.root.name for chain in page.rows] == ["b", "a"]
    assert page.rows[0].root.created_at == datetime.fromtimestamp(0, clock.now().tzinfo)
    expire(database, odd)
    assert names(claim(database, 2)) == ["a", "b"]
