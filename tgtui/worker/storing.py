"""Writes one fetched package: its row, versions, edges and links. Each function is one step of a
transaction that the caller opened, and touches many rows with few statements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.models import Package, PackageDistTag, PackageVersion
from tgtui.data.search import fold
from tgtui.data.sql import insert_missing, slices, table_of
from tgtui.ids import uuid7
from tgtui.registries.base import DocumentVersion, PackageDocument
from tgtui.versions.semver import is_prerelease, sort_key


def store_package(session: Session, document: PackageDocument, fetched_at: datetime) -> UUID:
    """The package's own row, made or brought up to date."""
    now = clock.now()
    insert_missing(
        session,
        table_of(Package),
        [
            {
                "id": uuid7(),
                "name": document.name,
                "search_name": fold(document.name),
                "registry": document.registry,
                "created_at": now,
                "updated_at": now,
            }
        ],
    )
    package_id: UUID | None = session.scalar(
        update(Package)
        .where(Package.name == document.name, Package.registry_name == document.registry)
        .values(
            description=document.description,
            homepage=document.homepage,
            repository=document.repository,
            last_fetch_attempt=fetched_at,
            last_fetch_success=fetched_at,
            updated_at=now,
        )
        .returning(Package.id),
        execution_options={"synchronize_session": False},
    )
    assert package_id is not None
    return package_id


def record_attempt(session: Session, registry: str, name: str) -> None:
    """A fetch that brought nothing still counts for the cooldown, where the package has a row."""
    session.execute(
        update(Package)
        .where(Package.name == name, Package.registry_name == registry)
        .values(last_fetch_attempt=clock.now())
    )


def store_versions(
    session: Session, package_id: UUID, document: PackageDocument
) -> dict[str, UUID]:
    """Every version: new ones added, changed ones changed, unpublished ones taken away."""
    table = table_of(PackageVersion)
    known = {
        row.version: row
        for row in session.execute(
            select(
                table.c.id,
                table.c.version,
                table.c.is_yanked,
                table.c.yank_message,
                table.c.published_at,
            ).where(table.c.package_id == package_id)
        )
    }
    now = clock.now()
    ids: dict[str, UUID] = {}
    new: list[dict[str, Any]] = []
    for version in document.versions:
        row = known.pop(version.version, None)
        ids[version.version] = row.id if row else uuid7()
        if row is None:
            new.append(_version_row(ids[version.version], package_id, version, now))
        elif (row.is_yanked, row.yank_message, row.published_at) != (
            version.is_yanked,
            version.yank_message,
            version.published_at,
        ):
            session.execute(
                update(PackageVersion)
                .where(PackageVersion.id == row.id)
                .values(
                    is_yanked=version.is_yanked,
                    yank_message=version.yank_message,
                    published_at=version.published_at,
                )
            )
    if new:
        session.connection().execute(insert(table), new)
    for gone in slices([row.id for row in known.values()]):
        session.execute(delete(PackageVersion).where(PackageVersion.id.in_(gone)))
    return ids


def store_dist_tags(session: Session, package_id: UUID, tags: Mapping[str, str]) -> None:
    """The document's tags, no others."""
    table = table_of(PackageDistTag)
    known = {
        tag: version
        for tag, version in session.execute(
            select(table.c.tag, table.c.version).where(table.c.package_id == package_id)
        )
    }
    if known == dict(tags):
        return
    session.execute(delete(PackageDistTag).where(PackageDistTag.package_id == package_id))
    now = clock.now()
    rows = [
        {"id": uuid7(), "package_id": package_id, "tag": tag, "version": version, "created_at": now}
        for tag, version in tags.items()
    ]
    if rows:
        session.connection().execute(insert(table), rows)


def _version_row(
    id: UUID, package_id: UUID, version: DocumentVersion, now: datetime
) -> dict[str, Any]:
    return {
        "id": id,
        "package_id": package_id,
        "version": version.version,
        "sort_key": sort_key(version.version),
        "is_prerelease": is_prerelease(version.version),
        "is_yanked": version.is_yanked,
        "yank_message": version.yank_message,
        "published_at": version.published_at,
        "dependencies_wanted_at": None,
        "dependencies_fetched_at": None,
        "created_at": now,
    }
