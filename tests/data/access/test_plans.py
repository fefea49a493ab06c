"""The guard costs neither the worker's claim nor anybody's search: plans on a filled queue, by restricted logins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.data.access.garden import Garden
from tests.data.test_plans import plans
from tests.support import rows
from tests.worker.queue.test_plans import MANY, add_many, claim
from tgtui.data.requests.lists import chain_members, chains_page, newest_request, queue_counts
from tgtui.data.search.results import search_packages
from tgtui.syntax.query import parse_search

PACKAGES = 500


@pytest.fixture
def filled(garden: Garden) -> Garden:
    """A queue that is others', and packages to search."""

    def fill(session: Session) -> None:
        add_many(session, MANY)
        add_many(session, MANY, status="completed", requested_by=garden.account("bob"))
        for number in range(PACKAGES):
            rows.add_release(session, f"p{number}")
        session.execute(text("ANALYZE"))

    database = garden.team.open("owner")
    database.write_now(fill)
    database.close()
    return garden


@contextmanager
def session_of(garden: Garden, login: str) -> Iterator[Session]:
    database = garden.team.open(login)
    with Session(database.engine) as session:
        yield session
    database.close()


def test_a_worker_claims_by_the_index_of_its_lane(filled: Garden) -> None:
    with session_of(filled, "wren") as wren:
        shown = plans(wren, claim)
    assert "idx_package_requests_claim" in shown
    assert "Seq Scan on package_requests" not in shown
    assert "tgtui_" not in shown, "no row is asked about"


def test_everybodys_search_walks_its_index(filled: Garden) -> None:
    for login in ("guest", "ada", "cleo"):
        with session_of(filled, login) as session:
            for searched, index in (("", "rank"), ("sort:name", "name")):
                query = parse_search(searched)
                shown = plans(session, partial(search_packages, query=query, limit=10))
                assert f"idx_package_search_{index}" in shown
                assert "Seq Scan on package_search" not in shown


@pytest.mark.parametrize(
    "query",
    [
        lambda session, _ada, request: chain_members(session, request),
        lambda session, _ada, _request: newest_request(session, "npm", "of-ada"),
        lambda session, ada, _request: chains_page(session, account_id=ada),
    ],
)
def test_a_member_finds_its_own_among_many(filled: Garden, query: Any) -> None:
    with session_of(filled, "ada") as session:
        shown = plans(session, lambda s: query(s, filled.account("ada"), filled.adas))
    assert "Seq Scan on package_requests" not in shown
    assert "Index Scan Backward using pk_package_requests" not in shown


def test_a_members_queue_is_counted_from_a_partial_index(filled: Garden) -> None:
    with session_of(filled, "ada") as session:
        shown = plans(session, lambda s: queue_counts(s, filled.account("ada")))
    assert "Seq Scan on package_requests" not in shown
