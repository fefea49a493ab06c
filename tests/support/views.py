"""The views that answers are computed from, filled from a catalogue row by row: what an export makes of it, in small."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import duckdb
import pyarrow
from sqlalchemy import Connection, case, func, select

from tgtui.data.models.live import DELETED_PACKAGES
from tgtui.data.models.tables import (
    package_dependencies,
    package_interactions,
    package_tags,
    package_versions,
    packages,
)
from tgtui.data.storage.database import Database
from tgtui.data.versions.edges import installed
from tgtui.data.versions.latest import latest_version_id

SCHEMA = """
CREATE TABLE packages (day DATE, package_id VARCHAR, number INTEGER, registry VARCHAR, name VARCHAR,
    latest_version VARCHAR, latest_version_id VARCHAR, description VARCHAR, is_deprecated BOOLEAN,
    versions INTEGER, first_seen TIMESTAMP, latest_published_at TIMESTAMP, tags INTEGER);
CREATE TABLE versions (day DATE, version_id VARCHAR, package_id VARCHAR, registry VARCHAR, name VARCHAR,
    version VARCHAR, published_at TIMESTAMP, is_prerelease BOOLEAN, is_yanked BOOLEAN, is_latest BOOLEAN);
CREATE TABLE dependencies (day DATE, version_id VARCHAR, package_id VARCHAR, target_registry VARCHAR,
    target_name VARCHAR, range VARCHAR, target_version_id VARCHAR, target_package_id VARCHAR,
    type VARCHAR, "use" VARCHAR, is_optional BOOLEAN, is_followed BOOLEAN);
CREATE TABLE interactions (day DATE, interaction_id VARCHAR, package_id VARCHAR, registry VARCHAR,
    name VARCHAR, kind VARCHAR, person VARCHAR, "at" TIMESTAMP);
"""


def views_of(database: Database, day: date) -> duckdb.DuckDBPyConnection:
    """Pseudonyms are `p-` and the account's digits."""
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    for table, rows in database.read_now(_rows).items():
        if rows:
            if table != "interactions":  # each has its own
                rows = [(day, *row) for row in rows]
            columns = zip(*(map(_plain, row) for row in rows), strict=True)
            filled = pyarrow.table(
                [pyarrow.array(column) for column in columns], [*map(str, range(len(rows[0])))]
            )
            connection.register("filled", filled)
            connection.execute(f"INSERT INTO {table} SELECT * FROM filled")
            connection.unregister("filled")
    return connection


def _rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    v, e, i, p = package_versions, package_dependencies, package_interactions, packages
    latest = v.alias()
    versions = select(func.count()).where(v.c.package_id == p.c.id).scalar_subquery()
    tags = select(func.count()).where(package_tags.c.package_id == p.c.id).scalar_subquery()
    found = connection.execute(
        select(
            p.c.id, p.c.registry, p.c.name, latest.c.version, latest.c.id, p.c.description,
            latest.c.is_yanked, versions, p.c.created_at, latest.c.published_at, tags,
        )
        .select_from(p)
        .outerjoin(latest, latest.c.id == latest_version_id(p.c.id))
        .where(p.c.deleted_at.is_(None))
        .order_by(p.c.id)
    ).all()  # fmt: skip
    here = p.c.deleted_at.is_(None)
    return {
        "packages": [(row[0], number, *row[1:]) for number, row in enumerate(found)],
        "versions": list(
            connection.execute(
                select(
                    v.c.id, p.c.id, p.c.registry, p.c.name, v.c.version, v.c.published_at,
                    v.c.is_prerelease, v.c.is_yanked, v.c.id == latest_version_id(p.c.id),
                ).select_from(v).join(p, p.c.id == v.c.package_id).where(here)
            ).all()
        ),
        "dependencies": list(
            connection.execute(
                select(
                    e.c.version_id, e.c.package_id, e.c.dependency_registry, e.c.dependency_name,
                    e.c.dependency_version_range, e.c.resolved_version_id,
                    case((e.c.dependency_package_id.in_(DELETED_PACKAGES), None),
                         else_=e.c.dependency_package_id),
                    e.c.dependency_type, e.c.dependency_type, e.c.is_optional, installed(e.c),
                ).select_from(e).join(p, p.c.id == e.c.package_id).where(here)
            ).all()
        ),
        "interactions": [
            (row[7], *row[:5], f"p-{row[5].hex}" if row[5] else None, row[6])
            for row in connection.execute(
                select(
                    i.c.id, p.c.id, p.c.registry, p.c.name, i.c.kind, i.c.account_id,
                    i.c.created_at, i.c.day,
                ).select_from(i).join(p, p.c.id == i.c.package_id).where(here)
            )
        ],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
