"""Tags and their packages. A deleted tag appears only in the list of what can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from tgtui.data.models.live import deleted_packages
from tgtui.data.models.tables import Account, Package, PackageTag, Tag
from tgtui.data.storage.sql import AnySelect, among, dialect_of, hexadecimal, slices, table_of
from tgtui.data.views.tags import TagAssignment, TagChoice, TagLabel, TagRow
from tgtui.syntax.names import fold

COMPLETED = 20
"""Slugs that are offered as completions."""


def tags_of(session: Session, package_ids: Sequence[UUID]) -> dict[UUID, tuple[TagLabel, ...]]:
    """The tags of several packages, by name; a package without any has no key."""
    if not package_ids:
        return {}
    given = session.execute(_given_to(dialect_of(session)), {"ids": package_ids}).all()
    # As texts, many at once: a page of popular packages has a thousand of them.
    of_package = {package_id: keys.split(",") for package_id, keys in given}
    needed = {key: UUID(key) for keys in of_package.values() for key in keys}
    if not needed:
        return {}
    rows = session.execute(_labels(dialect_of(session)), {"ids": list(needed.values())})
    labels = {row.id: (place, TagLabel(*row)) for place, row in enumerate(rows)}
    by_key = {key: labels[id] for key, id in needed.items() if id in labels}
    found = {}
    for package_id, keys in of_package.items():
        its = sorted([by_key[key] for key in keys if key in by_key], key=itemgetter(0))
        if its:
            found[package_id] = tuple(label for _place, label in its)
    return found


def assignments_of(session: Session, package_id: UUID) -> tuple[TagAssignment, ...]:
    """The tags of a package by name, with who applied them and when."""
    rows = session.execute(
        select(Tag.id, Tag.name, Tag.slug, Tag.color, Account.display_name, PackageTag.created_at)
        .join(PackageTag, PackageTag.tag_id == Tag.id)
        .outerjoin(Account, Account.id == PackageTag.created_by)
        .where(PackageTag.package_id == package_id, Tag.deleted_at.is_(None))
        .order_by(func.lower(Tag.name))
    )
    return tuple(TagAssignment(*row) for row in rows)


def tag_choices(session: Session, package_ids: Sequence[UUID]) -> list[TagChoice]:
    """Every tag by name, with how many of these packages have it; for one package also who applied it when."""
    counts: dict[UUID, int] = {}
    for some in slices(package_ids):
        rows = session.execute(
            select(PackageTag.tag_id, func.count())
            .where(PackageTag.package_id.in_(some))
            .group_by(PackageTag.tag_id)
        )
        for tag_id, count in rows:
            counts[tag_id] = counts.get(tag_id, 0) + count
    known: dict[UUID, TagAssignment] = {}
    if len(package_ids) == 1:
        known = {each.id: each for each in assignments_of(session, package_ids[0])}
    tags = session.execute(
        select(Tag.id, Tag.name, Tag.slug, Tag.color)
        .where(Tag.deleted_at.is_(None))
        .order_by(func.lower(Tag.name))
    )
    choices: list[TagChoice] = []
    for tag in tags:
        given = known.get(tag.id)
        by, at = (given.assigned_by, given.assigned_at) if given is not None else (None, None)
        choices.append(TagChoice(TagLabel(*tag), counts.get(tag.id, 0), by, at))
    return choices


def list_tags(session: Session, *, deleted: bool = False) -> list[TagRow]:
    """Every tag by name; or every deleted one, newest deletion first."""
    if deleted:
        return _rows(session, Tag.deleted_at.is_not(None), Tag.deleted_at.desc())
    return _rows(session, Tag.deleted_at.is_(None), func.lower(Tag.name))


def tags_stamp(session: Session) -> tuple[object, ...]:
    """A stamp that changes whenever the result of `list_tags` does, at a fraction of its cost."""
    newest = select(PackageTag.id).order_by(PackageTag.id.desc()).limit(1).scalar_subquery()
    stamps: tuple[AnySelect, ...] = (
        select(func.count(), func.max(Tag.updated_at)).select_from(Tag),
        select(func.count(), newest).select_from(PackageTag),
        select(func.count(), func.max(Package.deleted_at)).where(Package.deleted_at.is_not(None)),
    )
    return tuple(value for stamp in stamps for value in session.execute(stamp).one())


def tag_row(session: Session, tag_id: UUID) -> TagRow | None:
    """One tag, deleted or not; None if it never existed."""
    rows = _rows(session, Tag.id == tag_id, Tag.id)
    return rows[0] if rows else None


def find_tag(session: Session, text: str, *, deleted: bool = False) -> TagRow | None:
    """A tag by its slug, else by its name ignoring case; among the deleted ones, or the others."""
    wanted = fold(text.strip())
    state = Tag.deleted_at.is_not(None) if deleted else Tag.deleted_at.is_(None)
    named = session.execute(select(Tag.id, Tag.name, Tag.slug).where(state)).all()
    found = [tag.id for tag in named if fold(tag.slug) == wanted]
    found += [tag.id for tag in named if fold(tag.name) == wanted]
    return tag_row(session, found[0]) if found else None


def slugs_beginning(session: Session, begun: str) -> Sequence[str]:
    """Completions of `tag:`, by slug."""
    statement = select(Tag.slug).where(Tag.deleted_at.is_(None)).order_by(Tag.slug)
    if begun:
        begun = begun.casefold()
        statement = statement.where(func.substr(Tag.slug, 1, len(begun)) == begun)
    return session.scalars(statement.limit(COMPLETED)).all()


def tagged_packages(session: Session) -> list[tuple[UUID, str, str, str | None, datetime]]:
    """(tag, registry, name, who, when) of every visible assignment, by tag and package: for an export. Who is None if the login may not know."""
    rows = session.execute(
        select(
            PackageTag.tag_id,
            Package.registry_name,
            Package.name,
            Account.display_name,
            PackageTag.created_at,
        )
        .join(Package, Package.id == PackageTag.package_id)
        .outerjoin(Account, Account.id == PackageTag.created_by)
        .join(Tag, Tag.id == PackageTag.tag_id)
        .where(Package.deleted_at.is_(None), Tag.deleted_at.is_(None))
        .order_by(Tag.slug, Package.registry_name, Package.name)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def _rows(session: Session, which: ColumnElement[bool], order: Any) -> list[TagRow]:
    by = aliased(Account)
    tags = session.execute(
        select(*Tag.__table__.columns, by.display_name)
        .outerjoin(by, by.id == Tag.deleted_by)
        .where(which)
        .order_by(order, Tag.id)
    ).all()
    counts = _counts(session, [tag.id for tag in tags])
    return [
        TagRow(
            id=tag.id,
            name=tag.name,
            slug=tag.slug,
            description=tag.description,
            color=tag.color,
            packages=counts.get(tag.id, 0),
            created_at=tag.created_at,
            updated_at=tag.updated_at,
            deleted_at=tag.deleted_at,
            deleted_by=tag.display_name,
        )
        for tag in tags
    ]


def _counts(session: Session, tag_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Packages of each tag: all in the index on (tag_id, package_id), minus the few deleted ones."""
    counted = select(PackageTag.tag_id, func.count()).group_by(PackageTag.tag_id)
    if len(tag_ids) == 1:
        counted = counted.where(PackageTag.tag_id == tag_ids[0])
    counts = dict(session.execute(counted).all())
    without = counted.where(PackageTag.package_id.in_(deleted_packages()))
    for tag_id, count in session.execute(without):
        counts[tag_id] -= count
    return counts


@cache
def _given_to(dialect: str) -> AnySelect:
    """Built once, like the next, because that takes longer than running it."""
    given = table_of(PackageTag).c
    keys = func.aggregate_strings(hexadecimal(given.tag_id), ",")
    of_package = select(given.package_id, keys).where(among(given.package_id, "ids", dialect))
    return of_package.group_by(given.package_id)


@cache
def _labels(dialect: str) -> AnySelect:
    tags = table_of(Tag).c
    shown = select(tags.id, tags.name, tags.slug, tags.color)
    is_here = among(tags.id, "ids", dialect), tags.deleted_at.is_(None)
    return shown.where(*is_here).order_by(func.lower(tags.name))
