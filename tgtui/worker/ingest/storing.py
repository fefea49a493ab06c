"""Writes one fetched package: its row, versions, dist-tags and software. Each function is one step of the caller's
transaction, and changes many rows with few statements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import Package
from tgtui.data.search.index import touch
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import insert_missing, slices, table_of
from tgtui.data.storage.times import by_database, database_now
from tgtui.registries.base import DocumentVersion, PackageDocument
from tgtui.registries.documents.software import software_keys
from tgtui.registries.registration import registration
from tgtui.syntax.names import fold
from tgtui.versions.rules import VersionRules
from tgtui.worker.ingest import statements as sql


class RemovedByAdmin(Exception):
    """The package was deleted by an admin, and a request does not restore it."""


def store_package(session: Session, document: PackageDocument, fetched_at: datetime) -> UUID:
    """Insert or update the package's own row. RemovedByAdmin.

    `fetched_at` is by this machine's clock.
    """
    now = database_now(session)
    fetched_at = by_database(session, fetched_at)
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
    package = session.execute(
        sql.UPDATE_PACKAGE,
        {
            "of_name": document.name,
            "of_registry": document.registry,
            "description": document.description,
            "homepage": document.homepage,
            "repository": document.repository,
            "last_fetch_attempt": fetched_at,
            "last_fetch_success": fetched_at,
            "updated_at": now,
        },
    ).one()
    if package.deleted_at is not None:
        raise RemovedByAdmin
    package_id: UUID = package.id
    return package_id


def record_attempt(session: Session, registry: str, name: str) -> None:
    """A failed fetch also counts for the cooldown, if the package has a row."""
    package_id = session.scalar(
        update(Package)
        .where(Package.name == name, Package.registry_name == registry)
        .values(last_fetch_attempt=database_now(session))
        .returning(Package.id)
    )
    if package_id is not None:
        touch(session, [package_id])


def store_versions(
    session: Session, package_id: UUID, document: PackageDocument
) -> dict[str, UUID]:
    """Write every version: insert new ones, update changed ones, delete unpublished ones."""
    known = {row.version: row for row in session.execute(sql.VERSIONS, {"package_id": package_id})}
    rules = registration(document.registry).rules
    now = database_now(session)
    ids: dict[str, UUID] = {}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for version in document.versions:
        row = known.pop(version.version, None)
        ids[version.version] = row.id if row else uuid7()
        if row is None:
            new.append(version_row(ids[version.version], package_id, version, rules, now))
        elif (row.is_yanked, row.yank_message, row.published_at) != (
            version.is_yanked,
            version.yank_message,
            version.published_at,
        ):
            changed.append(
                {
                    "of_id": row.id,
                    "is_yanked": version.is_yanked,
                    "yank_message": version.yank_message,
                    "published_at": version.published_at,
                }
            )
    bulk_insert(session, sql.versions, new)
    if changed:
        session.connection().execute(sql.CHANGE_VERSION, changed)
    for gone in slices([row.id for row in known.values()]):
        session.execute(sql.DELETE_VERSIONS, {"ids": gone})
    return ids


def store_software(session: Session, package_id: UUID, document: PackageDocument) -> None:
    """Replace its software keys, by which it is found in other registries."""
    keys = set(
        software_keys(document.registry, document.name, document.homepage, document.repository)
    )
    package = {"package_id": package_id}
    if keys == set(session.scalars(sql.SOFTWARE, package)):
        return
    session.execute(sql.DELETE_SOFTWARE, package)
    now = database_now(session)
    bulk_insert(
        session,
        sql.software,
        [
            {"id": uuid7(), "package_id": package_id, "software": key, "created_at": now}
            for key in sorted(keys)
        ],
    )


def store_dist_tags(session: Session, package_id: UUID, tags: Mapping[str, str]) -> None:
    """Replace its dist-tags by the document's."""
    package = {"package_id": package_id}
    known = {row.tag: row.version for row in session.execute(sql.DIST_TAGS, package)}
    if known == dict(tags):
        return
    session.execute(sql.DELETE_DIST_TAGS, package)
    now = database_now(session)
    rows = [
        {"id": uuid7(), "package_id": package_id, "tag": tag, "version": version, "created_at": now}
        for tag, version in tags.items()
    ]
    bulk_insert(session, sql.dist_tags, rows)


def version_row(
    id: UUID, package_id: UUID, version: DocumentVersion, rules: VersionRules, now: datetime
) -> dict[str, Any]:
    """A new row of `package_versions`, its edges not loaded."""
    return {
        "id": id,
        "package_id": package_id,
        "version": version.version,
        "sort_key": version.sort_prefix + rules.sort_key(version.version),
        "is_prerelease": rules.is_prerelease(version.version),
        "is_yanked": version.is_yanked,
        "yank_message": version.yank_message,
        "published_at": version.published_at,
        "created_at": now,
    }
