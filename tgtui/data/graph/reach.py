"""Reads the closure of a version, downwards or upwards, in one recursive query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tgtui.data.graph.choosing.environment import added, environment_closure
from tgtui.data.graph.choosing.root import ROWS_AT_ONCE, chosen_closure, reach, registry_of
from tgtui.data.graph.closure import Closure
from tgtui.data.graph.paths import ways_counted
from tgtui.data.models.live import DELETED_PACKAGES
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import hexadecimal, slices
from tgtui.data.versions.edges import INSTALLED, installed
from tgtui.data.views.edges import UNRESOLVED, TreeTotals, is_own_resolution
from tgtui.registries.registration import registration


class OpenEnd(Struct, frozen=True):
    """An edge of a closure whose target is not in it. Its text is hostile."""

    source: int
    """The number of the version that has it."""
    registry: str
    name: str
    """Of the target."""
    declared_name: str | None
    resolved_version: str
    type: str
    is_optional: bool

    @property
    def is_unresolved(self) -> bool:
        """No published version could be chosen."""
        return self.resolved_version == UNRESOLVED

    @property
    def is_missing(self) -> bool:
        """A version was chosen, and it is not in the catalogue yet."""
        return not (self.is_unresolved or is_own_resolution(self.registry, self.resolved_version))


class VersionName(Struct, frozen=True):
    """The full name of a version. Hostile, as all registry text."""

    registry: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.registry}:{self.name}@{self.version}"


def closure_of(
    connection: Connection,
    version_id: UUID,
    kinds: Collection[str] = INSTALLED,
    extras: str = "",
) -> Closure:
    """What an install of the version brings by edges of these types, with these extras of its own (`a,b`). Empty if it
    is not in the catalogue."""
    chosen = closure_of_root(connection, version_id, kinds, extras)
    return chosen if chosen is not None else followed(connection, version_id, kinds)


def closure_of_root(
    connection: Connection,
    version_id: UUID,
    kinds: Collection[str] = INSTALLED,
    extras: str = "",
) -> Closure | None:
    """The same where edges lead elsewhere for the sake of what else the root brings; None where they lead by
    themselves."""
    registry = registry_of(connection, version_id)
    if registry is None:
        return None
    known = registration(registry)
    if known.reuses_installed:
        return chosen_closure(connection, registry, version_id, kinds)
    if not known.resolves_whole:
        return None
    found = environment_closure(connection, version_id, kinds, extras)
    return found or (environment_closure(connection, version_id, kinds) if extras else None)


def followed(
    connection: Connection, version_id: UUID, kinds: Collection[str] = INSTALLED
) -> Closure:
    """What the version reaches if each edge leads where it does by itself; nothing is missing from it."""
    edge = package_dependencies.alias()
    which = installed(edge.c, kinds, root_id=version_id)
    return _read(
        connection, [version_id], edge.c.version_id, edge.c.resolved_version_id,
        edge.c.dependency_package_id, which,
    )  # fmt: skip


def closure_of_all(connection: Connection, version_ids: Sequence[UUID]) -> Closure:
    """What all of these versions reach, as `followed` tells it."""
    edge = package_dependencies.alias()
    return _read(
        connection, version_ids, edge.c.version_id, edge.c.resolved_version_id,
        edge.c.dependency_package_id, installed(edge.c),
    )  # fmt: skip


def dependents_closure(connection: Connection, version_ids: Sequence[UUID]) -> Closure:
    """All versions whose install brings one of these, as far as the catalogue knows."""
    edge = package_dependencies.alias()
    return _read(
        connection, version_ids, edge.c.resolved_version_id, edge.c.version_id,
        edge.c.package_id, installed(edge.c),
    )  # fmt: skip


def open_ends(
    connection: Connection, closure: Closure, kinds: Collection[str] = INSTALLED
) -> list[OpenEnd]:
    """The edges of a closure whose target is not in it; `kinds` as the closure was read with."""
    root_id = closure.id_of(0) if "dev" in kinds and len(closure) else None
    numbers = [number for number, count in enumerate(closure.open_ends) if count]
    edge = package_dependencies
    found: list[OpenEnd] = []
    for some in slices(numbers):
        of = {closure.id_of(number): number for number in some}
        rows = connection.execute(
            select(
                edge.c.id,
                edge.c.version_id,
                edge.c.dependency_registry,
                edge.c.dependency_name,
                edge.c.declared_name,
                edge.c.resolved_version,
                edge.c.dependency_type,
                edge.c.is_optional,
            )
            .where(
                edge.c.version_id.in_(of),
                installed(edge.c, kinds, root_id=root_id),
                or_(
                    edge.c.resolved_version_id.is_(None),
                    edge.c.dependency_package_id.is_(None),
                    edge.c.dependency_package_id.in_(DELETED_PACKAGES),
                ),
            )
            .order_by(edge.c.dependency_name, edge.c.id)
        )
        found += [OpenEnd(of[row[1]], *row[2:]) for row in rows if row[0] not in closure.rerouted]
    return found


def names_of(
    connection: Connection, closure: Closure, numbers: Iterable[int] | None = None
) -> dict[int, VersionName]:
    """The names of all its versions, or of these, by number."""
    wanted = list(range(len(closure)) if numbers is None else dict.fromkeys(numbers))
    found: dict[int, VersionName] = {}
    for some in slices(wanted):
        of = {closure.id_of(number): number for number in some}
        rows = connection.execute(
            select(
                package_versions.c.id,
                packages.c.registry,
                packages.c.name,
                package_versions.c.version,
            )
            .join(packages, packages.c.id == package_versions.c.package_id)
            .where(package_versions.c.id.in_(of))
        )
        found.update({of[id]: VersionName(*rest) for id, *rest in rows})
    return found


def aliases_of(connection: Connection, closure: Closure) -> list[tuple[int, str]]:
    """(number, alias) of versions that are declared under another name in the closure."""
    edge = package_dependencies
    found: list[tuple[int, str]] = []
    for some in slices(closure.ids):
        rows = connection.execute(
            select(edge.c.id, edge.c.resolved_version_id, edge.c.declared_name).where(
                edge.c.version_id.in_(some),
                edge.c.declared_name.is_not(None),
                or_(installed(edge.c), edge.c.id.in_(added(closure.rerouted.items()))),
            )
        )
        for id, target, alias in rows:
            rerouted = closure.rerouted.get(id)
            number = closure.number_of(rerouted.id if rerouted else target)
            if number is not None and alias is not None:
                found.append((number, alias))
    return found


def totals_of(closure: Closure, ends: Iterable[OpenEnd]) -> TreeTotals:
    """Counts over the whole closure; `ends` are its open ends."""
    ends = list(ends)
    return TreeTotals(
        packages=len(closure) - closure.roots,
        depth=max(closure.levels, default=0),
        repeated=closure.edge_count - (len(closure) - closure.roots),
        unresolved=sum(end.is_unresolved for end in ends),
        missing=sum(end.is_missing for end in ends),
        not_loaded=len(closure) - sum(closure.loaded),
        deprecated=sum(closure.yanked[closure.roots :]),
        clashes=len(closure.clashes),
    )


def threatening(closure: Closure, version_ids: Iterable[UUID]) -> tuple[int, bool]:
    """How many paths lead from the root to these versions, and whether there are more."""
    numbers = [number for id in version_ids if (number := closure.number_of(id)) is not None]
    counts = ways_counted(closure, numbers).values()
    return sum(count for count, _is_more in counts), any(is_more for _count, is_more in counts)


def _read(
    connection: Connection,
    roots: Sequence[UUID],
    start: Any,
    end: Any,
    end_package: Any,
    which: ColumnElement[bool],
) -> Closure:
    """Follow edges from `start` to `end`. `UNION` on the version alone: cycles stop, paths are not counted."""
    reached = reach(roots, start, end, end_package, which)
    ends = (
        select(func.aggregate_strings(hexadecimal(end), ","))
        .where(start == reached.c.id, which)
        .scalar_subquery()
        .correlate(reached)
    )
    result = connection.execute(
        select(
            hexadecimal(reached.c.id),
            package_versions.c.dependencies_fetched_at.is_not(None),
            package_versions.c.is_yanked,
            ends,
        ).join(package_versions, package_versions.c.id == reached.c.id)
    )
    first = {id.hex: place for place, id in enumerate(roots)}
    rows = [(row[0].lower(), *row[1:]) for some in result.partitions(ROWS_AT_ONCE) for row in some]
    rows.sort(key=lambda row: first.get(row[0], len(first)))
    numbers = {row[0]: number for number, row in enumerate(rows)}
    targets: list[list[int]] = []
    open_ends: list[int] = []
    for row in rows:
        keys = row[3].lower().split(",") if row[3] is not None else ()
        here = [numbers[key] for key in keys if key in numbers]
        targets.append(here)
        open_ends.append(len(keys) - len(here))
    return Closure(
        keys=list(numbers),
        targets=targets,
        open_ends=open_ends,
        loaded=[bool(row[1]) for row in rows],
        yanked=[bool(row[2]) for row in rows],
        roots=sum(key in first for key in numbers),
        _numbers=numbers,
    )
