"""The bound on a chain's packages: exact near it, seldom counted far from it, whatever number of chains share a request."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, event, func, select

from tests.support import rows
from tests.support.rows import CHAINS, MEMBERS
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.storage.bulk import bulk_insert
from tgtui.worker.ingest.autoqueue import Demand, lock_active, queue_needs
from tgtui.worker.ingest.lacking import Need
from tgtui.worker.ingest.rooms import Bounds

PARAMETERS = 65_535
"""As many as one statement may have on PostgreSQL."""


def queue(connection: Connection, chains: list[UUID], bounds: Bounds, *names: str) -> str | None:
    needs = {("npm", name): Need(1, is_missing=True) for name in names}
    active = lock_active(connection, needs)
    demand = Demand(chains, needs, priority=20, source_id=None)
    return queue_needs(connection, [demand], active, bounds).why(needs)


def length_of(connection: Connection, chain: UUID) -> int:
    found = select(func.count()).where(MEMBERS.c.chain_id == chain)
    return connection.scalar(found) or 0


def test_one_after_another_is_queued_up_to_the_bound_and_counted_seldom(
    connection: Connection,
) -> None:
    chain = rows.add_request(connection, "root")
    bounds = Bounds(60, 80)
    counted = 0

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal counted
        counted += "count(" in statement.lower()

    event.listen(connection, "before_cursor_execute", note)
    said = [queue(connection, [chain], bounds, f"p{number}") for number in range(79)]
    assert not any(said)
    assert counted < 40
    refused = queue(connection, [chain], bounds, "p78", "one-more", "another")
    event.remove(connection, "before_cursor_execute", note)
    assert refused is not None
    assert refused.startswith("2 dependencies were not queued")
    assert length_of(connection, chain) == 80


def test_what_other_programs_queue_meanwhile_stays_within_the_bound(connection: Connection) -> None:
    chain = rows.add_request(connection, "root")
    programs = [Bounds(60, 60) for _ in range(8)]
    for number in range(4):
        for place, bounds in enumerate(programs):
            queue(connection, [chain], bounds, *(f"p{number}-{place}-{each}" for each in range(3)))
    assert length_of(connection, chain) == 60


def test_of_two_chains_each_has_its_own_room(connection: Connection) -> None:
    short, full = rows.add_request(connection, "short"), rows.add_request(connection, "full")
    bounds = Bounds(60, 3)
    assert queue(connection, [full], bounds, "a", "b") is None
    said = queue(connection, [full, short], bounds, "c", "d")
    assert said is not None
    assert said.startswith("2 dependencies")
    assert (length_of(connection, full), length_of(connection, short)) == (3, 3)


@pytest.mark.full
def test_more_chains_than_a_statement_has_parameters_share_a_request(
    connection: Connection,
) -> None:
    now = clock.now()
    chains = [uuid7() for _ in range(PARAMETERS + 10)]
    row = {"charges": 0, "created_at": now, "updated_at": now}
    bulk_insert(connection, CHAINS, [{"id": id, **row} for id in chains])
    assert queue(connection, chains, Bounds(60, 5_000), "dependency") is None
    (request,) = connection.scalars(select(REQUESTS.c.id)).all()
    found = select(func.count()).where(MEMBERS.c.request_id == request)
    assert connection.scalar(found) == len(chains)
    assert queue(connection, chains, Bounds(60, 1), "another") is not None
