"""Claims: order, leases, fencing, hand back; what holds with any number of workers on one database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.support.rows import add_package, add_request
from tests.support.working import NPM, PACKAGES
from tests.worker.queue.claiming import HOUR, change, claim, expire, names, row_of
from tgtui.basics import clock
from tgtui.data.access.limits import RequestRefused
from tgtui.data.requests import asking, cancelling
from tgtui.data.storage.database import Database
from tgtui.registries.base import Lane
from tgtui.worker.processes import is_dead_here, machine_name
from tgtui.worker.queue import claims, settling
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.settling import Ending

CLAIMERS = 6


def test_people_come_before_machines_and_the_older_before_the_younger(database: Database) -> None:
    for name, priority in (("auto", 30), ("first", 10), ("second", 10), ("opened", 0)):
        database.write_now(add_request, name, priority=priority)
    assert names(claim(database, 10)) == ["opened", "first", "second", "auto"]


def test_no_more_are_claimed_than_there_is_room_for(database: Database) -> None:
    for name in "abc":
        database.write_now(add_request, name)
    assert names(claim(database, 2)) == ["a", "b"]
    assert names(claim(database, 2)) == ["c"]
    assert claim(database, 0) == []


def test_an_expired_lease_is_claimed_before_anything_that_waits(database: Database) -> None:
    old = database.write_now(add_request, "old", priority=30)
    claim(database)
    expire(database, old)
    database.write_now(add_request, "opened", priority=0)
    assert names(claim(database)) == ["old"]


def test_a_request_is_not_claimed_before_its_wait_is_over(database: Database) -> None:
    waiting = database.write_now(add_request, retry_after=clock.now() + HOUR)
    assert claim(database) == []
    change(database, waiting, retry_after=clock.now() - HOUR)
    assert [one.request_id for one in claim(database)] == [waiting]


def test_a_lane_takes_nothing_of_another_registry(database: Database) -> None:
    database.write_now(add_request, "there", registry="jsr")
    assert claim(database) == []
    assert names(claim(database, lane=Lane("jsr", "https://jsr.io:443"))) == ["there"]


def test_the_attempt_is_counted_at_the_claim(database: Database) -> None:
    request_id = database.write_now(add_request)
    (first,) = claim(database)
    assert first.attempt == 1
    row = row_of(database, request_id)
    assert (row.status, row.attempt_count, row.locked_by) == ("fetching", 1, "me")
    assert row.lease_expires_at > clock.now()


def test_claimers_at_once_never_share_a_request(database: Database) -> None:
    for number in range(CLAIMERS * 5):
        database.write_now(add_request, f"package-{number:02}")
    together = Barrier(CLAIMERS)

    def take() -> list[str]:
        together.wait()
        taken: list[str] = []
        while some := claim(database, 2):
            taken += names(some)
        return taken

    with ThreadPoolExecutor(CLAIMERS) as claimers:
        taken = [run.result() for run in [claimers.submit(take) for _ in range(CLAIMERS)]]
    everything = sorted(name for some in taken for name in some)
    assert everything == [f"package-{number:02}" for number in range(CLAIMERS * 5)]


def test_a_lease_that_is_renewed_is_not_taken_over(database: Database) -> None:
    request_id = database.write_now(add_request)
    held = claim(database)
    expire(database, request_id)
    assert database.write_now(claims.renew_leases, held, 30) == {request_id}
    assert claim(database) == []


def test_renewing_tells_which_leases_are_lost(database: Database) -> None:
    for name in "ab":
        database.write_now(add_request, name)
    mine = claim(database, 2)
    expire(database, mine[0].request_id)
    (taken,) = claim(database)
    assert database.write_now(claims.renew_leases, mine, 30) == {mine[1].request_id}
    assert database.write_now(claims.renew_leases, [taken], 30) == {taken.request_id}
    assert database.write_now(claims.renew_leases, [], 30) == set()


def test_a_request_that_is_being_written_counts_as_held_and_blocks_no_other_renewal(
    database: Database,
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: nothing else is written meanwhile")
    for name in "ab":
        database.write_now(add_request, name)
    mine = claim(database, 2)
    expire(database, mine[1].request_id)

    def write(connection: Any) -> set[UUID]:
        settling.held_among(connection, mine[:1], locks=True)
        return database.write_now(claims.renew_leases, mine, 30)

    assert database.write_now(write) == {one.request_id for one in mine}
    assert row_of(database, mine[1].request_id).lease_expires_at > clock.now()


def outcomes(held: Claim, package_id: UUID) -> dict[str, Any]:
    return {
        "complete": lambda s: claims.end(s, held, Ending("completed", package_id)),
        "fail": lambda s: claims.end(s, held, Ending("failed", code="malformed", message="No.")),
        "retry": lambda s: claims.end(
            s, held, Ending("pending", code="server_error", message="Later.", wait_s=1)
        ),
    }


@pytest.mark.parametrize("outcome", ["complete", "fail", "retry"])
@pytest.mark.parametrize("by", ["taken over", "cancelled"])
def test_a_worker_that_lost_its_lease_writes_nothing(
    database: Database, outcome: str, by: str
) -> None:
    request_id = database.write_now(add_request)
    (lost,) = claim(database)
    if by == "taken over":
        expire(database, request_id)
        claim(database, worker="somebody else")
    else:
        change(database, request_id, status="cancelled")
    before = row_of(database, request_id)

    def write(connection: Any) -> None:
        package_id = add_package(connection, "written-in-the-same-transaction")
        outcomes(lost, package_id)[outcome](connection)

    with pytest.raises(LeaseLost):
        database.write_now(write)
    assert row_of(database, request_id) == before
    count = database.read_now(lambda s: s.scalar(select(func.count()).select_from(PACKAGES)))
    assert count == 0


def test_handing_back_costs_no_attempt_and_leaves_no_trace_of_the_claim(database: Database) -> None:
    request_id = database.write_now(add_request)
    held = claim(database)
    database.write_now(claims.hand_back, held)
    row = row_of(database, request_id)
    assert (row.status, row.attempt_count) == ("pending", 0)
    assert (row.lease_token, row.lease_expires_at, row.locked_by) == (None, None, None)


def test_handing_back_what_somebody_else_has_changes_nothing(database: Database) -> None:
    request_id = database.write_now(add_request)
    held = claim(database)
    expire(database, request_id)
    claim(database, worker="somebody else")
    database.write_now(claims.hand_back, held)
    row = row_of(database, request_id)
    assert (row.status, row.locked_by, row.attempt_count) == ("fetching", "somebody else", 1)


def test_a_package_that_ended_the_program_too_often_fails_with_a_sentence(
    database: Database,
) -> None:
    request_id = database.write_now(add_request)
    for attempt, alone in ((1, 0), (1, 1), (2, 2)):
        (held,) = claim(database, max_attempts=2)
        assert (held.attempt, held.alone_count) == (attempt, alone)
        expire(database, request_id)
    assert claim(database, max_attempts=2) == []
    row = row_of(database, request_id)
    assert (row.status, row.error_code, row.lease_token) == ("failed", "crashed", None)
    assert (row.attempt_count, row.alone_count) == (2, None)
    assert row.error_message == claims.CRASHED.format(attempts=2)


def test_what_ran_beside_others_when_its_program_died_spends_nothing(database: Database) -> None:
    for name in "abc":
        database.write_now(add_request, name)
    for _ in range(10):
        while held := claim(database, 3):
            if held[0].is_suspect:
                assert (len(held), held[0].attempt) == (1, 1)
                database.write_now(claims.hand_back, held)
            else:
                assert [one.attempt for one in held] == [1] * 3
                break
        for one in held:
            expire(database, one.request_id)


@pytest.mark.parametrize(("deaths", "rest"), [(1, 2), (2, 8), (3, 30), (4, 60)])
def test_what_died_alone_rests_before_it_runs_alone_again(
    database: Database, deaths: int, rest: int
) -> None:
    """Programs that are killed in quick succession must not use up its attempts. Others go on meanwhile."""
    request_id = database.write_now(add_request, attempt_count=1)
    lease = {"status": "fetching", "attempt_count": deaths, "alone_count": deaths}

    def ended(seconds: float) -> None:
        past = clock.now() - timedelta(seconds=seconds)
        change(database, request_id, lease_expires_at=past, **lease)

    ended(rest - 1)
    database.write_now(add_request, "other", priority=99)
    assert not database.read_now(claims.is_suspect_due, [NPM])
    assert names(claim(database)) == ["other"]
    ended(rest + 1)
    assert database.read_now(claims.is_suspect_due, [NPM])
    (held,) = claim(database)
    assert (held.request_id, held.alone_count) == (request_id, deaths + 1)


def test_a_death_alone_is_told_apart_from_failed_attempts(database: Database) -> None:
    request_id = database.write_now(add_request, attempt_count=4)
    for attempt, alone in ((5, 0), (5, 1), (5, 2)):
        (held,) = claim(database)
        assert (held.attempt, held.alone_count) == (attempt, alone)
        expire(database, request_id)
    # A stop in between ends the count: it was no death.
    (held,) = claim(database)
    database.write_now(claims.hand_back, [held])
    (held,) = claim(database)
    assert (held.attempt, held.alone_count) == (5, 0)


def test_a_request_that_runs_alone_keeps_no_other_program_waiting(database: Database) -> None:
    def is_due() -> bool:
        return database.read_now(claims.is_suspect_due, [NPM])

    for name in "ab":
        database.write_now(add_request, name)
    held = claim(database, 2)
    assert not is_due()
    for one in held:
        expire(database, one.request_id)
    assert is_due()
    # Some program runs one of them alone: others go on with the rest.
    (alone,) = claim(database)
    assert not is_due()
    expire(database, alone.request_id)
    assert is_due()
    assert not database.read_now(claims.is_suspect_due, [Lane("jsr", "https://jsr.io:443")])


def test_a_retry_waits_by_the_databases_clock_and_says_why(database: Database) -> None:
    request_id = database.write_now(add_request)
    (held,) = claim(database)
    database.write_now(
        claims.end, held, Ending("pending", code="server_error", message="Later.", wait_s=60)
    )
    row = row_of(database, request_id)
    assert (row.status, row.attempt_count, row.error_code) == ("pending", 1, "server_error")
    assert timedelta(seconds=50) < row.retry_after - clock.now() < timedelta(seconds=70)
    assert row.lease_token is None


def test_what_says_nothing_about_the_package_costs_no_attempt(database: Database) -> None:
    request_id = database.write_now(add_request)
    (held,) = claim(database)
    database.write_now(
        claims.end,
        held,
        Ending("pending", code="unreachable", message="Down.", wait_s=0, costs_attempt=False),
    )
    assert row_of(database, request_id).attempt_count == 0


def test_a_pending_request_can_be_cancelled_and_is_not_claimed(database: Database) -> None:
    request_id = database.write_now(add_request)
    database.write_now(cancelling.cancel_request, request_id)
    assert row_of(database, request_id).status == "cancelled"
    assert claim(database) == []


def test_a_request_that_is_being_fetched_is_not_cancelled(database: Database) -> None:
    request_id = database.write_now(add_request)
    claim(database)
    with pytest.raises(RequestRefused, match="being fetched"):
        database.write_now(cancelling.cancel_request, request_id)
    assert row_of(database, request_id).status == "fetching"


def dead_worker() -> str:
    """Named as a worker of this machine whose process is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{machine_name()}:{process.pid}:0"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal 0; leases run out instead")
def test_requests_of_a_dead_program_on_this_machine_are_free_at_once(database: Database) -> None:
    holders = {
        "dead": dead_worker(),
        "alive": f"{machine_name()}:{os.getpid()}:0",
        "elsewhere": "another-machine:1:0",
        "another container": f"{socket.gethostname()}/1:{2**22 + 1}:0",
        "odd": "no pid",
    }
    for name, worker in holders.items():
        database.write_now(add_request, name)
        claim(database, worker=worker)
    assert claim(database, 10) == []
    assert database.write_now(claims.release_dead_workers, is_dead_here) == 1
    assert names(claim(database, 10)) == ["dead"]
    assert database.write_now(claims.release_dead_workers, is_dead_here) == 0


def test_at_most_one_active_request_per_package_whoever_asks_at_once(database: Database) -> None:
    together = Barrier(CLAIMERS)

    def ask() -> bool:
        together.wait()
        return database.write_now(asking.ask, "npm", "express", account_id=None).is_new

    with ThreadPoolExecutor(CLAIMERS) as people:
        new = [run.result() for run in [people.submit(ask) for _ in range(CLAIMERS)]]
    assert new.count(True) == 1
    with pytest.raises(IntegrityError):
        database.write_now(add_request, "express", status="fetching")


def test_a_claimed_request_is_still_the_packages_one_active_request(database: Database) -> None:
    first = database.write_now(asking.ask, "npm", "express", account_id=None)
    claim(database)
    again = database.write_now(asking.ask, "npm", "express", account_id=None)
    assert (again.request_id, again.is_new) == (first.request_id, False)
