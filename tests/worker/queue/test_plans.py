"""A claim reads what it takes, however long the queue is; an outcome goes by its key. On filled queues, with
statistics of them and with none, as after a restore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.data.test_plans import plans, statements
from tests.support.databases import Template, migrate, opened, within
from tests.support.working import NPM, REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.storage.bulk import bulk_insert
from tgtui.registries.base import Lane
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.settling import Ending, settle

LANES = [NPM, Lane("npm", "http://127.0.0.1:2", "@acme"), Lane("jsr", "http://127.0.0.1:3")]
MANY = 3_000
LIMIT = 8


def add_many(connection: Connection, count: int, **values: Any) -> None:
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        id = uuid7()
        rows.append(
            {
                "id": id,
                "package_name": id.hex,
                "registry": "npm",
                "depth": 0,
                "is_auto_queued": True,
                "priority": 20,
                "status": "pending",
                "is_forced": False,
                "attempt_count": 0,
                "created_at": now,
                "updated_at": now,
                **values,
            }
        )
    bulk_insert(connection, REQUESTS, rows)


@pytest.fixture(params=["statistics", "no statistics"])
def long_queue(template: Template, request: pytest.FixtureRequest) -> Iterator[Connection]:
    url = template(f"a long queue, {request.param}", partial(fill, request.param))
    with opened(url) as database, within(database) as connection:
        yield connection


def fill(param: str, url: str) -> None:
    migrate(url)
    with opened(url) as database:
        database.write_now(add_requests)
        if param == "statistics":
            database.write_now(lambda connection: connection.execute(text("ANALYZE")))


def add_requests(connection: Connection) -> None:
    """Of every kind: due, waiting for a retry, finished, of another registry."""
    add_many(connection, MANY)
    add_many(connection, MANY, retry_after=clock.now() + timedelta(days=1))
    add_many(connection, MANY, status="completed")
    add_many(connection, MANY, registry="jsr")


def claim(connection: Connection) -> list[Claim]:
    return queue.claim_requests(
        connection, worker="me", lane=NPM, limit=LIMIT, lease_seconds=30, max_attempts=5
    )


def test_a_claim_goes_by_the_index_of_its_lane(long_queue: Connection) -> None:
    shown = plans(long_queue, claim)
    assert "idx_package_requests_claim" in shown
    assert "idx_package_requests_retry" in shown
    assert not re.search(r"(Seq Scan on|SCAN) package_requests", shown)


def look_for_suspects(connection: Connection) -> None:
    queue.is_suspect_due(connection, LANES)
    queue.take_over(connection, worker="me", lanes=LANES, lease_seconds=30, max_attempts=5)


def test_leases_that_ran_out_are_found_by_their_index(long_queue: Connection) -> None:
    add_many(long_queue, LIMIT, status="fetching", lease_expires_at=clock.now())
    shown = plans(long_queue, look_for_suspects)
    assert re.search(r"idx_package_requests_(lease|status_created)", shown)
    assert "Seq Scan on package_requests" not in shown
    assert not re.search(r"SCAN package_requests(?! USING.* idx_package_requests_lease)", shown)


def test_the_time_bounds_what_is_read_of_those_that_wait(long_queue: Connection) -> None:
    """A clock that changes within a statement could not be looked up in an index."""
    shown = plans(long_queue, claim)
    bounded = r"registry=\? AND retry_after[<>]\?|Index Cond: .*retry_after <= "
    assert re.search(bounded, shown)


def test_a_claim_reads_no_more_than_it_takes(long_queue: Connection) -> None:
    if long_queue.dialect.name == "sqlite":
        pytest.skip("SQLite does not count the rows a statement reads")
    with statements(long_queue) as seen:
        assert len(claim(long_queue)) == LIMIT
    lines = long_queue.exec_driver_sql("EXPLAIN (ANALYZE) " + seen[0][0], seen[0][1]).scalars()
    shown = "\n".join(lines)
    removed = [int(count) for count in re.findall(r"Rows Removed by Filter: (\d+)", shown)]
    assert sum(removed) <= 2 * LIMIT, shown


@pytest.mark.parametrize("count", [1, LIMIT])
def test_an_outcome_is_written_by_key_though_statistics_know_of_no_held_request(
    long_queue: Connection, count: int
) -> None:
    claims = claim(long_queue)[:count]
    ended: Callable[[Connection], Any] = lambda connection: settle(  # noqa: E731
        connection, dict.fromkeys(claims, Ending("completed"))
    )
    shown = plans(long_queue, ended)
    assert "pk_package_requests" in shown or "sqlite_autoindex_package_requests_1 (id=?)" in shown
    assert "idx_package_requests" not in shown
