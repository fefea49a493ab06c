"""A package is deleted and restored by an admin; its requests end, and nobody brings it back."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.support import rows
from tests.support.working import Workplace
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import RequestRefused
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_requests
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.removal import PackageGone, deleted_page, find_deleted
from tgtui.data.requests.asking import active_requests, ask
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.services.curation import Curating
from tgtui.syntax.query import parse_search

pytestmark = pytest.mark.full_on("postgresql")


def found(database: Database, query: str) -> list[str]:
    page = database.read_now(search_packages, parse_search(query))
    return sorted(row.name for row in page.rows)


def states(database: Database, name: str) -> list[tuple[str, str | None, object]]:
    def read(connection: Connection) -> list[tuple[str, str | None, object]]:
        request = package_requests
        statement = select(request.c.status, request.c.error_code, request.c.lease_token)
        statement = statement.where(request.c.package_name == name).order_by(request.c.id)
        return [(row[0], row[1], row[2]) for row in connection.execute(statement)]

    return database.read_now(read)


class Garden:
    """`user` depends on `gone`, which depends on `base`."""

    def __init__(self, connection: Connection) -> None:
        self.gone, self.base, self.user = (
            rows.add_release(connection, name) for name in ("gone", "base", "user")
        )
        rows.add_edge(connection, self.user, "gone", self.gone)
        rows.add_edge(connection, self.gone, "base", self.base)
        rows.count_all(connection)


@pytest.fixture
def garden(database: Database) -> Garden:
    return database.write_now(Garden)


async def test_it_is_nowhere_until_it_is_restored_and_then_as_it_was(
    curating: Curating, database: Database, garden: Garden
) -> None:
    before = database.read_now(package_detail, garden.gone[0])
    removal = await curating.delete_package(garden.gone[0])
    assert (removal.package.name, removal.package.deleted_by, removal.requests) == (
        "gone",
        "Ada",
        0,
    )
    assert database.read_now(find_package, "npm", "gone") is None
    assert database.read_now(find_deleted, "npm", "gone") == removal.package
    assert found(database, "") == ["base", "user"]

    restored = await curating.restore_package(garden.gone[0])
    assert (restored.package, restored.is_queued) == (removal.package, False)
    assert database.read_now(package_detail, garden.gone[0]) == before
    assert database.read_now(find_deleted, "npm", "gone") is None
    assert found(database, "") == ["base", "gone", "user"]


async def test_who_depends_on_it_lacks_it_and_who_it_depended_on_counts_one_less(
    curating: Curating, database: Database, garden: Garden
) -> None:
    def dependents(connection: Connection) -> int | None:
        counted = select(package_search.c.dependents)
        return connection.scalar(counted.where(package_search.c.package_id == garden.base[0]))

    await curating.delete_package(garden.gone[0])
    database.write_now(rows.count_all)
    assert found(database, "is:missing") == ["user"]
    assert database.read_now(dependents) == 0
    await curating.restore_package(garden.gone[0])
    database.write_now(rows.count_all)
    assert found(database, "is:missing") == []
    assert database.read_now(dependents) == 1


async def test_its_requests_end_whatever_they_wait_for(
    curating: Curating, database: Database, garden: Garden
) -> None:
    lease: dict[str, Any] = {"lease_token": uuid7(), "locked_by": "worker", "stage": "writing"}
    database.write_now(rows.add_request, "gone", status="completed")
    database.write_now(rows.add_request, "gone", status="fetching", **lease)
    database.write_now(rows.add_request, "base", status="pending", retry_after=rows.DAY_ONE)
    assert len(database.read_now(active_requests, [("npm", "gone")])) == 1
    assert (await curating.delete_package(garden.gone[0])).requests == 1
    assert (await curating.delete_package(garden.base[0])).requests == 1
    assert states(database, "gone") == [
        ("completed", None, None),
        ("failed", "removed_by_admin", None),
    ]
    assert states(database, "base") == [("failed", "removed_by_admin", None)]
    assert (await curating.restore_package(garden.base[0])).is_queued
    assert [state[0] for state in states(database, "base")] == ["failed", "pending"]
    for force in (False, True):
        with pytest.raises(RequestRefused, match="npm:gone was deleted by an admin"):
            database.write_now(ask, "npm", "gone", account_id=None, force=force)


async def test_what_is_not_there_says_so(
    curating: Curating, database: Database, garden: Garden
) -> None:
    for nothing in (curating.delete_package(uuid7()), curating.restore_package(uuid7())):
        with pytest.raises(PackageGone):
            await nothing
    with pytest.raises(PackageGone, match="not deleted"):
        await curating.restore_package(garden.gone[0])
    await curating.delete_package(garden.gone[0])
    with pytest.raises(PackageGone, match="no longer in the catalogue"):
        await curating.delete_package(garden.gone[0])
    assert len(database.read_now(deleted_page).rows) == 1


async def test_what_can_be_restored_comes_in_pages_the_last_one_first(
    curating: Curating, database: Database
) -> None:
    ids = [database.write_now(rows.add_package, f"p{n}") for n in range(5)]
    for id in ids:
        await curating.delete_package(id)
    listed: list[UUID] = []
    after = None
    while True:
        page = database.read_now(deleted_page, after=after, limit=2)
        listed += [row.id for row in page.rows]
        after = page.next_cursor
        if after is None:
            break
    assert listed == ids[::-1]


async def test_a_worker_that_fetches_it_this_moment_writes_nothing(
    curating: Curating, place: Workplace
) -> None:
    place.registry.add_package("gone", {"1.0.0": {}})
    await place.bring("gone")
    row = await place.package("gone")
    assert row is not None
    place.registry.add_package("gone", {"1.0.0": {}, "2.0.0": {}})
    await place.ask("gone", force=True)
    gate = place.registry.hang("gone")
    working = asyncio.create_task(place.work())
    await gate.arrived()
    await curating.delete_package(row.id)
    gate.open()
    await working
    request = await place.request("gone")
    assert (request.status, request.error_code) == ("failed", "removed_by_admin")
    assert set(await place.versions("gone")) == {"1.0.0"}

    await curating.restore_package(row.id)
    await place.ask("gone", force=True)  # the new request is followed
    await place.work()
    assert set(await place.versions("gone")) == {"1.0.0", "2.0.0"}
