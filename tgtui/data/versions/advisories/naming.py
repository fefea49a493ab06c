"""Finds advisories by what people call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from tgtui.data.models.advisories import advisories, advisory_aliases
from tgtui.syntax.advisories.grouping import by_preference
from tgtui.syntax.measures import read_advisory

COMPLETED = 5


def advisory_named(connection: Connection, name: str) -> UUID | None:
    """By its id or another name of the flaw, in any case; the best record of several."""
    spellings = {name, name.upper(), name.lower(), _as_ghsa(name)}
    exact = connection.scalars(
        select(advisories.c.id).where(advisories.c.name.in_(spellings)).limit(1)
    ).first()
    if exact is not None:
        return exact
    rows = connection.execute(
        select(advisories.c.name, advisories.c.id)
        .join(advisory_aliases, advisory_aliases.c.advisory_id == advisories.c.id)
        .where(advisory_aliases.c.name.in_(spellings))
    ).all()
    return min(rows, key=lambda row: by_preference(row[0]))[1] if rows else None


def _as_ghsa(name: str) -> str:
    """`GHSA-` is written large, what follows small."""
    head, dash, rest = name.partition("-")
    return f"{head.upper()}{dash}{rest.lower()}"


def advisories_beginning(connection: Connection, begun: str) -> Sequence[str]:
    """Completions of an id or another name of a flaw, in the case it was begun in."""
    wanted = read_advisory(begun)
    if not wanted:
        return ()
    for column in (advisories.c.name, advisory_aliases.c.name):
        if found := connection.scalars(_beginning(column, wanted)).all():
            return [begun + name[len(begun) :] for name in found]
    return ()


def _beginning(column: Any, wanted: str) -> Any:
    return (
        select(column)
        .where(column >= wanted, func.substr(column, 1, len(wanted)) == wanted)
        .group_by(column)
        .order_by(column)
        .limit(COMPLETED)
    )
