"""Tags and who has them. A deleted tag is nowhere to be seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.changes import announce
from tgtui.data.models import Package, PackageTag, Tag
from tgtui.data.sql import (
    AnySelect,
    among,
    changed_rows,
    dialect_of,
    insert_missing,
    slices,
    table_of,
)
from tgtui.data.views import TagChoice, TagLabel
from tgtui.ids import uuid7


def tags_of(session: Session, package_ids: Sequence[UUID]) -> dict[UUID, tuple[TagLabel, ...]]:
    """The tags of several packages in one query, by name; a package without any is no key."""
    if not package_ids:
        return {}
    rows = session.execute(_tags_of(dialect_of(session)), {"ids": package_ids})
    labels: dict[UUID, TagLabel] = {}
    found: dict[UUID, list[TagLabel]] = {}
    for package_id, tag_id, *shown in rows:
        label = labels.get(tag_id)
        if label is None:
            label = labels[tag_id] = TagLabel(tag_id, *shown)
        found.setdefault(package_id, []).append(label)
    return {package_id: tuple(its) for package_id, its in found.items()}


def tag_choices(session: Session, package_ids: Sequence[UUID]) -> list[TagChoice]:
    """Every tag with how many of these packages have it, by name."""
    counts: dict[UUID, int] = {}
    for some in slices(package_ids):
        rows = session.execute(
            select(PackageTag.tag_id, func.count())
            .where(PackageTag.package_id.in_(some))
            .group_by(PackageTag.tag_id)
        )
        for tag_id, count in rows:
            counts[tag_id] = counts.get(tag_id, 0) + count
    tags = session.execute(
        select(Tag.id, Tag.name, Tag.slug, Tag.color)
        .where(Tag.deleted_at.is_(None))
        .order_by(func.lower(Tag.name))
    )
    return [TagChoice(TagLabel(*tag), counts.get(tag.id, 0)) for tag in tags]


def change_tags(
    session: Session,
    package_ids: Sequence[UUID],
    *,
    add: Collection[UUID],
    remove: Collection[UUID],
    account_id: UUID,
) -> int:
    """Give and take tags; how many assignments changed. What is so already stays as it is."""
    now = clock.now()
    live = set(session.scalars(select(Tag.id).where(Tag.id.in_(add), Tag.deleted_at.is_(None))))
    changed = 0
    for some in slices(package_ids):
        here = session.scalars(
            select(Package.id).where(Package.id.in_(some), Package.deleted_at.is_(None))
        ).all()
        rows = [
            {
                "id": uuid7(),
                "package_id": package_id,
                "tag_id": tag_id,
                "created_by": account_id,
                "created_at": now,
            }
            for package_id in here
            for tag_id in sorted(live)
        ]
        changed += insert_missing(session, table_of(PackageTag), rows)
        changed += changed_rows(
            session,
            delete(PackageTag).where(
                PackageTag.package_id.in_(some), PackageTag.tag_id.in_(remove)
            ),
        )
    announce(session, "tags", "packages")
    return changed


def list_tags(session: Session) -> list[tuple[TagLabel, int]]:
    """Every tag with the number of packages that have it, by name."""
    rows = session.execute(
        select(Tag.id, Tag.name, Tag.slug, Tag.color, func.count(Package.id))
        .outerjoin(PackageTag, PackageTag.tag_id == Tag.id)
        .outerjoin(Package, (Package.id == PackageTag.package_id) & Package.deleted_at.is_(None))
        .where(Tag.deleted_at.is_(None))
        .group_by(Tag.id, Tag.name, Tag.slug, Tag.color)
        .order_by(func.lower(Tag.name))
    )
    return [(TagLabel(*row[:4]), row[4]) for row in rows]


@cache
def _tags_of(dialect: str) -> AnySelect:
    """Built once: that takes longer than running it."""
    given, tags = table_of(PackageTag).c, table_of(Tag).c
    return (
        select(given.package_id, tags.id, tags.name, tags.slug, tags.color)
        .join_from(table_of(PackageTag), table_of(Tag), tags.id == given.tag_id)
        .where(among(given.package_id, "ids", dialect), tags.deleted_at.is_(None))
        .order_by(func.lower(tags.name))
    )
