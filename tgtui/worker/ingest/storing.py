"""Writes fetched packages: their rows, versions, dist-tags and software. Each function is one step of the caller's
transaction, and takes as many statements for many packages as for one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, update

from tgtui.basics.ids import uuid7, uuid7s
from tgtui.data.models.environments import package_environment_members, package_environments
from tgtui.data.models.tables import packages
from tgtui.data.packages.watching.news import NewVersion, tell_watchers, watched_by_anyone
from tgtui.data.search.index import touch
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import insert_missing, slices
from tgtui.data.storage.times import by_database, database_now
from tgtui.data.versions import storing_facts as facts
from tgtui.data.views.requests import Target
from tgtui.registries.base import Environment, Facts, FetchedDocument, PackageDocument
from tgtui.registries.documents.software import software_keys
from tgtui.registries.registration import registration
from tgtui.syntax.names import fold
from tgtui.versions.sorting import sort_text
from tgtui.worker.ingest import statements as sql

DocumentsById = Mapping[UUID, PackageDocument]
"""By the id of the package."""


def store_packages(
    connection: Connection, fetched: Sequence[FetchedDocument]
) -> dict[Target, UUID]:
    """Insert or update the packages' own rows. Those that an administrator deleted are left out and left alone.

    `fetched_at` is by this machine's clock.
    """
    now = database_now(connection)
    found = {(each.document.registry, each.document.name): each for each in fetched}
    new = sorted(found.keys() - _held(connection, found).keys())
    insert_missing(
        connection,
        packages,
        [
            {
                "id": id,
                "name": name,
                "search_name": fold(name),
                "registry": registry,
                "created_at": now,
                "updated_at": now,
            }
            for id, (registry, name) in zip(uuid7s(len(new)), new, strict=True)
        ],
    )
    ids = {
        target: id
        for target, (id, is_deleted) in _held(connection, found).items()
        if not is_deleted
    }
    changed: list[dict[str, Any]] = []
    for target, id in ids.items():
        document, fetched_at = found[target].document, found[target].fetched_at
        at = by_database(connection, fetched_at)
        changed.append(
            {
                "of_id": id,
                "description": document.description,
                "homepage": document.homepage,
                "repository": document.repository,
                "last_fetch_attempt": at,
                "last_fetch_success": at,
                "updated_at": now,
            }
        )
    if changed:
        connection.execute(sql.UPDATE_PACKAGE, changed)
    return ids


def _held(connection: Connection, targets: Iterable[Target]) -> dict[Target, tuple[UUID, bool]]:
    """Id of each that has a row, and whether it is deleted; it stays so until the transaction ends."""
    wanted = set(targets)
    found: dict[Target, tuple[UUID, bool]] = {}
    for some in slices(sorted(wanted)):
        names = [name for _registry, name in some]
        for registry, name, id, deleted_at in connection.execute(
            sql.HELD_PACKAGES, {"names": names}
        ):
            if (registry, name) in wanted:
                found[registry, name] = id, deleted_at is not None
    return found


def record_attempt(connection: Connection, registry: str, name: str) -> None:
    """A failed fetch also counts for the cooldown, if the package has a row."""
    package_id = connection.scalar(
        update(packages)
        .where(packages.c.name == name, packages.c.registry == registry)
        .values(last_fetch_attempt=database_now(connection))
        .returning(packages.c.id)
    )
    if package_id is not None:
        touch(connection, [package_id])


def store_versions(connection: Connection, documents: DocumentsById) -> dict[UUID, dict[str, UUID]]:
    """Write every version: insert new ones, update changed ones, delete unpublished ones. Ids by package and version."""
    known: dict[UUID, dict[str, Any]] = {id: {} for id in documents}
    for some in slices(list(documents)):
        for row in connection.execute(sql.VERSIONS, {"package_ids": some}):
            known[row.package_id][row.version] = row
    now = database_now(connection)
    ids: dict[UUID, dict[str, UUID]] = {}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    watched = watched_by_anyone(connection, documents)
    first = {id for id in watched if not known[id]}
    turned: dict[bool, list[NewVersion]] = {True: [], False: []}
    for package_id, document in documents.items():
        rules = registration(document.registry).rules
        here = known[package_id]
        fresh = iter(uuid7s(sum(v.version not in here for v in document.versions)))
        own = ids[package_id] = {}
        for version in document.versions:
            row = here.pop(version.version, None)
            if row is None:
                own[version.version] = id = next(fresh)
                new.append(
                    {
                        "id": id,
                        "package_id": package_id,
                        "version": version.version,
                        "sort_key": sort_text(
                            version.sort_prefix + rules.sort_key(version.version)
                        ),
                        "is_prerelease": rules.is_prerelease(version.version),
                        "is_yanked": version.is_yanked,
                        "yank_message": version.yank_message,
                        "published_at": version.published_at,
                        "created_at": now,
                    }
                )
                continue
            own[version.version] = row.id
            if (row.is_yanked, row.yank_message, row.published_at) != (
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
            if row.is_yanked != version.is_yanked and package_id in watched:
                key = sort_text(version.sort_prefix + rules.sort_key(version.version))
                turned[version.is_yanked].append(
                    NewVersion(package_id, version.version, key, reason=version.yank_message)
                )
    bulk_insert(connection, sql.versions, new)
    tell_watchers(
        connection,
        new=[
            NewVersion(each["package_id"], each["version"], each["sort_key"], each["is_prerelease"])
            for each in new
            if each["package_id"] in watched
        ],
        withdrawn=turned[True],
        back=turned[False],
        first=first,
    )
    if changed:
        connection.execute(sql.CHANGE_VERSION, changed)
    for gone in slices([row.id for here in known.values() for row in here.values()]):
        connection.execute(sql.DELETE_VERSIONS, {"ids": gone})
    return ids


def store_facts(
    connection: Connection,
    documents: DocumentsById,
    version_ids: Mapping[UUID, Mapping[str, UUID]],
    loaded: Mapping[UUID, Collection[str]],
) -> None:
    """What the documents say of these versions, by package, as far as it is here."""
    told: dict[UUID, Facts] = {}
    for package_id, document in documents.items():
        for version in loaded[package_id]:
            # A version that was unpublished meanwhile, or one whose own document was not fetched.
            with suppress(KeyError):
                told[version_ids[package_id][version]] = document.facts_of(version)
    facts.store_facts(connection, told)


def store_software(connection: Connection, documents: DocumentsById) -> None:
    """Replace their software keys, by which they are found in other registries."""
    wanted = {
        id: sorted(set(software_keys(each.registry, each.name, each.homepage, each.repository)))
        for id, each in documents.items()
    }
    known: dict[UUID, set[str]] = {id: set() for id in documents}
    for some in slices(list(documents)):
        for package_id, key in connection.execute(sql.SOFTWARE, {"package_ids": some}):
            known[package_id].add(key)
    changed = [id for id, keys in wanted.items() if set(keys) != known[id]]
    for some in slices([id for id in changed if known[id]]):
        connection.execute(sql.DELETE_SOFTWARE, {"package_ids": some})
    now = database_now(connection)
    bulk_insert(
        connection,
        sql.software,
        [
            {"id": uuid7(), "package_id": id, "software": key, "created_at": now}
            for id in changed
            for key in wanted[id]
        ],
    )


def store_dist_tags(connection: Connection, documents: DocumentsById) -> None:
    """Replace their dist-tags by the documents'."""
    known: dict[UUID, dict[str, str]] = {id: {} for id in documents}
    for some in slices(list(documents)):
        for package_id, tag, version in connection.execute(sql.DIST_TAGS, {"package_ids": some}):
            known[package_id][tag] = version
    changed = {id: each for id, each in documents.items() if known[id] != dict(each.dist_tags)}
    for some in slices([id for id in changed if known[id]]):
        connection.execute(sql.DELETE_DIST_TAGS, {"package_ids": some})
    now = database_now(connection)
    bulk_insert(
        connection,
        sql.dist_tags,
        [
            {"id": uuid7(), "package_id": id, "tag": tag, "version": version, "created_at": now}
            for id, each in changed.items()
            for tag, version in each.dist_tags.items()
        ],
    )


def store_environments(
    connection: Connection, environments: Mapping[UUID, Mapping[str, Environment]]
) -> None:
    """Replace what would be installed for these versions, by extras."""
    if not environments:
        return
    now = database_now(connection)
    rows: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for version_id, by_extras in environments.items():
        for extras, found in by_extras.items():
            id = uuid7()
            rows.append(
                {
                    "id": id,
                    "version_id": version_id,
                    "extras": extras,
                    "context": found.context,
                    "error": found.error,
                    "notes": "\n".join(found.notes) or None,
                    "created_at": now,
                }
            )
            members += (
                {
                    "id": uuid7(),
                    "environment_id": id,
                    "package_name": each.name,
                    "version": each.version,
                    "extras": each.extras,
                }
                for each in found.members
            )
    asked = sorted({row["extras"] for row in rows})
    for some in slices(list(environments)):
        connection.execute(sql.REPLACED_ENVIRONMENTS, {"version_ids": some, "extras": asked})
    bulk_insert(connection, package_environments, rows)
    bulk_insert(connection, package_environment_members, members)
