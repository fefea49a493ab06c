"""What an import reads and writes: each function is one transaction, or a step of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.bulk import bulk_insert
from tgtui.data.changes import announce
from tgtui.data.models import RegistryImport
from tgtui.data.sql import slices, table_of
from tgtui.ids import uuid7
from tgtui.registries.indexed import IndexEdge, PackageIndex
from tgtui.worker import statements as sql
from tgtui.worker.import_known import (
    KnownPackage,
    KnownVersion,
    dist_tags,
    links,
    packages,
    versions,
)
from tgtui.worker.import_rows import PackageChanges, edge_rows
from tgtui.worker.locks import lock_every_package

imports = table_of(RegistryImport)


class EdgeChanges:
    """Edges of several versions, for one transaction."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.emptied: list[UUID] = []
        """Versions that have edges already."""
        self.loaded: list[dict[str, Any]] = []

    def add(
        self,
        package: KnownPackage,
        version: KnownVersion,
        edges: Sequence[IndexEdge],
        mark: bytes,
        known: dict[str, KnownPackage],
        registry: str,
    ) -> None:
        now = clock.now()
        if version.is_loaded:
            self.emptied.append(version.id)
        self.rows += edge_rows(package.id, version.id, edges, known, registry, now)
        self.loaded.append({"of_id": version.id, "now": now, "fingerprint": mark})


def is_current(session: Session, registry: str, index: PackageIndex) -> bool:
    """This very index was imported whole, and what it brought is still there."""
    last = session.execute(select(imports).where(imports.c.registry == registry)).one_or_none()
    return (
        last is not None
        and last.digest == index.digest
        and _counts(session, registry) == (last.package_count, last.version_count)
    )


def record_import(session: Session, registry: str, index: PackageIndex) -> None:
    """For the next time."""
    package_count, version_count = _counts(session, registry)
    now = clock.now()
    session.execute(delete(imports).where(imports.c.registry == registry))
    session.execute(
        imports.insert().values(
            id=uuid7(),
            registry=registry,
            digest=index.digest,
            package_count=package_count,
            version_count=version_count,
            created_at=now,
            updated_at=now,
        )
    )
    announce(session, "packages")


def _counts(session: Session, registry: str) -> tuple[int, int]:
    """(packages, versions with edges of an import)."""
    of_registry = packages.c.registry == registry
    found = session.execute(
        select(
            select(func.count()).select_from(packages).where(of_registry).scalar_subquery(),
            select(func.count())
            .select_from(versions.join(packages, packages.c.id == versions.c.package_id))
            .where(of_registry, versions.c.fingerprint.is_not(None))
            .scalar_subquery(),
        )
    ).one()
    return found[0], found[1]


def confirm_packages(session: Session, registry: str, index: PackageIndex) -> None:
    """What the index has was confirmed when the index was; a package that is gone was not."""
    at = index.confirmed_at
    session.execute(
        update(packages)
        .where(
            packages.c.registry == registry,
            packages.c.deleted_at.is_(None),
            packages.c.last_fetch_success < at,
            packages.c.id.in_(
                select(versions.c.package_id).where(versions.c.fingerprint.is_not(None))
            ),
        )
        .values(last_fetch_success=at, last_fetch_attempt=at)
    )
    announce(session, "packages")


CHANGE_PACKAGE = (
    update(packages)
    .where(packages.c.id == bindparam("of_id"))
    .values(
        {
            column: bindparam(column)
            for column in (
                "description",
                "homepage",
                "repository",
                "last_fetch_attempt",
                "last_fetch_success",
                "updated_at",
            )
        }
    )
)
MARK_IMPORTED = (
    update(versions)
    .where(versions.c.id == bindparam("of_id"))
    .values(dependencies_fetched_at=bindparam("now"), fingerprint=bindparam("fingerprint"))
)
MARK_ALL_IMPORTED = text(
    "UPDATE package_versions SET dependencies_fetched_at = :now, fingerprint = marks.fingerprint"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:marks AS bytea[])) AS marks (id, fingerprint)"
    " WHERE package_versions.id = marks.id"
)
"""PostgreSQL: one statement in place of thousands."""


def write_packages(session: Session, changes: PackageChanges) -> None:
    """One transaction's packages, versions, tags and links."""
    lock_every_package(session)
    bulk_insert(session, packages, changes.new_packages)
    if changes.changed_packages:
        session.connection().execute(CHANGE_PACKAGE, changes.changed_packages)
    bulk_insert(session, versions, changes.new_versions)
    if changes.changed_versions:
        session.connection().execute(sql.CHANGE_VERSION, changes.changed_versions)
    for some in slices(changes.retagged):
        session.execute(delete(dist_tags).where(dist_tags.c.package_id.in_(some)))
    bulk_insert(session, dist_tags, changes.new_tags)
    for some in slices(changes.renamed):
        session.execute(delete(links).where(links.c.package_id.in_(some)))
    bulk_insert(session, links, changes.new_links)
    announce(session, "packages")


def write_edges(session: Session, edges: EdgeChanges) -> None:
    """One transaction's edges, in place of what these versions had."""
    lock_every_package(session)
    for some in slices(edges.emptied):
        session.execute(sql.DELETE_EDGES, {"ids": some})
    bulk_insert(session, sql.edges, edges.rows)
    if session.get_bind().dialect.name == "sqlite":
        session.connection().execute(MARK_IMPORTED, edges.loaded)
    else:
        now = max(row["now"] for row in edges.loaded).replace(tzinfo=None)
        ids = [row["of_id"] for row in edges.loaded]
        marks = [row["fingerprint"] for row in edges.loaded]
        session.execute(MARK_ALL_IMPORTED, {"now": now, "ids": ids, "marks": marks})
    announce(session, "packages")


def remove_and_withdraw(
    session: Session, old: Sequence[UUID], withdrawn: Sequence[dict[str, Any]]
) -> None:
    """Take away versions that were replaced; mark those of packages that are gone."""
    lock_every_package(session)
    for some in slices(old):
        session.execute(sql.DELETE_VERSIONS, {"ids": some})
    if withdrawn:
        session.connection().execute(sql.CHANGE_VERSION, list(withdrawn))
    announce(session, "packages")
