"""What an import reads and writes: each function is one transaction, or a step of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from tgtui.basics.ids import uuid7
from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import packages, registry_imports
from tgtui.data.packages.watching.news import NewVersion, tell_watchers, watched_packages
from tgtui.data.search.index import touch
from tgtui.data.storage.bulk import DriverForm, DriverKey, insert_ready, update_ready, write_much
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import by_database, database_now
from tgtui.data.versions.storing_facts import CHANGE_FACTS
from tgtui.registries.indexes.feed import ToldVersion, read_edges
from tgtui.registries.indexes.indexed import PackageIndex
from tgtui.registries.registration import GONE
from tgtui.worker.imports.known import (
    KnownPackage,
    KnownVersion,
    dist_tags,
    links,
    versions,
)
from tgtui.worker.imports.rows import (
    EDGE_COLUMNS,
    FACT_COLUMNS,
    LINK_COLUMNS,
    PACKAGE_COLUMNS,
    TAG_COLUMNS,
    VERSION_COLUMNS,
    PackageChanges,
    Row,
    edge_rows,
)
from tgtui.worker.ingest import statements as sql
from tgtui.worker.locks import lock_every_package

imports = registry_imports


class EdgeChanges:
    """Edges of several versions, for one transaction."""

    def __init__(self, form: DriverForm, now: datetime) -> None:
        self.rows: list[Row] = []
        """See `edge_rows`."""
        self.emptied: list[DriverKey] = []
        """Versions that already have edges."""
        self.loaded: list[tuple[DriverKey, bytes, str | None]] = []
        """Versions with their fingerprints and conflicts."""
        self.form = form
        self.now = now
        """By the database's clock."""

    def add(
        self,
        package: KnownPackage,
        stored: KnownVersion,
        version: ToldVersion,
        known: dict[str, KnownPackage],
        registry: str,
    ) -> None:
        if stored.is_loaded:
            self.emptied.append(stored.key)
        edges = read_edges(version)
        self.rows += edge_rows(package.key, stored.key, edges, known, registry, self.form, self.now)
        self.loaded.append((stored.key, version.fingerprint, version.conflicts or None))


def is_current(connection: Connection, registry: str, index: PackageIndex) -> bool:
    """Whether this exact index was imported completely, and everything from it is still there."""
    last = connection.execute(select(imports).where(imports.c.registry == registry)).one_or_none()
    return (
        last is not None
        and last.digest == index.digest
        and _counts(connection, registry) == (last.package_count, last.version_count)
    )


def record_import(connection: Connection, registry: str, index: PackageIndex) -> None:
    """Remember the import. It is the last transaction of an import."""
    write_much(connection, is_over=True)
    package_count, version_count = _counts(connection, registry)
    now = database_now(connection)
    connection.execute(delete(imports).where(imports.c.registry == registry))
    connection.execute(
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
    announce(connection, "packages")


def _counts(connection: Connection, registry: str) -> tuple[int, int]:
    """(packages, versions with edges of an import)."""
    of_registry = packages.c.registry == registry
    found = connection.execute(
        select(
            select(func.count()).select_from(packages).where(of_registry).scalar_subquery(),
            select(func.count())
            .select_from(versions.join(packages, packages.c.id == versions.c.package_id))
            .where(of_registry, versions.c.fingerprint.is_not(None))
            .scalar_subquery(),
        )
    ).one()
    return found[0], found[1]


def confirm_packages(connection: Connection, registry: str, index: PackageIndex) -> None:
    """Packages in the index were confirmed when the index was; a package that is gone was not."""
    at = by_database(connection, index.confirmed_at)
    connection.execute(
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
    announce(connection, "packages")


CHANGE_PACKAGE = update(packages).where(packages.c.id == bindparam("of_id")).values(sql.FETCHED)
MARK_IMPORTED = (
    "UPDATE package_versions SET dependencies_fetched_at = ?, fingerprint = ?, conflicts = ?"
    " WHERE id = ?"
)
"""SQLite."""
MARK_ALL_IMPORTED = text(
    "UPDATE package_versions SET dependencies_fetched_at = :now, fingerprint = marks.fingerprint,"
    " conflicts = marks.conflicts"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:marks AS bytea[]), CAST(:conflicts AS text[]))"
    " AS marks (id, fingerprint, conflicts)"
    " WHERE package_versions.id = marks.id"
)
"""PostgreSQL: one statement in place of thousands."""


def write_packages(connection: Connection, changes: PackageChanges, form: DriverForm) -> None:
    """One transaction's packages, versions, tags and links."""
    lock_every_package(connection)
    write_much(connection)
    insert_ready(connection, packages, PACKAGE_COLUMNS, changes.new_packages)
    if changes.changed_packages:
        connection.execute(CHANGE_PACKAGE, changes.changed_packages)
    insert_ready(connection, versions, VERSION_COLUMNS, changes.new_versions)
    _tell_watchers(connection, changes, form)
    if changes.changed_versions:
        connection.execute(sql.CHANGE_VERSION, changes.changed_versions)
    insert_ready(connection, package_facts, FACT_COLUMNS, changes.new_facts)
    if changes.changed_facts:
        connection.execute(CHANGE_FACTS, changes.changed_facts)
    touch(connection, map(form.id, changes.told))
    for some in slices([form.id(key) for key in changes.retagged]):
        connection.execute(delete(dist_tags).where(dist_tags.c.package_id.in_(some)))
    insert_ready(connection, dist_tags, TAG_COLUMNS, changes.new_tags)
    for some in slices([form.id(key) for key in changes.renamed]):
        connection.execute(delete(links).where(links.c.package_id.in_(some)))
    insert_ready(connection, links, LINK_COLUMNS, changes.new_links)
    announce(connection, "packages")


def _tell_watchers(connection: Connection, changes: PackageChanges, form: DriverForm) -> None:
    watched = {form.key(id): id for id in watched_packages(connection)}
    if not watched:
        return
    package, version, sort_key, is_prerelease = (
        VERSION_COLUMNS.index(name)
        for name in ("package_id", "version", "sort_key", "is_prerelease")
    )
    turned: dict[bool, list[NewVersion]] = {True: [], False: []}
    for key, told in changes.turned:
        if key in watched:
            turned[told.is_yanked].append(
                NewVersion(watched[key], told.version, told.sort_key, reason=told.yank_message)
            )
    tell_watchers(
        connection,
        new=[
            NewVersion(watched[row[package]], row[version], row[sort_key], bool(row[is_prerelease]))
            for row in changes.new_versions
            if row[package] in watched
        ],
        withdrawn=turned[True],
        back=turned[False],
        first={watched[key] for key in changes.first if key in watched},
    )


def write_edges(connection: Connection, edges: EdgeChanges) -> None:
    """One transaction's edges, replacing those of these versions."""
    lock_every_package(connection)
    write_much(connection)
    for some in slices([edges.form.id(key) for key in edges.emptied]):
        connection.execute(sql.DELETE_EDGES, {"ids": some})
    # By target: most indexes of the table begin with it, and are then written in order instead of at random.
    edges.rows.sort(key=itemgetter(EDGE_COLUMNS.index("dependency_name")))
    insert_ready(connection, sql.edges, EDGE_COLUMNS, edges.rows)
    now = edges.form.time(edges.now)
    if connection.dialect.name == "sqlite":
        update_ready(
            connection,
            MARK_IMPORTED,
            ((now, mark, conflicts, key) for key, mark, conflicts in edges.loaded),
        )
    else:
        ids, marks, conflicts = zip(*edges.loaded, strict=True)
        connection.execute(
            MARK_ALL_IMPORTED,
            {"now": now, "ids": list(ids), "marks": list(marks), "conflicts": list(conflicts)},
        )
    announce(connection, "packages")


def count_rows_anew(connection: Connection) -> None:
    """PostgreSQL: without it the planner takes the tables for small until autovacuum runs, minutes later."""
    if connection.dialect.name == "postgresql":
        for table in (packages, versions, sql.edges):
            connection.execute(text(f"ANALYZE {table.name}"))


def remove_and_withdraw(
    connection: Connection, old: Sequence[UUID], withdrawn: Sequence[dict[str, Any]]
) -> None:
    """Delete versions that were replaced; mark those of packages that are gone."""
    lock_every_package(connection)
    for some in slices(old):
        connection.execute(sql.DELETE_VERSIONS, {"ids": some})
    if withdrawn:
        _tell_of_gone(connection, [each["of_id"] for each in withdrawn])
        connection.execute(sql.CHANGE_VERSION, list(withdrawn))
    announce(connection, "packages")


def _tell_of_gone(connection: Connection, version_ids: Sequence[UUID]) -> None:
    """Watched packages that are no longer in the index; what was withdrawn before is no news."""
    watched = watched_packages(connection)
    for some in slices(version_ids if watched else []):
        found = connection.execute(
            select(versions.c.package_id, versions.c.version, versions.c.sort_key).where(
                versions.c.id.in_(some), versions.c.is_yanked.is_(False)
            )
        )
        tell_watchers(
            connection,
            withdrawn=[
                NewVersion(row.package_id, row.version, row.sort_key, reason=GONE)
                for row in found
                if row.package_id in watched
            ],
        )
