"""Fills a catalogue's queue: requests that are due, that wait for a retry, that are finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import package_requests, packages
from tgtui.data.requests.asking import PRIORITY_AUTO
from tgtui.data.requests.chains import chains, members
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.database import Database

requests, packages = package_requests, packages
PACKAGES = 1_000
"""What the requests complete with, in turn: enough that no two workers wait for one row."""
SLICE = 20_000
LATER = timedelta(hours=1)


def package_name(number: int) -> str:
    """That request `number` completes with."""
    return f"package-{number % PACKAGES}"


def add_packages(database: Database) -> None:
    """The catalogue that completed requests point at."""
    now = clock.now()
    rows = [
        {
            "id": uuid7(),
            "name": package_name(number),
            "search_name": package_name(number),
            "registry": "npm",
            "last_fetch_success": now,
            "created_at": now,
            "updated_at": now,
        }
        for number in range(PACKAGES)
    ]
    database.write_now(bulk_insert, packages, rows)


def package_ids(connection: Connection) -> list[UUID]:
    """Every package of `add_packages`."""
    return list(connection.scalars(select(packages.c.id).order_by(packages.c.id)))


def add_requests(database: Database, count: int, **values: Any) -> None:
    """Of one long chain, due at once unless `values` say otherwise."""
    now = clock.now()
    chain_id = uuid7()
    chain = {"id": chain_id, "charges": 0, "created_at": now, "updated_at": now}
    database.write_now(bulk_insert, chains, [chain])
    for rows in slices(count, values):
        database.write_now(bulk_insert, requests, rows)
        belonging = [
            {
                "id": row["id"],
                "chain_id": chain_id,
                "request_id": row["id"],
                "is_root": False,
                "created_at": now,
            }
            for row in rows
        ]
        database.write_now(bulk_insert, members, belonging)


def add_waiting(database: Database, count: int) -> None:
    """They failed once and are tried again in an hour."""
    add_requests(database, count, attempt_count=1, retry_after=clock.now() + LATER)


def add_finished(database: Database, count: int) -> None:
    """The history of a busy catalogue."""
    chosen = database.read_now(package_ids)[0]
    add_requests(database, count, status="completed", attempt_count=1, package_id=chosen)


def settle_statistics(database: Database) -> None:
    """As if the queue had been so for a while: PostgreSQL's vacuum has been by."""
    if database.is_sqlite:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE package_requests")
        connection.exec_driver_sql("CHECKPOINT")


def empty(database: Database) -> None:
    """Takes every request away."""

    def delete(connection: Connection) -> None:
        connection.execute(chains.delete())
        connection.execute(requests.delete())

    database.write_now(delete)


def count_by_status(database: Database) -> dict[str, int]:
    """Requests in each state."""
    statement = select(requests.c.status, func.count().label("count")).group_by(requests.c.status)
    rows = database.read_now(lambda connection: connection.execute(statement).all())
    return {row.status: row[1] for row in rows}


def slices(count: int, values: dict[str, Any]) -> Iterator[Sequence[dict[str, Any]]]:
    """Rows of requests, as many as are inserted at once."""
    now = clock.now()
    for start in range(0, count, SLICE):
        rows = []
        for _number in range(start, min(start + SLICE, count)):
            id = uuid7()
            rows.append(
                {
                    "id": id,
                    "package_name": f"request-{id.hex}",
                    "registry": "npm",
                    "depth": 1,
                    "is_auto_queued": True,
                    "priority": PRIORITY_AUTO,
                    "status": "pending",
                    "is_forced": False,
                    "attempt_count": 0,
                    "created_at": now,
                    "updated_at": now,
                    **values,
                }
            )
        yield rows
