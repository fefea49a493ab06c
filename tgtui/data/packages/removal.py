"""Deletes packages from the catalogue, restores them, and lists what can be restored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, tuple_, update

from tgtui.basics.errors import TgtuiError
from tgtui.data.access.limits import REMOVED, removed_sentence
from tgtui.data.models.tables import accounts, package_requests, packages
from tgtui.data.requests.asking import ask
from tgtui.data.requests.lists import newest_request, queued
from tgtui.data.search.index import presence_changed
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import AnySelect, changed_rows
from tgtui.data.storage.times import database_now
from tgtui.data.views.packages import DeletedPackage, DeletedPage, Removal, Restored

DELETED_PAGE = 100


class PackageGone(TgtuiError):
    """There is no such package to delete, or to restore."""


def delete_package(connection: Connection, package_id: UUID, *, account_id: UUID) -> Removal:
    """Hide it from every list, keep its versions, tags and edges, and cancel its requests. PackageGone.

    A request that is being fetched is cancelled too: its worker loses it and writes nothing.
    """
    now = database_now(connection)
    named = connection.execute(
        select(packages.c.registry, packages.c.name).where(packages.c.id == package_id)
    ).one_or_none()
    # The package before its requests, in the same order as an ingest: or each could wait for the other.
    is_deleted = changed_rows(
        connection,
        update(packages)
        .where(packages.c.id == package_id, packages.c.deleted_at.is_(None))
        .values(deleted_at=now, deleted_by=account_id, updated_at=now),
    )
    ended = _end_requests(connection, *named) if named is not None else 0
    package = _deleted(connection, package_id)
    if not is_deleted or package is None:
        raise PackageGone("The package is no longer in the catalogue.")
    presence_changed(connection, package_id)
    announce(connection, "packages", "requests", "tags")
    return Removal(package, ended)


def restore_package(connection: Connection, package_id: UUID, *, account_id: UUID) -> Restored:
    """Restore it as it was, and queue it again if deleting it cancelled a request. PackageGone."""
    package = _deleted(connection, package_id)
    restored = changed_rows(
        connection,
        update(packages)
        .where(packages.c.id == package_id, packages.c.deleted_at.is_not(None))
        .values(deleted_at=None, deleted_by=None, updated_at=database_now(connection)),
    )
    if not restored or package is None:
        raise PackageGone("The package is not deleted; there is nothing to restore.")
    presence_changed(connection, package_id)
    announce(connection, "packages", "tags")
    newest = newest_request(connection, package.registry, package.name)
    is_wanted = newest is not None and newest.error_code == REMOVED
    if is_wanted:
        # A limit of the administrator's own requests must not undo the restoration.
        ask(connection, package.registry, package.name, account_id=account_id, force=True)
    return Restored(package, is_wanted)


def deleted_page(
    connection: Connection,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = DELETED_PAGE,
) -> DeletedPage:
    """Deleted packages, newest deletion first; keyset pages."""
    statement = _DELETED.order_by(packages.c.deleted_at.desc(), packages.c.id.desc()).limit(
        limit + 1
    )
    if after is not None:
        statement = statement.where(tuple_(packages.c.deleted_at, packages.c.id) < after)
    rows = [DeletedPackage(*row) for row in connection.execute(statement)]
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    return DeletedPage(tuple(page), (last.deleted_at, last.id) if last is not None else None)


def find_deleted(connection: Connection, registry: str, name: str) -> DeletedPackage | None:
    """A deleted package by its exact name; None if it is not deleted or was never here."""
    row = connection.execute(
        _DELETED.where(packages.c.name == name, packages.c.registry == registry)
    ).one_or_none()
    return DeletedPackage(*row) if row is not None else None


def deleted_package(connection: Connection, package_id: UUID) -> DeletedPackage | None:
    """A deleted package by its id; None if it is not deleted."""
    return _deleted(connection, package_id)


def _end_requests(connection: Connection, registry: str, name: str) -> int:
    return changed_rows(
        connection,
        update(package_requests)
        .where(
            package_requests.c.package_name == name,
            package_requests.c.registry == registry,
            queued(),
        )
        .values(
            status="failed",
            error_code=REMOVED,
            error_message=removed_sentence(registry, name),
            retry_after=None,
            lease_token=None,
            lease_expires_at=None,
            locked_by=None,
            stage=None,
            stage_done=None,
            stage_total=None,
            updated_at=database_now(connection),
        ),
    )


def _deleted(connection: Connection, package_id: UUID) -> DeletedPackage | None:
    row = connection.execute(_DELETED.where(packages.c.id == package_id)).one_or_none()
    return DeletedPackage(*row) if row is not None else None


_DELETED: AnySelect = (
    select(
        packages.c.id,
        packages.c.registry,
        packages.c.name,
        packages.c.description,
        packages.c.deleted_at,
        accounts.c.display_name,
    )
    .outerjoin(accounts, accounts.c.id == packages.c.deleted_by)
    .where(packages.c.deleted_at.is_not(None))
)
