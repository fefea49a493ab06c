"""Looking after chains costs the same however many there are and however long they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from tests.data.test_plans import plans
from tests.support import rows
from tests.support.rows import CHAINS, MEMBERS
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.requests.chains import living_chains
from tgtui.data.storage.bulk import bulk_insert
from tgtui.worker.ingest.autoqueue import lock_active
from tgtui.worker.ingest.completing import complete, open_requests, unsettled_chains
from tgtui.worker.ingest.lacking import Need, tried
from tgtui.worker.ingest.rooms import Bounds

MANY = 3_000


@pytest.fixture(params=["statistics", "no statistics"])
def long_chain(connection: Connection, request: pytest.FixtureRequest) -> UUID:
    """All of it is here but the youngest, among many chains that are complete."""
    root = rows.add_request(connection, "root", status="completed")
    add_members(connection, root, MANY, status="completed")
    rows.add_request(connection, "youngest", chain=root, is_auto_queued=True)
    now = clock.now()
    settled = {"charges": 0, "created_at": now, "updated_at": now, "settled_at": now}
    bulk_insert(connection, CHAINS, [{"id": uuid7(), **settled} for _ in range(MANY)])
    if request.param == "statistics":
        connection.execute(text("ANALYZE"))
    return root


def add_members(connection: Connection, chain: UUID, count: int, **values: Any) -> None:
    now = clock.now()
    requests, belonging = [], []
    for _ in range(count):
        id = uuid7()
        row = {
            "id": id,
            "package_name": id.hex,
            "registry": "npm",
            "depth": 1,
            "is_auto_queued": True,
            "priority": 20,
            "is_forced": False,
            "attempt_count": 1,
            "created_at": now,
            "updated_at": now,
            **values,
        }
        requests.append(row)
        of_chain = {"id": id, "chain_id": chain, "request_id": id, "is_root": False}
        belonging.append({**of_chain, "created_at": now})
    bulk_insert(connection, REQUESTS, requests)
    bulk_insert(connection, MEMBERS, belonging)


def test_a_look_at_a_long_chain_reads_one_of_its_requests(
    connection: Connection, long_chain: UUID
) -> None:
    shown = plans(connection, lambda s: open_requests(s, [long_chain], {}))
    assert "Seq Scan" not in shown
    assert "SCAN package_request" not in shown
    assert "TEMP B-TREE" not in shown
    assert "pk_package_requests" in shown or "sqlite_autoindex_package_requests_1 (id=?)" in shown
    found = open_requests(connection, [long_chain], {})
    known = plans(connection, lambda s: open_requests(s, [long_chain], found))
    assert "package_request_members" not in known, "it is known which one is open"


def test_chains_in_turn_are_read_from_the_index_of_those_not_settled(
    connection: Connection, long_chain: UUID
) -> None:
    shown = plans(connection, lambda s: unsettled_chains(s, None, 100))
    assert "idx_package_request_chains_unsettled" in shown
    assert unsettled_chains(connection, None, 100) == [long_chain]


def test_the_chains_of_a_request_are_found_by_it(connection: Connection, long_chain: UUID) -> None:
    shown = plans(connection, lambda s: living_chains(s, [long_chain]))
    assert "idx_package_request_members_request_id" in shown
    assert living_chains(connection, [long_chain]) == {long_chain: [long_chain]}


def test_a_chain_with_something_queued_is_left_after_one_look(
    connection: Connection, long_chain: UUID
) -> None:
    shown = plans(connection, lambda s: complete(s, [long_chain], Bounds(60, 5_000)))
    assert "Seq Scan" not in shown
    assert "SCAN package_request" not in shown


def test_what_is_queued_of_several_packages_is_found_by_their_names(
    connection: Connection, long_chain: UUID
) -> None:
    targets = [("npm", "youngest"), ("npm", "another")]
    shown = plans(connection, lambda s: lock_active(s, targets))
    assert "idx_package_requests_package" in shown
    assert "pk_package_requests" in shown or "sqlite_autoindex_package_requests_1 (id=?)" in shown
    assert lock_active(connection, targets).keys() == {("npm", "youngest")}


def test_what_was_tried_is_found_by_names_and_by_chains(
    connection: Connection, long_chain: UUID
) -> None:
    needs = {("npm", name): Need(1, is_missing=True) for name in ("youngest", "root")}
    shown = plans(connection, lambda s: tried(s, [long_chain], needs))
    assert "idx_package_requests_package" in shown
    assert "Seq Scan on package_request" not in shown
    assert "SCAN package_request" not in shown
    assert tried(connection, [long_chain], needs) == {long_chain: {("npm", "root")}}
