"""Deletes packages from the catalogue, restores them, and lists what can be restored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from tgtui.basics.errors import TgtuiError
from tgtui.data.access.limits import REMOVED, removed_sentence
from tgtui.data.models.tables import Account, Package, PackageRequest
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


def delete_package(session: Session, package_id: UUID, *, account_id: UUID) -> Removal:
    """Hide it from every list, keep its versions, tags and edges, and cancel its requests. PackageGone.

    A request that is being fetched is cancelled too: its worker loses it and writes nothing.
    """
    now = database_now(session)
    named = session.execute(
        select(Package.registry_name, Package.name).where(Package.id == package_id)
    ).one_or_none()
    # The package before its requests, in the same order as an ingest: or each could wait for the other.
    is_deleted = changed_rows(
        session,
        update(Package)
        .where(Package.id == package_id, Package.deleted_at.is_(None))
        .values(deleted_at=now, deleted_by=account_id, updated_at=now),
    )
    ended = _end_requests(session, *named) if named is not None else 0
    package = _deleted(session, package_id)
    if not is_deleted or package is None:
        raise PackageGone("The package is no longer in the catalogue.")
    presence_changed(session, package_id)
    announce(session, "packages", "requests", "tags")
    return Removal(package, ended)


def restore_package(session: Session, package_id: UUID, *, account_id: UUID) -> Restored:
    """Restore it as it was, and queue it again if deleting it cancelled a request. PackageGone."""
    package = _deleted(session, package_id)
    restored = changed_rows(
        session,
        update(Package)
        .where(Package.id == package_id, Package.deleted_at.is_not(None))
        .values(deleted_at=None, deleted_by=None, updated_at=database_now(session)),
    )
    if not restored or package is None:
        raise PackageGone("The package is not deleted; there is nothing to restore.")
    presence_changed(session, package_id)
    announce(session, "packages", "tags")
    newest = newest_request(session, package.registry, package.name)
    is_wanted = newest is not None and newest.error_code == REMOVED
    if is_wanted:
        # A limit of the administrator's own requests must not undo the restoration.
        ask(session, package.registry, package.name, account_id=account_id, force=True)
    return Restored(package, is_wanted)


def deleted_page(
    session: Session,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = DELETED_PAGE,
) -> DeletedPage:
    """Deleted packages, newest deletion first; keyset pages."""
    statement = _DELETED.order_by(Package.deleted_at.desc(), Package.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(Package.deleted_at, Package.id) < after)
    rows = [DeletedPackage(*row) for row in session.execute(statement)]
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    return DeletedPage(tuple(page), (last.deleted_at, last.id) if last is not None else None)


def find_deleted(session: Session, registry: str, name: str) -> DeletedPackage | None:
    """A deleted package by its exact name; None if it is not deleted or was never here."""
    row = session.execute(
        _DELETED.where(Package.name == name, Package.registry_name == registry)
    ).one_or_none()
    return DeletedPackage(*row) if row is not None else None


def deleted_package(session: Session, package_id: UUID) -> DeletedPackage | None:
    """A deleted package by its id; None if it is not deleted."""
    return _deleted(session, package_id)


def _end_requests(session: Session, registry: str, name: str) -> int:
    return changed_rows(
        session,
        update(PackageRequest)
        .where(
            PackageRequest.package_name == name,
            PackageRequest.registry_name == registry,
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
            updated_at=database_now(session),
        ),
    )


def _deleted(session: Session, package_id: UUID) -> DeletedPackage | None:
    row = session.execute(_DELETED.where(Package.id == package_id)).one_or_none()
    return DeletedPackage(*row) if row is not None else None


_DELETED: AnySelect = (
    select(
        Package.id,
        Package.registry_name,
        Package.name,
        Package.description,
        Package.deleted_at,
        Account.display_name,
    )
    .outerjoin(Account, Account.id == Package.deleted_by)
    .where(Package.deleted_at.is_not(None))
)
