"""The closure of a version whose registry's client takes what is being installed anyway: apt.

An edge stores what its client takes if nothing else is there, and what else would do. Following the first of these
gives more than an install brings; `marking.py` walks through that in memory as the client does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Connection, String, case, cast, func, select, tuple_

from tgtui.data.graph.closure import Closure, Rerouted
from tgtui.data.graph.marking import Cause, Group, Marking, Marks, satisfying
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import hexadecimal, slices
from tgtui.data.versions.edges import installed
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.alternatives import Alternative, unpacked
from tgtui.registries.registration import registration

ROWS_AT_ONCE = 2_000
"""Rows of a result that are fetched at once; between two portions other threads run."""
ROUNDS = 8
"""How often versions are read that take the place of refused ones."""
KEY = 32
"""Digits of an id."""
OPTIONAL, HOPELESS = "o", "u"
"""The first letter of the type `optional`, and the mark of an edge for which nothing could be chosen."""

Named = tuple[str, str]
"""(name, version)"""


class _Edge(NamedTuple):
    key: str
    """The edge's id."""
    is_required: bool
    is_hopeless: bool
    target: int | None


@dataclass(frozen=True, slots=True)
class _Read:
    """All that is reached if nothing that is there already is reused."""

    keys: list[str]
    names: list[Named]
    loaded: list[bool]
    yanked: list[bool]
    edges: list[list[_Edge]]
    """In the order of the document."""
    conflicts: list[list[int]]
    alternatives: Mapping[str, list[Alternative]]
    """By edge."""
    numbers: Mapping[Named, int]


def reusing_registry(connection: Connection, version_id: UUID) -> str | None:
    """The version's registry, if where edges lead depends on what else is installed there."""
    registry = connection.scalar(
        select(packages.c.registry)
        .join(package_versions, package_versions.c.package_id == packages.c.id)
        .where(package_versions.c.id == version_id)
    )
    return registry if registry and registration(registry).reuses_installed else None


def chosen_closure(
    connection: Connection, registry: str, version_id: UUID, kinds: Collection[str]
) -> Closure:
    """What the client would install. Empty if the version is not in the catalogue."""
    extra: list[UUID] = []
    for _round in range(ROUNDS):
        read = _read(connection, [version_id, *extra], kinds)
        if not read.keys:
            return Closure([], [], [], [], [], roots=0)
        groups = [[_group(read, edge) for edge in edges] for edges in read.edges]
        marks = Marking(groups, read.conflicts, _rivals(read)).run()
        wanted = (
            _ids(connection, registry, _replacements(read, groups, marks))
            if marks.refused or marks.denied
            else []
        )
        known = {UUID(hex=key) for key in read.keys}
        new = [id for id in wanted if id not in known]
        if not new:
            break
        extra += new
    return _closure(read, groups, marks, registration(registry).client)


def reach(
    roots: Sequence[UUID], start: Any, end: Any, end_package: Any, which: ColumnElement[bool]
) -> CTE:
    """The ids of all versions that edges lead to. `UNION` on the version alone: cycles stop."""
    found = (
        select(package_versions.c.id.label("id"))
        .where(package_versions.c.id.in_(roots), is_here(package_versions.c.package_id))
        .cte("reach", recursive=True)
    )
    return found.union(
        select(end)
        .join(found, start == found.c.id)
        .where(which, end.is_not(None), is_here(end_package))
    )


def _read(connection: Connection, roots: Sequence[UUID], kinds: Collection[str]) -> _Read:
    edge = package_dependencies.alias()
    which = installed(edge.c, kinds, root_id=roots[0])
    found = reach(
        roots, edge.c.version_id, edge.c.resolved_version_id, edge.c.dependency_package_id, which
    )
    mark = case((edge.c.resolved_version == UNRESOLVED, HOPELESS), else_=".")
    told = (
        func.substr(edge.c.dependency_type, 1, 1)
        + mark
        + hexadecimal(edge.c.id)
        + func.coalesce(hexadecimal(edge.c.resolved_version_id), "")
    )
    ends = (
        select(func.aggregate_strings(cast(told, String), ","))
        .where(edge.c.version_id == found.c.id, which)
        .scalar_subquery()
        .correlate(found)
    )
    result = connection.execute(
        select(
            hexadecimal(found.c.id),
            package_versions.c.dependencies_fetched_at.is_not(None),
            package_versions.c.is_yanked,
            packages.c.name,
            package_versions.c.version,
            package_versions.c.conflicts,
            ends,
        )
        .join(package_versions, package_versions.c.id == found.c.id)
        .join(packages, packages.c.id == package_versions.c.package_id)
    )
    first = roots[0].hex
    rows = [(row[0].lower(), *row[1:]) for some in result.partitions(ROWS_AT_ONCE) for row in some]
    rows.sort(key=lambda row: row[0] != first)
    if not rows or rows[0][0] != first:
        rows = []
    keys = {row[0]: number for number, row in enumerate(rows)}
    numbers = {(row[3], row[4]): number for number, row in enumerate(rows)}
    return _Read(
        keys=list(keys),
        names=[(row[3], row[4]) for row in rows],
        loaded=[bool(row[1]) for row in rows],
        yanked=[bool(row[2]) for row in rows],
        edges=[_edges(row[6], keys) for row in rows],
        conflicts=[_present(unpacked(row[5]), numbers) for row in rows],
        alternatives=_alternatives(connection, keys, which, edge.c),
        numbers=numbers,
    )


def _edges(text: str | None, numbers: Mapping[str, int]) -> list[_Edge]:
    """By their ids, which were made in the order of the document."""
    found: list[_Edge] = []
    for told in (text or "").split(",") if text else ():
        kind, mark, keys = told[0], told[1], told[2:].lower()
        found.append(_Edge(keys[:KEY], kind != OPTIONAL, mark == HOPELESS, numbers.get(keys[KEY:])))
    return sorted(found)


def _alternatives(
    connection: Connection, keys: Iterable[str], which: ColumnElement[bool], edge: Any
) -> dict[str, list[Alternative]]:
    found: dict[str, list[Alternative]] = {}
    for some in slices([UUID(hex=key) for key in keys]):
        rows = connection.execute(
            select(edge.id, edge.alternatives).where(
                edge.version_id.in_(some), edge.alternatives.is_not(None), which
            )
        )
        found.update((id.hex, unpacked(text)) for id, text in rows)
    return found


def _present(some: Iterable[Alternative], numbers: Mapping[Named, int]) -> list[int]:
    return [numbers[name, version] for name, version, _ in some if (name, version) in numbers]


def _group(read: _Read, edge: _Edge) -> Group:
    alternatives = read.alternatives.get(edge.key, ())
    return Group(
        edge.is_required,
        edge.target,
        _present((each for each in alternatives if each[2]), read.numbers),
        _present((each for each in alternatives if not each[2]), read.numbers),
        edge.is_hopeless,
    )


def _rivals(read: _Read) -> list[int]:
    """Other versions of the root's package: only one is installed."""
    name = read.names[0][0]
    return [number for number, each in enumerate(read.names) if number and each[0] == name]


def _replacements(read: _Read, groups: Sequence[Sequence[Group]], marks: Marks) -> set[Named]:
    """What the client would try where the first choice is refused, as far as it was not read."""
    found: set[Named] = set()
    for number in marks.marked:
        for edge, group in zip(read.edges[number], groups[number], strict=True):
            if marks.cause_of(group) is None:
                continue
            taken = satisfying(group, marks.marked)
            for name, version, is_choice in read.alternatives.get(edge.key, ()):
                place = read.numbers.get((name, version))
                if place is None and is_choice:
                    found.add((name, version))
                elif place is not None and place == taken:
                    break
    return found


def _ids(connection: Connection, registry: str, wanted: Iterable[Named]) -> list[UUID]:
    found: list[UUID] = []
    for some in slices(sorted(wanted)):
        found += connection.scalars(
            select(package_versions.c.id)
            .join(packages, packages.c.id == package_versions.c.package_id)
            .where(
                packages.c.registry == registry,
                packages.c.deleted_at.is_(None),
                # Besides: of several pairs SQLite looks none up in an index.
                packages.c.name.in_([name for name, _version in some]),
                tuple_(packages.c.name, package_versions.c.version).in_(some),
            )
        )
    return found


def _closure(read: _Read, groups: Sequence[Sequence[Group]], marks: Marks, client: str) -> Closure:
    """What the root reaches, renumbered; a required edge whose target was refused keeps it."""
    order = [0]
    numbers = {0: 0}
    ends: list[list[tuple[_Edge, int | None, Cause | None]]] = []
    for number in order:  # grows meanwhile
        mine: list[tuple[_Edge, int | None, Cause | None]] = []
        for edge, group in zip(read.edges[number], groups[number], strict=True):
            target, cause = satisfying(group, marks.marked), None
            if target is None and group.target is not None:
                cause = marks.cause_of(group)
                target = group.target if edge.is_required or cause is None else None
            mine.append((edge, target, cause))
            if target is not None and target not in numbers:
                numbers[target] = len(order)
                order.append(target)
        ends.append(mine)
    keys = [read.keys[number] for number in order]
    return Closure(
        keys=keys,
        targets=[[numbers[t] for _, t, _ in mine if t is not None] for mine in ends],
        open_ends=[
            sum(target is None and edge.target is None for edge, target, _ in mine) for mine in ends
        ],
        loaded=[read.loaded[number] for number in order],
        yanked=[read.yanked[number] for number in order],
        rerouted={
            UUID(hex=edge.key): _rerouted(read, target, cause, client)
            for mine in ends
            for edge, target, cause in mine
            if target != edge.target
        },
        clashes=tuple(_clashes(read, order, numbers)),
        _numbers={key: number for number, key in enumerate(keys)},
    )


def _rerouted(read: _Read, target: int | None, cause: Cause | None, client: str) -> Rerouted:
    if target is not None:
        return Rerouted(UUID(hex=read.keys[target]), *read.names[target])
    return Rerouted(None, "", "", _sentence(read, cause, client))


def _sentence(read: _Read, cause: Cause | None, client: str) -> str:
    if cause is None:
        return f"{client} leaves it out."
    source = read.names[cause.source][0]
    if cause.other is None:
        return f"{client} leaves it out: a dependency of {source} can't be installed."
    return f"{client} leaves it out: {source} conflicts with {read.names[cause.other][0]}."


def _clashes(
    read: _Read, order: Sequence[int], numbers: Mapping[int, int]
) -> Iterable[tuple[int, int]]:
    rivals = {*_rivals(read)}
    for number in order:
        for other in read.conflicts[number]:
            if other in numbers and other != number:
                yield numbers[number], numbers[other]
        if number in rivals:
            yield numbers[number], 0
