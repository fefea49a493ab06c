"""Tags and their packages. A deleted tag appears only in the list of what can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from tgtui.data.models.live import DELETED_PACKAGES
from tgtui.data.models.tables import accounts, package_tags, packages, tags
from tgtui.data.storage.sql import AnySelect, among, dialect_of, hexadecimal, slices
from tgtui.data.views.tags import TagAssignment, TagChoice, TagLabel, TagRow
from tgtui.syntax.names import fold

COMPLETED = 20
"""Slugs that are offered as completions."""


_ASSIGNMENTS = (
    select(
        tags.c.id,
        tags.c.name,
        tags.c.slug,
        tags.c.color,
        accounts.c.display_name,
        package_tags.c.created_at,
    )
    .join(package_tags, package_tags.c.tag_id == tags.c.id)
    .outerjoin(accounts, accounts.c.id == package_tags.c.created_by)
    .where(package_tags.c.package_id == bindparam("package_id"), tags.c.deleted_at.is_(None))
    .order_by(func.lower(tags.c.name))
)


def tags_of(
    connection: Connection, package_ids: Sequence[UUID]
) -> dict[UUID, tuple[TagLabel, ...]]:
    """The tags of several packages, by name; a package without any has no key."""
    if not package_ids:
        return {}
    given = connection.execute(_given_to(dialect_of(connection)), {"ids": package_ids}).all()
    # As texts, many at once: a page of popular packages has a thousand of them.
    of_package = {package_id: keys.split(",") for package_id, keys in given}
    needed = {key: UUID(key) for keys in of_package.values() for key in keys}
    if not needed:
        return {}
    rows = connection.execute(_labels(dialect_of(connection)), {"ids": list(needed.values())})
    labels = {row.id: (place, TagLabel(*row)) for place, row in enumerate(rows)}
    by_key = {key: labels[id] for key, id in needed.items() if id in labels}
    found = {}
    for package_id, keys in of_package.items():
        its = sorted([by_key[key] for key in keys if key in by_key], key=itemgetter(0))
        if its:
            found[package_id] = tuple(label for _place, label in its)
    return found


def assignments_of(connection: Connection, package_id: UUID) -> tuple[TagAssignment, ...]:
    """The tags of a package by name, with who applied them and when."""
    rows = connection.execute(_ASSIGNMENTS, {"package_id": package_id})
    return tuple(TagAssignment(*row) for row in rows)


def tag_choices(connection: Connection, package_ids: Sequence[UUID]) -> list[TagChoice]:
    """Every tag by name, with how many of these packages have it; for one package also who applied it when."""
    counts: dict[UUID, int] = {}
    for some in slices(package_ids):
        rows = connection.execute(
            select(package_tags.c.tag_id, func.count())
            .where(package_tags.c.package_id.in_(some))
            .group_by(package_tags.c.tag_id)
        )
        for tag_id, count in rows:
            counts[tag_id] = counts.get(tag_id, 0) + count
    known: dict[UUID, TagAssignment] = {}
    if len(package_ids) == 1:
        known = {each.id: each for each in assignments_of(connection, package_ids[0])}
    every = connection.execute(
        select(tags.c.id, tags.c.name, tags.c.slug, tags.c.color)
        .where(tags.c.deleted_at.is_(None))
        .order_by(func.lower(tags.c.name))
    )
    choices: list[TagChoice] = []
    for tag in every:
        given = known.get(tag.id)
        by, at = (given.assigned_by, given.assigned_at) if given is not None else (None, None)
        choices.append(TagChoice(TagLabel(*tag), counts.get(tag.id, 0), by, at))
    return choices


def list_tags(connection: Connection, *, deleted: bool = False) -> list[TagRow]:
    """Every tag by name; or every deleted one, newest deletion first."""
    if deleted:
        return _rows(connection, tags.c.deleted_at.is_not(None), tags.c.deleted_at.desc())
    return _rows(connection, tags.c.deleted_at.is_(None), func.lower(tags.c.name))


def tags_stamp(connection: Connection) -> tuple[object, ...]:
    """A stamp that changes whenever the result of `list_tags` does, at a fraction of its cost."""
    newest = select(package_tags.c.id).order_by(package_tags.c.id.desc()).limit(1).scalar_subquery()
    stamps: tuple[AnySelect, ...] = (
        select(func.count(), func.max(tags.c.updated_at)).select_from(tags),
        select(func.count(), newest).select_from(package_tags),
        select(func.count(), func.max(packages.c.deleted_at)).where(
            packages.c.deleted_at.is_not(None)
        ),
    )
    return tuple(value for stamp in stamps for value in connection.execute(stamp).one())


def tag_row(connection: Connection, tag_id: UUID) -> TagRow | None:
    """One tag, deleted or not; None if it never existed."""
    rows = _rows(connection, tags.c.id == tag_id, tags.c.id)
    return rows[0] if rows else None


def find_tag(connection: Connection, text: str, *, deleted: bool = False) -> TagRow | None:
    """A tag by its slug, else by its name ignoring case; among the deleted ones, or the others."""
    wanted = fold(text.strip())
    state = tags.c.deleted_at.is_not(None) if deleted else tags.c.deleted_at.is_(None)
    named = connection.execute(select(tags.c.id, tags.c.name, tags.c.slug).where(state)).all()
    found = [tag.id for tag in named if fold(tag.slug) == wanted]
    found += [tag.id for tag in named if fold(tag.name) == wanted]
    return tag_row(connection, found[0]) if found else None


def slugs_beginning(connection: Connection, begun: str) -> Sequence[str]:
    """Completions of `tag:`, by slug."""
    statement = select(tags.c.slug).where(tags.c.deleted_at.is_(None)).order_by(tags.c.slug)
    if begun:
        begun = begun.casefold()
        statement = statement.where(func.substr(tags.c.slug, 1, len(begun)) == begun)
    return connection.scalars(statement.limit(COMPLETED)).all()


def tagged_packages(connection: Connection) -> list[tuple[UUID, str, str, str | None, datetime]]:
    """(tag, registry, name, who, when) of every visible assignment, by tag and package: for an export. Who is None if the login may not know."""
    rows = connection.execute(
        select(
            package_tags.c.tag_id,
            packages.c.registry,
            packages.c.name,
            accounts.c.display_name,
            package_tags.c.created_at,
        )
        .join(packages, packages.c.id == package_tags.c.package_id)
        .outerjoin(accounts, accounts.c.id == package_tags.c.created_by)
        .join(tags, tags.c.id == package_tags.c.tag_id)
        .where(packages.c.deleted_at.is_(None), tags.c.deleted_at.is_(None))
        .order_by(tags.c.slug, packages.c.registry, packages.c.name)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def _rows(connection: Connection, which: ColumnElement[bool], order: Any) -> list[TagRow]:
    by = accounts.alias()
    found = connection.execute(
        select(*tags.columns, by.c.display_name)
        .outerjoin(by, by.c.id == tags.c.deleted_by)
        .where(which)
        .order_by(order, tags.c.id)
    ).all()
    counts = _counts(connection, [tag.id for tag in found])
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
        for tag in found
    ]


def _counts(connection: Connection, tag_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Packages of each tag: all in the index on (tag_id, package_id), minus the few deleted ones."""
    counted = select(package_tags.c.tag_id, func.count()).group_by(package_tags.c.tag_id)
    if len(tag_ids) == 1:
        counted = counted.where(package_tags.c.tag_id == tag_ids[0])
    counts = dict(connection.execute(counted).all())
    without = counted.where(package_tags.c.package_id.in_(DELETED_PACKAGES))
    for tag_id, count in connection.execute(without):
        counts[tag_id] -= count
    return counts


@cache
def _given_to(dialect: str) -> AnySelect:
    """Built once, like the next, because that takes longer than running it."""
    given = package_tags.c
    keys = func.aggregate_strings(hexadecimal(given.tag_id), ",")
    of_package = select(given.package_id, keys).where(among(given.package_id, "ids", dialect))
    return of_package.group_by(given.package_id)


@cache
def _labels(dialect: str) -> AnySelect:
    shown = select(tags.c.id, tags.c.name, tags.c.slug, tags.c.color)
    is_here = among(tags.c.id, "ids", dialect), tags.c.deleted_at.is_(None)
    return shown.where(*is_here).order_by(func.lower(tags.c.name))
