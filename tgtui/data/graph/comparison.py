"""Two versions of a package side by side: their own dependencies, and their closures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import VersionName, closure_of, names_of, open_ends
from tgtui.data.graph.tree import TreeQuery, top_of
from tgtui.data.packages.detail import package_detail
from tgtui.data.versions.advisories.reading import findings_of
from tgtui.data.versions.listing import version_row
from tgtui.data.views.edges import Edge
from tgtui.data.views.versions import VersionRow

Package = tuple[str, str]
"""(registry, name)"""


class Change(Struct, frozen=True):
    """A dependency that the two versions declare differently. At most one side is None."""

    before: Edge | None
    after: Edge | None

    @property
    def edge(self) -> Edge:
        """The newer side if there is one, else the older."""
        edge = self.after or self.before
        assert edge is not None
        return edge


class Moved(Struct, frozen=True):
    """A package that both closures have in different versions, or only one of them."""

    registry: str
    name: str
    before: tuple[str, ...]
    """Its versions that only the first closure has, at any depth."""
    after: tuple[str, ...]
    kept: tuple[str, ...]
    """Versions that both have."""


class Side(Struct, frozen=True):
    """One of the two versions."""

    version: VersionRow
    packages: int
    """Versions that its closure brings."""
    is_whole: bool
    """Its whole closure is loaded; else there may be more than is shown."""


class Comparison(Struct, frozen=True):
    """From one version to another; either may be the newer."""

    before: Side
    after: Side
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]
    """Another range, another choice, or another type."""
    gained: tuple[Moved, ...]
    """Packages that only the second closure has."""
    lost: tuple[Moved, ...]
    moved: tuple[Moved, ...]
    """Packages that both have, in different versions."""
    mended: tuple[int, ...] = ()
    """Severities of the flaws that only the first closure has, the worst first."""
    brought: tuple[int, ...] = ()
    """Of those that only the second has."""

    @property
    def is_same(self) -> bool:
        """No difference, at any level."""
        return not (
            self.added or self.removed or self.changed or self.gained or self.lost or self.moved
        )


def compare(connection: Connection, before_id: UUID, after_id: UUID) -> Comparison | None:
    """Compare what installs of them bring; None if one of the versions is no longer in the catalogue."""
    first, second = version_row(connection, before_id), version_row(connection, after_id)
    if first is None or second is None or package_detail(connection, first.package_id) is None:
        return None
    closures = [closure_of(connection, id) for id in (before_id, after_id)]
    brought = [_packages(connection, closure) for closure in closures]
    gained, lost, moved = _moved(*brought)
    added, removed, changed = _changes(
        *(
            top_of(connection, TreeQuery(id), closure.rerouted)
            for id, closure in zip((before_id, after_id), closures, strict=True)
        )
    )
    flaws = [_flaws(connection, closure) for closure in closures]
    return Comparison(
        mended=_only(flaws[0], flaws[1]),
        brought=_only(flaws[1], flaws[0]),
        before=_side(connection, first, closures[0]),
        after=_side(connection, second, closures[1]),
        added=added,
        removed=removed,
        changed=changed,
        gained=gained,
        lost=lost,
        moved=moved,
    )


def _flaws(connection: Connection, closure: Closure) -> dict[tuple[str, str, str], int]:
    """Severity by registry, name and flaw, whatever the version."""
    found = findings_of(connection, closure.ids)
    numbers = {id: number for id in found if (number := closure.number_of(id)) is not None}
    names = names_of(connection, closure, numbers.values())
    return {
        (names[number].registry, names[number].name, finding.flaw): finding.severity
        for id, number in numbers.items()
        for finding in found[id]
    }


def _only(
    here: Mapping[tuple[str, str, str], int], there: Mapping[tuple[str, str, str], int]
) -> tuple[int, ...]:
    return tuple(sorted((rank for key, rank in here.items() if key not in there), reverse=True))


def _side(connection: Connection, version: VersionRow, closure: Closure) -> Side:
    is_whole = all(closure.loaded) and not any(
        end.is_missing for end in open_ends(connection, closure)
    )
    return Side(version, len(closure) - 1, is_whole)


def _changes(
    before: Sequence[Edge], after: Sequence[Edge]
) -> tuple[tuple[Change, ...], tuple[Change, ...], tuple[Change, ...]]:
    old, new = _by_name(before), _by_name(after)
    added = tuple(Change(None, edge) for key, edge in new.items() if key not in old)
    removed = tuple(Change(edge, None) for key, edge in old.items() if key not in new)
    changed = tuple(
        Change(edge, new[key])
        for key, edge in old.items()
        if key in new and _asked(edge) != _asked(new[key])
    )
    return added, removed, changed


def _by_name(edges: Iterable[Edge]) -> dict[tuple[str, str, int], Edge]:
    """By the name they are installed as; apt may name a package more than once."""
    found: dict[tuple[str, str, int], Edge] = {}
    for edge in edges:
        place = 0
        while (key := (edge.registry, edge.declared_name or edge.name, place)) in found:
            place += 1
        found[key] = edge
    return found


def _asked(edge: Edge) -> tuple[object, ...]:
    return (edge.name, edge.range, edge.resolved_version, edge.type, edge.is_optional)


def _packages(connection: Connection, closure: Closure) -> dict[Package, set[str]]:
    """Versions of each package in the closure, without its root."""
    found: dict[Package, set[str]] = {}
    names = names_of(connection, closure, range(closure.roots, len(closure)))
    for name in names.values():
        found.setdefault((name.registry, name.name), set()).add(name.version)
    for end in open_ends(connection, closure):
        if end.is_missing:
            name = VersionName(end.registry, end.name, end.resolved_version)
            found.setdefault((name.registry, name.name), set()).add(name.version)
    return found


def _moved(
    before: dict[Package, set[str]], after: dict[Package, set[str]]
) -> tuple[tuple[Moved, ...], tuple[Moved, ...], tuple[Moved, ...]]:
    gained: list[Moved] = []
    lost: list[Moved] = []
    moved: list[Moved] = []
    for package in sorted({*before, *after}):
        old, new = before.get(package, set()), after.get(package, set())
        entry = Moved(
            *package, tuple(sorted(old - new)), tuple(sorted(new - old)), tuple(sorted(old & new))
        )
        if not old:
            gained.append(entry)
        elif not new:
            lost.append(entry)
        elif old != new:
            moved.append(entry)
    return tuple(gained), tuple(lost), tuple(moved)
