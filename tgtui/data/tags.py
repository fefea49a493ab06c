"""Tags and who has them. A deleted tag is nowhere to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tgtui.data.models import Package, PackageTag, Tag
from tgtui.data.views import TagLabel


def tags_of(session: Session, package_ids: Sequence[UUID]) -> dict[UUID, tuple[TagLabel, ...]]:
    """The tags of several packages in one query, by name; a package without any is no key."""
    rows = session.execute(
        select(PackageTag.package_id, Tag.id, Tag.name, Tag.slug, Tag.color)
        .join(Tag, Tag.id == PackageTag.tag_id)
        .where(PackageTag.package_id.in_(package_ids), Tag.deleted_at.is_(None))
        .order_by(func.lower(Tag.name))
    )
    labels: dict[UUID, tuple[TagLabel, ...]] = {}
    for row in rows:
        label = TagLabel(row.id, row.name, row.slug, row.color)
        labels[row.package_id] = (*labels.get(row.package_id, ()), label)
    return labels


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
