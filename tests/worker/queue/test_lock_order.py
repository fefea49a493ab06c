"""PostgreSQL: all transactions lock in one order, so that no two wait for each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, delete, func, select, text, update

from tests.support.rows import (
    CHAINS,
    add_account,
    add_edge,
    add_member,
    add_package,
    add_request,
    add_version,
)
from tests.support.working import PACKAGES, REQUESTS, VERSIONS
from tests.worker.queue.claiming import claim
from tgtui.data.access.limits import REMOVED
from tgtui.data.graph.progress import chain_progress, hurry
from tgtui.data.packages.removal import delete_package
from tgtui.data.requests.asking import Limits, ask, ask_all, want_dependencies
from tgtui.data.requests.cancelling import cancel_chain
from tgtui.data.requests.health import Place, prune_history
from tgtui.data.requests.retrying import retry
from tgtui.data.storage.database import Database
from tgtui.worker.ingest.autoqueue import lock_active, queue_dependencies
from tgtui.worker.ingest.completing import complete, unsettled_chains
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.ingest.storing import record_attempt
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.finishing import Finish, finish_all
from tgtui.worker.queue.settling import Ending, settle

WAIT_S = 30.0
BOUNDS = Bounds(60, 5_000)
DONE = Ending("completed")

Write = Callable[[Connection], Any]

_WAITS_FOR = text(
    "SELECT pg_blocking_pids(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid = :pid AND wait_event_type = 'Lock'"
)


class Sessions:
    """Each works in a thread, and is not repeated when it loses a deadlock."""

    def __init__(self, database: Database, threads: ThreadPoolExecutor) -> None:
        self._database = database
        self._threads = threads

    def start(self, work: Write) -> tuple[int, Future[Any]]:
        """Its process at the server, and what comes of it."""
        connection = Connection(self._database.engine)
        for plan in ("indexscan", "bitmapscan", "indexonlyscan"):
            # What no order is asked of comes as it lies in the table.
            connection.execute(text(f"SET LOCAL enable_{plan} = off"))
        pid = connection.scalar(select(func.pg_backend_pid())) or 0

        def run() -> Any:
            with connection:
                result = work(connection)
                connection.commit()
            return result

        return pid, self._threads.submit(run)

    def wait_until_blocked(self, pid: int, by: int) -> None:
        """Until the session waits for that other one, by the server's own account."""
        until = time.monotonic() + WAIT_S
        with self._database.engine.connect() as connection:
            while by not in (connection.scalar(_WAITS_FOR, {"pid": pid}) or ()):
                assert time.monotonic() < until, "it waits for nothing"
                connection.rollback()

    @contextmanager
    def holding(self, table: Table, *ids: UUID) -> Iterator[int]:
        """These rows are locked by hand; the process that holds them."""
        with self._database.engine.connect() as connection:
            lock(connection, table, ids)
            yield connection.scalar(select(func.pg_backend_pid())) or 0

    def is_free(self, table: Table, *ids: UUID) -> bool:
        """Whether no one has locked any of these rows."""
        with self._database.engine.connect() as connection:
            query = select(table.c.id).where(table.c.id.in_(ids)).with_for_update(skip_locked=True)
            return set(connection.scalars(query)) == set(ids)


@pytest.fixture
def sessions(database: Database) -> Iterator[Sessions]:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    with ThreadPoolExecutor(4) as threads:
        yield Sessions(database, threads)


def lock(connection: Connection, table: Table, ids: tuple[UUID, ...]) -> None:
    query = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
    connection.execute(query.with_for_update()).all()


def add_backwards(connection: Connection, /, status: str, **values: Any) -> list[UUID]:
    """Requests for a, b and c of one chain, which lie in the table from the youngest to the oldest."""
    root = add_request(connection, "a", status=status, **values)
    ids = [
        root,
        *(add_request(connection, name, chain=root, status=status, **values) for name in "bc"),
    ]
    turn_round(connection, ids)
    return ids


def turn_round(connection: Connection, ids: Sequence[UUID]) -> None:
    """A row that is written anew lies behind the others."""
    for id in reversed(ids):
        connection.execute(update(REQUESTS).where(REQUESTS.c.id == id).values(depth=1))


def hurried(database: Database, root: UUID) -> Write:
    progress = database.read_now(chain_progress, root)
    return lambda connection: hurry(connection, progress)


def settled(database: Database, root: UUID) -> Write:
    held = claim(database, 3)
    database.write_now(turn_round, [one.request_id for one in held])
    return lambda connection: settle(connection, dict.fromkeys(reversed(held), DONE))


def pruned(database: Database, root: UUID) -> Write:
    database.write_now(lambda connection: connection.execute(delete(CHAINS)))
    return lambda connection: prune_history(connection, days=0, place=Place(are_chains_done=True))


REVERSED = [("npm", "c"), ("npm", "b"), ("npm", "a")]
LOCKING: dict[str, tuple[str, Callable[[Database, UUID], Write]]] = {
    "hurry": ("pending", hurried),
    "settle": ("pending", settled),
    "prune": ("completed", pruned),
    "retry": ("failed", lambda _, root: lambda s: retry(s, root, account_id=None)),
    "cancel": ("pending", lambda _, root: lambda s: cancel_chain(s, root)),
    "ask": ("pending", lambda _, root: lambda s: ask_all(s, REVERSED, account_id=None)),
    "join": ("pending", lambda _, root: lambda s: lock_active(s, REVERSED)),
}
"""What locks several requests: their state before, and how it is done to the chain of that root."""


@pytest.mark.parametrize("what", LOCKING)
def test_who_waits_for_a_request_holds_none_that_comes_after_it(
    database: Database, sessions: Sessions, what: str
) -> None:
    status, made = LOCKING[what]
    ids = database.write_now(add_backwards, status, priority=40)
    work = made(database, ids[0])
    with sessions.holding(REQUESTS, ids[0]) as by_hand:
        pid, done = sessions.start(work)
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, *ids[1:])
    done.result(WAIT_S)


def chain_and_request(database: Database) -> tuple[UUID, UUID, UUID]:
    """A chain of another person that waits for a request that failed, and has not another one."""
    ada = database.write_now(add_account, "ada")
    failed = database.write_now(add_request, "lib", status="failed", requested_by=ada)
    others = database.write_now(add_request, "root", status="completed")
    database.write_now(add_member, others, failed)
    return ada, failed, others


def test_a_retry_locks_the_chains_of_others_before_requests(
    database: Database, sessions: Sessions
) -> None:
    ada, failed, others = chain_and_request(database)
    with sessions.holding(CHAINS, others) as by_hand:
        pid, done = sessions.start(lambda connection: retry(connection, failed, account_id=ada))
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, failed)
    assert done.result(WAIT_S).is_new


def test_asking_for_what_was_restored_locks_the_chains_that_wait_before_requests(
    database: Database, sessions: Sessions
) -> None:
    _ada, failed, others = chain_and_request(database)
    change = update(REQUESTS).where(REQUESTS.c.id == failed).values(error_code=REMOVED)
    database.write_now(lambda connection: connection.execute(change))
    joined = database.write_now(add_request, "joined")
    packages = [("npm", "lib"), ("npm", "joined")]
    with sessions.holding(CHAINS, others) as by_hand:
        pid, done = sessions.start(lambda s: ask_all(s, packages, account_id=None))
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, joined)
    done.result(WAIT_S)


def test_an_ingest_locks_chains_before_its_own_request_and_what_it_joins(
    database: Database, sessions: Sessions
) -> None:
    package, held, joined = parent_of_lib(database)
    with sessions.holding(CHAINS, held.request_id) as by_hand:
        pid, done = sessions.start(lambda s: queue_dependencies(s, {held: package}, BOUNDS))
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, held.request_id, joined)
    assert done.result(WAIT_S) == {held: None}


def parent_of_lib(database: Database) -> tuple[UUID, Claim, UUID]:
    """A package whose request is at work here; it needs lib, which is queued."""
    package = database.write_now(add_package, "parent")
    version = database.write_now(add_version, package, "1.0.0")
    database.write_now(add_edge, (package, version), "lib")
    database.write_now(add_request, "parent", is_auto_queued=True)
    (held,) = claim(database)
    return package, held, database.write_now(add_request, "lib", is_auto_queued=True)


@pytest.mark.parametrize("what", ["delete", "fail", "want"])
def test_packages_are_locked_before_requests(
    database: Database, sessions: Sessions, what: str
) -> None:
    ada = database.write_now(add_account, "ada")
    package = database.write_now(add_package, "a")
    version = database.write_now(add_version, package, "1.0.0", dependencies_fetched_at=None)
    request = database.write_now(add_request, "a")
    (held,) = claim(database)

    def decide(connection: Connection) -> Ending:
        record_attempt(connection, "npm", "a")
        return Ending("failed", code="not_found", message="Not there.")

    table, id = (VERSIONS, version) if what == "want" else (PACKAGES, package)
    works: dict[str, Write] = {
        "delete": lambda connection: delete_package(connection, package, account_id=ada),
        "fail": lambda connection: finish_all(connection, [Finish(held, decide)]),
        "want": lambda connection: want_dependencies(connection, version, account_id=ada),
    }
    with sessions.holding(table, id) as by_hand:
        pid, done = sessions.start(works[what])
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, request)
    done.result(WAIT_S)


def test_an_account_is_locked_before_requests(database: Database, sessions: Sessions) -> None:
    ada = database.write_now(add_account, "ada")
    request = database.write_now(add_request, "a")
    accounts = CHAINS.metadata.tables["account"]
    limits = Limits(per_hour=10)
    with sessions.holding(accounts, ada) as by_hand:
        pid, done = sessions.start(lambda s: ask(s, "npm", "a", account_id=ada, limits=limits))
        sessions.wait_until_blocked(pid, by_hand)
        assert sessions.is_free(REQUESTS, request)
    done.result(WAIT_S)


def test_a_retry_and_an_ingest_that_meet_wait_in_one_direction(
    database: Database, sessions: Sessions
) -> None:
    """The retry is stopped in its middle: what it has is what the ingest needs, and the reverse was so as well."""
    package, held, lib = parent_of_lib(database)
    root = database.write_now(add_request, "root", status="failed")
    failed = database.write_now(add_request, "other", status="failed", chain=root)
    database.write_now(add_member, root, lib)
    database.write_now(add_member, held.request_id, failed)
    with sessions.holding(REQUESTS, failed) as by_hand:
        retrying, retried = sessions.start(lambda s: retry(s, root, account_id=None))
        sessions.wait_until_blocked(retrying, by_hand)
        ingesting, ingested = sessions.start(
            lambda s: queue_dependencies(s, {held: package}, BOUNDS)
        )
        sessions.wait_until_blocked(ingesting, retrying)
    assert retried.result(WAIT_S).is_new
    assert ingested.result(WAIT_S) == {held: None}


def test_who_waits_for_what_another_asks_for_has_not_queued_what_comes_after_it(
    database: Database, sessions: Sessions
) -> None:
    """Of what is new nothing can be locked: who inserts it second waits for the first."""
    packages = [("npm", name) for name in ("b", "B", "a")]
    with database.engine.connect() as other:
        ask(other, "npm", "B", account_id=None)
        pid, done = sessions.start(lambda s: ask_all(s, packages, account_id=None))
        sessions.wait_until_blocked(pid, other.scalar(select(func.pg_backend_pid())) or 0)
        free = {
            name: sessions.start(partial(ask, registry="npm", name=name, account_id=None))[1]
            for name in "ab"
        }
        assert all(each.result(WAIT_S).is_new for each in free.values())
        other.commit()
    assert [each.is_new for each in done.result(WAIT_S)] == [False] * 3
    asked = database.read_now(lambda s: s.scalars(select(REQUESTS.c.package_name)).all())
    assert sorted(asked) == ["B", "a", "b"]


def test_what_is_asked_for_at_once_is_fetched_in_that_order(database: Database) -> None:
    """Whatever the order in which it is written."""
    names = ["b", "B", "a", "c"]
    database.write_now(ask_all, [("npm", name) for name in names], account_id=None)
    assert [one.name for one in claim(database, 4)] == names


def test_of_several_chains_that_need_something_one_is_completed_in_a_transaction(
    database: Database,
) -> None:
    """Each locks requests of its own: two of them are in no common order."""
    roots = []
    for name in ("first", "second", "complete"):
        package = database.write_now(add_package, name)
        version = database.write_now(add_version, package, "1.0.0")
        if name != "complete":
            database.write_now(add_edge, (package, version), f"lib-of-{name}")
        roots.append(database.write_now(add_request, name, status="completed", package_id=package))
    database.write_now(
        lambda connection: connection.execute(update(CHAINS).values(settled_at=None))
    )
    assert database.write_now(complete, roots, BOUNDS) == roots[0]
    assert database.write_now(complete, roots, BOUNDS) == roots[1]
    assert database.write_now(complete, roots, BOUNDS) is None
    assert database.read_now(unsettled_chains, None, 10) == roots[:2]
