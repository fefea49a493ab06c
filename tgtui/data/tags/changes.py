"""Changes of tags by admins. Each function is one transaction, announced to all programs, and records who did it.

On PostgreSQL transactions that name tags run one after the other, and a tag that is being applied to packages
can't be deleted meanwhile; SQLite has one writer anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import package_tags, packages, tags
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, insert_missing, slices
from tgtui.data.storage.times import database_now
from tgtui.data.tags.names import TagGone, TagNames, known_tag
from tgtui.data.views.tags import Merged, Tagged, TagRow
from tgtui.syntax.tag import TagDraft, checked


class TagChanged(TgtuiError):
    """Another person changed the tag since it was read: nothing was written."""

    def __init__(self, tag: TagRow) -> None:
        super().__init__(f"Another person changed {tag.name} meanwhile; look at it again.")
        self.tag = tag
        """The tag as it is now."""


def create_tag(connection: Connection, draft: TagDraft) -> TagRow:
    """A new tag. TagInvalid; TagDeleted if one of this name or slug was deleted."""
    draft = checked(draft)
    tag_id = TagNames(connection).added(draft)
    insert_tags(connection, {tag_id: draft})
    return known_tag(connection, tag_id)


def insert_tags(connection: Connection, drafts: Mapping[UUID, TagDraft]) -> None:
    """Insert checked drafts under the ids from `TagNames.added`."""
    now = database_now(connection)
    rows = [
        {"id": tag_id, "created_at": now, "updated_at": now, **_columns(draft)}
        for tag_id, draft in drafts.items()
    ]
    if rows:
        connection.execute(insert(tags), rows)
        announce(connection, "tags")


def edit_tag(
    connection: Connection,
    tag_id: UUID,
    draft: TagDraft,
    *,
    seen: datetime,
    names: TagNames | None = None,
) -> TagRow:
    """Store the draft over the tag as it was at `seen`, its `updated_at`.

    TagInvalid; TagGone; TagChanged if another person changed it since.
    """
    draft = checked(draft)
    names = names or TagNames(connection)
    before = known_tag(connection, tag_id)
    if before.deleted_at is None and before.updated_at == seen:
        names.renamed(tag_id, draft)
    is_changed = changed_rows(
        connection,
        update(tags)
        .where(tags.c.id == tag_id, tags.c.updated_at == seen, tags.c.deleted_at.is_(None))
        .values(updated_at=database_now(connection), **_columns(draft)),
    )
    now = known_tag(connection, tag_id)
    if not is_changed:
        _refuse_deleted(now)
        raise TagChanged(now)
    announce(connection, "tags", "packages")
    return now


def delete_tag(connection: Connection, tag_id: UUID, *, account_id: UUID) -> TagRow:
    """Hide it from every list; its name, slug and packages are kept. TagGone."""
    now = database_now(connection)
    is_deleted = changed_rows(
        connection,
        update(tags)
        .where(tags.c.id == tag_id, tags.c.deleted_at.is_(None))
        .values(deleted_at=now, deleted_by=account_id, updated_at=now),
    )
    tag = known_tag(connection, tag_id)
    if not is_deleted:
        _refuse_deleted(tag)
    announce(connection, "tags", "packages")
    return tag


def restore_tag(connection: Connection, tag_id: UUID) -> TagRow:
    """Restore it on every package that had it. A tag that is not deleted stays as it is. TagGone."""
    changed = changed_rows(
        connection,
        update(tags)
        .where(tags.c.id == tag_id, tags.c.deleted_at.is_not(None))
        .values(deleted_at=None, deleted_by=None, updated_at=database_now(connection)),
    )
    if changed:
        announce(connection, "tags", "packages")
    return known_tag(connection, tag_id)


def merge_tags(
    connection: Connection, source_id: UUID, into_id: UUID, *, account_id: UUID
) -> Merged:
    """Move every package from the source to the other tag, keeping who tagged it and when; the source is deleted.

    Packages with both keep both assignments, so that restoring the source restores those. UsageError; TagGone.
    """
    if source_id == into_id:
        raise UsageError("A tag can't be merged into itself; choose another one.")
    _locked(connection, [source_id, into_id])
    source, into = known_tag(connection, source_id), known_tag(connection, into_id)
    for tag in (source, into):
        _refuse_deleted(tag)
    has_both = select(package_tags.c.package_id).where(package_tags.c.tag_id == into_id)
    moved = connection.scalars(
        update(package_tags)
        .where(package_tags.c.tag_id == source_id, package_tags.c.package_id.not_in(has_both))
        .values(tag_id=into_id)
        .returning(package_tags.c.id)
    ).all()
    delete_tag(connection, source_id, account_id=account_id)
    return Merged(source, known_tag(connection, into_id), tuple(moved))


def unmerge_tags(connection: Connection, merged: Merged) -> TagRow:
    """Undo a merge: what moved and still exists goes back, and the source is restored."""
    for some in slices(merged.moved):
        connection.execute(
            update(package_tags)
            .where(package_tags.c.id.in_(some), package_tags.c.tag_id == merged.into.id)
            .values(tag_id=merged.source.id)
        )
    announce(connection, "tags", "packages")
    return restore_tag(connection, merged.source.id)


def change_tags(
    connection: Connection,
    package_ids: Sequence[UUID],
    *,
    add: Collection[UUID],
    remove: Collection[UUID],
    account_id: UUID,
) -> Tagged:
    """Apply and remove tags. Existing assignments stay as they are, with who made them."""
    live = _locked(connection, add)
    given = taken = here = 0
    for some in slices(package_ids):
        ids = connection.scalars(
            select(packages.c.id).where(packages.c.id.in_(some), packages.c.deleted_at.is_(None))
        ).all()
        here += len(ids)
        pairs = [(package_id, tag_id) for package_id in ids for tag_id in live]
        given += _give(connection, pairs, account_id)
        taken += changed_rows(
            connection,
            delete(package_tags).where(
                package_tags.c.package_id.in_(some), package_tags.c.tag_id.in_(remove)
            ),
        )
    announce(connection, "tags", "packages")
    return Tagged(given, taken, len(set(add)) - len(live), len(set(package_ids)) - here)


def give(connection: Connection, pairs: Sequence[tuple[UUID, UUID]], *, account_id: UUID) -> int:
    """Insert each (package, tag), neither of which is deleted; returns how many were new."""
    live: set[UUID] = set()
    for some in slices(sorted({tag_id for _package_id, tag_id in pairs})):
        live.update(_locked(connection, some))
    given = 0
    for part in slices([pair for pair in pairs if pair[1] in live]):
        given += _give(connection, part, account_id)
    if given:
        announce(connection, "tags", "packages")
    return given


def _give(connection: Connection, pairs: Sequence[tuple[UUID, UUID]], account_id: UUID) -> int:
    now = database_now(connection)
    rows = [
        {
            "id": uuid7(),
            "package_id": package_id,
            "tag_id": tag_id,
            "created_by": account_id,
            "created_at": now,
        }
        for package_id, tag_id in pairs
    ]
    return insert_missing(connection, package_tags, rows)


def _refuse_deleted(tag: TagRow) -> None:
    if tag.deleted_at is not None:
        who = f" by {tag.deleted_by}" if tag.deleted_by else ""
        raise TagGone(f"The tag {tag.name} was deleted{who}; restore it first.")


def _columns(draft: TagDraft) -> dict[str, str | None]:
    return {
        "name": draft.name,
        "slug": draft.slug,
        "description": draft.description or None,
        "color": draft.color or None,
    }


def _locked(connection: Connection, tag_ids: Collection[UUID]) -> list[UUID]:
    """Those that are not deleted, locked until the transaction ends."""
    return list(
        connection.scalars(
            select(tags.c.id)
            .where(tags.c.id.in_(tag_ids), tags.c.deleted_at.is_(None))
            .order_by(tags.c.id)
            .with_for_update()
        )
    )
