"""Jobs that end together: one transaction, each fenced by its own lease, none paying for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.support.rows import add_package, add_request
from tests.support.working import NPM, PACKAGES, REQUESTS
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.settling import Ending, settle

DONE = Ending("completed")


@pytest.fixture
def claims(database: Database) -> list[Claim]:
    """Four requests this worker holds: a, b, c, d."""
    for name in "abcd":
        database.write_now(add_request, name, error_code="old", error_message="Old.")
    return database.write_now(
        queue.claim_requests, worker="me", lane=NPM, limit=4, lease_seconds=30, max_attempts=5
    )


def change(database: Database, claim: Claim, **values: Any) -> None:
    where = REQUESTS.c.id == claim.request_id
    database.write_now(lambda s: s.execute(update(REQUESTS).where(where).values(**values)))


def rows(database: Database) -> dict[str, Any]:
    statement = select(REQUESTS)
    found = database.read_now(lambda connection: connection.execute(statement).all())
    return {row.package_name: row for row in found}


def statuses(database: Database) -> dict[str, str]:
    return {name: row.status for name, row in rows(database).items()}


def test_many_requests_end_at_once_each_in_its_own_way(
    database: Database, claims: list[Claim]
) -> None:
    a, b, c, d = claims
    package: UUID = database.write_now(add_package, "a")
    endings = {
        a: Ending("completed", package),
        b: Ending("failed", code="not_found", message="Not there: {}\"'\\."),
        c: Ending("pending", code="server_error", message="Later.", wait_s=60, costs_attempt=True),
        d: Ending("pending", costs_attempt=False),
    }
    assert database.write_now(settle, endings) == set()
    found = rows(database)
    assert (found["a"].status, found["a"].package_id, found["a"].error_code) == (
        "completed",
        package,
        None,
    )
    assert (found["b"].status, found["b"].error_message) == ("failed", "Not there: {}\"'\\.")
    assert (found["c"].status, found["c"].attempt_count) == ("pending", 1)
    assert 50 < (found["c"].retry_after - clock.now()).total_seconds() < 70
    assert (found["d"].status, found["d"].attempt_count) == ("pending", 0)
    assert (found["d"].retry_after, found["d"].error_code) == (None, "old")
    for row in found.values():
        assert (row.lease_token, row.lease_expires_at, row.locked_by, row.stage) == (None,) * 4


@pytest.mark.parametrize("by", [{"lease_token": UUID(int=1)}, {"status": "cancelled"}])
def test_those_that_are_lost_are_told_and_left_as_they_are(
    database: Database, claims: list[Claim], by: dict[str, Any]
) -> None:
    lost = claims[1]
    change(database, lost, **by)
    before = rows(database)["b"]
    assert database.write_now(settle, dict.fromkeys(claims, DONE)) == {lost}
    assert rows(database)["b"] == before
    assert list(statuses(database).values()).count("completed") == 3
    assert database.write_now(settle, dict.fromkeys(claims, DONE)) == set(claims)
    assert database.write_now(settle, {}) == set()


class Counted:
    """A gateway that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.writes = 0

    async def write(self, query: Callable[..., Any], *args: Any) -> Any:
        self.writes += 1
        return await self._database.write(query, *args)


async def test_jobs_that_end_while_one_is_written_end_together(
    database: Database, claims: list[Claim]
) -> None:
    counted: Any = Counted(database)
    finishing = Finishing(counted)
    ended = await asyncio.gather(*(finishing.finish(claim, DONE) for claim in claims))
    assert ended == [DONE] * 4
    assert counted.writes == 1
    assert set(statuses(database).values()) == {"completed"}
    await finishing.close()


async def test_what_a_lost_job_would_write_is_not_written(
    database: Database, claims: list[Claim]
) -> None:
    change(database, claims[0], lease_token=UUID(int=1))

    def decide(claim: Claim) -> Callable[[Connection], Ending]:
        def write(connection: Connection) -> Ending:
            add_package(connection, claim.name)
            return DONE

        return write

    finishing = Finishing(database)
    ended = await asyncio.gather(
        *(finishing.finish(claim, decide(claim), locks_package=True) for claim in claims),
        return_exceptions=True,
    )
    assert isinstance(ended[0], LeaseLost)
    assert ended[1:] == [DONE] * 3
    names = database.read_now(lambda s: s.scalars(select(PACKAGES.c.name)).all())
    assert sorted(names) == ["b", "c", "d"]
    assert statuses(database)["a"] == "fetching"


async def test_one_that_can_not_be_ended_costs_the_others_nothing(
    database: Database, claims: list[Claim]
) -> None:
    def refuse(connection: Connection) -> Ending:
        add_package(connection, "undone")
        raise ValueError("no")

    finishing = Finishing(database)
    ended = await asyncio.gather(
        finishing.finish(claims[0], refuse),
        *(finishing.finish(claim, DONE) for claim in claims[1:]),
        return_exceptions=True,
    )
    assert isinstance(ended[0], ValueError)
    assert ended[1:] == [DONE] * 3
    assert statuses(database) == {
        "a": "fetching",
        "b": "completed",
        "c": "completed",
        "d": "completed",
    }
    assert database.read_now(lambda s: s.scalars(select(PACKAGES.c.name)).all()) == []


async def test_one_that_decides_otherwise_is_left_as_it_is(
    database: Database, claims: list[Claim]
) -> None:
    finishing = Finishing(database)
    assert await finishing.finish(claims[0], lambda connection: None) is None
    assert statuses(database)["a"] == "fetching"


async def test_an_end_is_written_though_its_job_is_cancelled(
    database: Database, claims: list[Claim]
) -> None:
    finishing = Finishing(database)
    job = asyncio.ensure_future(finishing.finish(claims[0], DONE))
    await asyncio.sleep(0)
    assert finishing.has(claims[0])
    job.cancel()
    await finishing.close()
    assert not finishing.has(claims[0])
    assert statuses(database)["a"] == "completed"
