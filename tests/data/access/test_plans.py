"""The guard costs neither the worker's claim nor anybody's search: plans on a filled queue, by restricted logins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.data.access.garden import Garden
from tests.data.test_plans import plans, plans_of_each
from tests.support import rows
from tests.worker.queue.test_plans import MANY, add_many, claim
from tgtui.data.requests.lists import chain_members, chains_page, newest_request, queue_counts
from tgtui.data.search.results import search_packages
from tgtui.syntax.query import parse_search

PACKAGES = 500


@pytest.fixture
def filled(garden: Garden) -> Garden:
    """A queue that is others', and packages to search."""

    def fill(connection: Connection) -> None:
        add_many(connection, MANY)
        add_many(connection, MANY, status="completed", requested_by=garden.account("bob"))
        for number in range(PACKAGES):
            rows.add_release(connection, f"p{number}")
        connection.execute(text("ANALYZE"))

    database = garden.team.open("owner")
    database.write_now(fill)
    database.close()
    return garden


@contextmanager
def session_of(garden: Garden, login: str) -> Iterator[Connection]:
    database = garden.team.open(login)
    with database.engine.connect() as connection:
        yield connection
    database.close()


def test_a_worker_claims_by_the_index_of_its_lane(filled: Garden) -> None:
    with session_of(filled, "wren") as wren:
        shown = plans(wren, claim)
    assert "idx_package_requests_claim" in shown
    assert "Seq Scan on package_requests" not in shown
    assert "tgtui_" not in shown, "no row is asked about"


def test_everybodys_search_walks_its_index(filled: Garden) -> None:
    for login in ("guest", "ada", "cleo"):
        with session_of(filled, login) as connection:
            for searched, index in (("", "rank"), ("sort:name", "name")):
                query = parse_search(searched)
                each = plans_of_each(connection, partial(search_packages, query=query, limit=10))
                (walk,) = (shown for shown in each if f"idx_package_search_{index}" in shown)
                assert "Seq Scan on package_search" not in walk


@pytest.mark.parametrize(
    "query",
    [
        lambda connection, _ada, request: chain_members(connection, request),
        lambda connection, _ada, _request: newest_request(connection, "npm", "of-ada"),
        lambda connection, ada, _request: chains_page(connection, account_id=ada),
    ],
)
def test_a_member_finds_its_own_among_many(filled: Garden, query: Any) -> None:
    with session_of(filled, "ada") as connection:
        shown = plans(connection, lambda s: query(s, filled.account("ada"), filled.adas))
    assert "Seq Scan on package_requests" not in shown
    assert "Index Scan Backward using pk_package_requests" not in shown


def test_a_members_queue_is_counted_from_a_partial_index(filled: Garden) -> None:
    with session_of(filled, "ada") as connection:
        shown = plans(connection, lambda s: queue_counts(s, filled.account("ada")))
    assert "Seq Scan on package_requests" not in shown
