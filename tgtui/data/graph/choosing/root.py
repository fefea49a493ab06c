"""The closure of a version whose registry's client takes what is being installed anyway: apt.

An edge stores what its client takes if nothing else is there, and what else would do. Following the first of these
gives more than an install brings; `marking.py` walks through that in memory as the client does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import CTE, ColumnElement, Connection, String, case, cast, func, select, tuple_

from tgtui.data.graph.choosing.marking import Cause, Group, Marking, Marks, satisfying
from tgtui.data.graph.closure import Closure, Rerouted
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import hexadecimal, slices
from tgtui.data.versions.edges import installed
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.indexes.alternatives import Alternative, unpacked
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


class ReadEdge(NamedTuple):
    key: str
    """The edge's id."""
    is_required: bool
    is_hopeless: bool
    target: int | None


class Reading(Protocol):
    """What is reached if nothing that is there already is reused, by number."""

    @property
    def root(self) -> int: ...
    @property
    def groups(self) -> Sequence[Sequence[Group]] | Mapping[int, Sequence[Group]]:
        """Of each version, in the order of the document. They may name versions that are not reached."""
        ...

    @property
    def reached(self) -> Container[int] | None:
        """All that is reached; None if groups name nothing else."""
        ...

    def alternatives_of(self, number: int, place: int) -> Sequence[Alternative]:
        """Of one of its groups."""
        ...

    def number_of(self, named: Named) -> int | None:
        """None if it is not reached."""
        ...

    def conflicts_of(self, number: int) -> Sequence[int]:
        """What is reached and can't be installed beside it."""
        ...

    def rivals(self) -> Sequence[int]:
        """Other versions of the root's package: only one is installed."""
        ...

    def has(self, id: UUID) -> bool:
        """Whether it is reached."""
        ...


AnyReading = TypeVar("AnyReading", bound=Reading)


class Chosen(Struct, Generic[AnyReading], frozen=True):
    """The outcome of the walk from one root."""

    read: AnyReading
    marks: Marks

    def end_of(self, group: Group) -> tuple[int | None, Cause | None]:
        """Where an edge with these choices leads here, and why if that is not its own target; a required edge whose
        target was refused keeps it."""
        target, cause = satisfying(group, self.marks.marked), None
        if target is None and group.target is not None:
            cause = self.marks.cause_of(group)
            target = group.target if group.is_required or cause is None else None
        return target, cause


class _Read(Struct, frozen=True):
    """Read for one root, which is number 0."""

    keys: list[str]
    names: list[Named]
    loaded: list[bool]
    yanked: list[bool]
    edges: list[list[ReadEdge]]
    conflicts: list[list[int]]
    alternatives: Mapping[str, list[Alternative]]
    numbers: Mapping[Named, int]
    groups: Mapping[int, Sequence[Group]]
    root: int = 0
    reached: Container[int] | None = None

    def alternatives_of(self, number: int, place: int) -> list[Alternative]:
        return self.alternatives.get(self.edges[number][place].key, [])

    def number_of(self, named: Named) -> int | None:
        return self.numbers.get(named)

    def conflicts_of(self, number: int) -> list[int]:
        return self.conflicts[number]

    def rivals(self) -> list[int]:
        name = self.names[0][0]
        return [number for number, each in enumerate(self.names) if number and each[0] == name]

    def has(self, id: UUID) -> bool:
        return id.hex in self.keys


def registry_of(connection: Connection, version_id: UUID) -> str | None:
    """The version's registry; None if it is not in the catalogue."""
    return connection.scalar(
        select(packages.c.registry)
        .join(package_versions, package_versions.c.package_id == packages.c.id)
        .where(package_versions.c.id == version_id)
    )


def chosen_closure(
    connection: Connection, registry: str, version_id: UUID, kinds: Collection[str]
) -> Closure:
    """What the client would install. Empty if the version is not in the catalogue."""
    found = choose(
        version_id,
        lambda roots: _read(connection, roots, kinds),
        lambda wanted: _ids(connection, registry, wanted),
    )
    if found is None:
        return Closure([], [], [], [], [], roots=0)
    return _as_chosen(found, registration(registry).client)


def choose(
    version_id: UUID,
    read_from: Callable[[Sequence[UUID]], AnyReading | None],
    ids_of: Callable[[Iterable[Named]], list[UUID]],
) -> Chosen[AnyReading] | None:
    """The client's walk, with two ways to look things up: all that these versions reach, None if the first is not in
    the catalogue; and the ids of named versions."""
    extra: list[UUID] = []
    found: Chosen[AnyReading] | None = None
    for _round in range(ROUNDS):
        read = read_from([version_id, *extra])
        if read is None:
            return None
        marks = Marking(
            read.groups, read.conflicts_of, read.rivals(), root=read.root, reached=read.reached
        ).run()
        found = Chosen(read, marks)
        wanted = ids_of(_replacements(found)) if marks.refused or marks.denied else []
        new = [id for id in wanted if not read.has(id)]
        if not new:
            break
        extra += new
    return found


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


def _read(connection: Connection, roots: Sequence[UUID], kinds: Collection[str]) -> _Read | None:
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
        return None
    keys = {row[0]: number for number, row in enumerate(rows)}
    numbers = {(row[3], row[4]): number for number, row in enumerate(rows)}
    edges = [_edges(row[6], keys) for row in rows]
    alternatives = _alternatives(connection, keys, which, edge.c)
    return _Read(
        keys=list(keys),
        names=[(row[3], row[4]) for row in rows],
        loaded=[bool(row[1]) for row in rows],
        yanked=[bool(row[2]) for row in rows],
        edges=edges,
        conflicts=[_present(unpacked(row[5]), numbers) for row in rows],
        alternatives=alternatives,
        numbers=numbers,
        groups=_Groups(edges, alternatives, numbers),
    )


def _edges(text: str | None, numbers: Mapping[str, int]) -> list[ReadEdge]:
    """By their ids, which were made in the order of the document."""
    found: list[ReadEdge] = []
    for told in (text or "").split(",") if text else ():
        kind, mark, keys = told[0], told[1], told[2:].lower()
        found.append(
            ReadEdge(keys[:KEY], kind != OPTIONAL, mark == HOPELESS, numbers.get(keys[KEY:]))
        )
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


class _Groups(dict[int, Sequence[Group]]):
    """The groups of each version, made when they are first looked at: not all that is reached is marked."""

    def __init__(
        self,
        edges: Sequence[Sequence[ReadEdge]],
        alternatives: Mapping[str, list[Alternative]],
        numbers: Mapping[Named, int],
    ) -> None:
        super().__init__()
        self._edges, self._alternatives, self._numbers = edges, alternatives, numbers

    def __missing__(self, number: int) -> Sequence[Group]:
        found = self[number] = [self._group(edge) for edge in self._edges[number]]
        return found

    def _group(self, edge: ReadEdge) -> Group:
        alternatives = self._alternatives.get(edge.key)
        if alternatives is None:
            return Group(edge.is_required, edge.target, is_hopeless=edge.is_hopeless)
        others: list[int] = []
        unchosen: list[int] = []
        for name, version, is_choice in alternatives:
            number = self._numbers.get((name, version))
            if number is not None:
                (others if is_choice else unchosen).append(number)
        return Group(edge.is_required, edge.target, others, unchosen, edge.is_hopeless)


def _replacements(found: Chosen[Any]) -> set[Named]:
    """What the client would try where the first choice is refused, as far as it was not read."""
    read, marks = found.read, found.marks
    wanted: set[Named] = set()
    gone = marks.refused.keys() | marks.denied.keys()
    for number in marks.marked:
        for place, group in enumerate(read.groups[number]):
            if group.target not in gone:
                continue
            taken = satisfying(group, marks.marked)
            for name, version, is_choice in read.alternatives_of(number, place):
                other = read.number_of((name, version))
                if other is None and is_choice:
                    wanted.add((name, version))
                elif other is not None and other == taken:
                    break
    return wanted


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


def _as_chosen(found: Chosen[_Read], client: str) -> Closure:
    """What the root reaches, renumbered."""
    read = found.read
    order = [read.root]
    numbers = {read.root: 0}
    ends: list[list[tuple[ReadEdge, int | None, Cause | None]]] = []
    for number in order:  # grows meanwhile
        mine = [
            (edge, *found.end_of(group))
            for edge, group in zip(read.edges[number], read.groups[number], strict=True)
        ]
        ends.append(mine)
        for _edge, target, _cause in mine:
            if target is not None and target not in numbers:
                numbers[target] = len(order)
                order.append(target)
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
    rivals = {*read.rivals()}
    for number in order:
        for other in read.conflicts_of(number):
            if other in numbers and other != number:
                yield numbers[number], numbers[other]
        if number in rivals:
            yield numbers[number], 0
