"""Who depends on a version or on a package, as far as the catalogue knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import nsmallest
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import VersionName, dependents_closure, names_of
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import (
    PackageDependencyColumns,
    package_dependencies,
    package_versions,
    packages,
)
from tgtui.data.storage.sql import slices
from tgtui.data.versions.edges import TYPE_ORDER, installed
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import Edge

MAX_STEPS = 20
"""Steps of a path that is shown in full."""


class Link(Struct, frozen=True):
    """How one version on a path declares the next."""

    range: str
    type: str
    declared_name: str | None
    """The alias it is declared under."""
    is_optional: bool


class Step(Struct, frozen=True):
    """A version on a path, and how it declares the next one. Its text is hostile."""

    version_id: UUID | None
    """None if the version is not stored."""
    name: VersionName
    link: Link | None
    """None at the end of the path."""


class Reacher(Struct, frozen=True):
    """A version whose install brings the one in question."""

    steps: int
    """The distance in edges."""
    way: tuple[Step, ...]
    """A shortest path, from itself to the version in question; the middle of a long one is left out."""

    @property
    def is_direct(self) -> bool:
        return self.steps == 1

    @property
    def left_out(self) -> int:
        """How many steps are left out before the last one."""
        return self.steps + 1 - len(self.way)


def dependents_of_each(
    connection: Connection, version_ids: Sequence[UUID], *, with_dev: bool = False
) -> dict[UUID, list[Edge]]:
    """Who resolves to each of these versions, by name: edges that point up.

    Such an edge names its source and the range the source declares; `child_count` counts the edges above it.
    """
    found: dict[UUID, list[Edge]] = {version_id: [] for version_id in version_ids}
    for some in slices(list(found)):
        for target_id, edge in _edges_up(connection, some, with_dev):
            found[target_id].append(edge)
    return found


def versions_in_use(connection: Connection, package_id: UUID) -> list[Edge]:
    """The versions of a package that something in the catalogue resolves to, newest first, in the form of edges."""
    edge, version = package_dependencies, package_versions
    users = func.count().label("users")
    used = (
        select(edge.c.resolved_version_id.label("id"), users)
        .where(
            edge.c.dependency_package_id == package_id,
            edge.c.resolved_version_id.is_not(None),
            is_here(edge.c.package_id),
            installed(edge.c),
        )
        .group_by(edge.c.resolved_version_id)
        .subquery()
    )
    rows = connection.execute(
        select(version.c.id, version.c.version, version.c.is_yanked, used.c.users, packages.c.name)
        .add_columns(packages.c.registry.label("registry"))
        .join(used, used.c.id == version.c.id)
        .join(packages, packages.c.id == version.c.package_id)
        .where(packages.c.deleted_at.is_(None))
        .order_by(version.c.sort_key.desc())
    )
    return [
        Edge(
            id=row.id,
            registry=row.registry,
            name=row.name,
            declared_name=None,
            range=row.version,
            resolved_version=row.version,
            resolved_version_id=row.id,
            package_id=package_id,
            resolution_error=None,
            type="runtime",
            source_field="",
            is_optional=False,
            is_yanked=row.is_yanked,
            is_outdated=False,
            is_loaded=True,
            child_count=row.users,
        )
        for row in rows
    ]


def reachers(connection: Connection, version_ids: Sequence[UUID]) -> list[Reacher]:
    """Every version whose install brings one of these, nearest first, then by name."""
    closure = dependents_closure(connection, version_ids)
    return _reachers(connection, closure, range(closure.roots, len(closure)))


def nearest_reachers(
    connection: Connection, version_ids: Sequence[UUID], limit: int
) -> tuple[list[Reacher], int]:
    """Some of those that are nearest, and how many there are."""
    closure = dependents_closure(connection, version_ids)
    numbers = range(closure.roots, len(closure))
    nearest = nsmallest(limit, numbers, key=closure.levels.__getitem__)
    return _reachers(connection, closure, nearest), len(numbers)


def _reachers(connection: Connection, closure: Closure, numbers: Collection[int]) -> list[Reacher]:
    passed = set(numbers)
    for number in numbers:
        above = number
        for _step in range(MAX_STEPS):
            if (above := closure.parents[above]) < 0:
                break
            passed.add(above)
    names = names_of(connection, closure, {*passed, *range(closure.roots)})
    order = sorted(
        (number for number in numbers if number in names),
        key=lambda n: (closure.levels[n], names[n].registry, names[n].name, names[n].version),
    )
    ids, parents, root_of = closure.ids, closure.parents, _roots(closure)
    links = links_between(connection, ((ids[number], ids[parents[number]]) for number in order))
    found: list[Reacher] = []
    for number in order:
        way = [number]
        while parents[way[-1]] >= 0 and len(way) < MAX_STEPS:
            way.append(parents[way[-1]])
        steps = closure.levels[number]
        told = [
            Step(ids[here], names[here], links.get((ids[here], ids[parents[here]])))
            for here in way
            if parents[here] >= 0
        ]
        end = root_of[number]
        found.append(Reacher(steps, (*told, Step(ids[end], names[end], None))))
    return found


def _roots(closure: Closure) -> list[int]:
    """The root that each version was reached from."""
    roots = list(range(len(closure)))
    for number in sorted(range(len(closure)), key=closure.levels.__getitem__):
        if (above := closure.parents[number]) >= 0:
            roots[number] = roots[above]
    return roots


def links_between(
    connection: Connection, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Link]:
    """How the first of each pair declares the second; of several edges the most binding one."""
    wanted: dict[UUID, set[UUID]] = {}
    for source, target in pairs:
        wanted.setdefault(source, set()).add(target)
    found: dict[tuple[UUID, UUID], Link] = {}
    edge = package_dependencies
    for some in slices(list(wanted)):
        targets = {target for source in some for target in wanted[source]}
        rows = connection.execute(
            select(
                edge.c.version_id,
                edge.c.resolved_version_id,
                edge.c.dependency_version_range,
                edge.c.dependency_type,
                edge.c.declared_name,
                edge.c.is_optional,
            ).where(edge.c.version_id.in_(some), edge.c.resolved_version_id.in_(targets))
        ).all()
        for row in sorted(rows, key=lambda row: TYPE_ORDER[row[3]], reverse=True):
            assert row[1] is not None
            if row[1] in wanted[row[0]]:
                found[row[0], row[1]] = Link(*row[2:])
    return found


def _edges_up(
    connection: Connection, target_ids: Sequence[UUID], with_dev: bool
) -> Iterator[tuple[UUID, Edge]]:
    edge, above = package_dependencies, package_dependencies.alias()
    source, version, latest = packages.alias(), package_versions.alias(), package_versions.alias()
    count_above = (
        select(func.count())
        .where(
            above.c.resolved_version_id == version.c.id,
            installed(above.c),
            is_here(above.c.package_id),
        )
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            edge.c.resolved_version_id,
            edge.c.id,
            edge.c.dependency_version_range,
            edge.c.declared_name,
            edge.c.dependency_type,
            edge.c.source_field,
            edge.c.is_optional,
            source.c.id.label("package_id"),
            source.c.registry.label("registry"),
            source.c.name,
            version.c.id.label("version_id"),
            version.c.version,
            version.c.is_yanked,
            (latest.c.sort_key > version.c.sort_key).label("is_outdated"),
            count_above.label("count_above"),
        )
        .join(source, source.c.id == edge.c.package_id)
        .join(version, version.c.id == edge.c.version_id)
        .outerjoin(latest, latest.c.id == latest_version_id(source.c.id))
        .where(
            edge.c.resolved_version_id.in_(target_ids),
            is_here(edge.c.dependency_package_id),
            _counts(edge.c, with_dev),
            source.c.deleted_at.is_(None),
        )
        .order_by(source.c.search_name, version.c.sort_key.desc(), edge.c.id)
    )
    for row in rows:
        is_dev = row.dependency_type == "dev"
        yield (
            row.resolved_version_id,
            Edge(
                id=row.id,
                registry=row.registry,
                name=row.name,
                declared_name=row.declared_name,
                range=row.dependency_version_range,
                resolved_version=row.version,
                resolved_version_id=row.version_id,
                package_id=row.package_id,
                resolution_error=None,
                type=row.dependency_type,
                source_field=row.source_field,
                is_optional=row.is_optional,
                is_yanked=row.is_yanked,
                is_outdated=bool(row.is_outdated),
                is_loaded=True,
                # Installing a package does not install its dev dependencies.
                child_count=0 if is_dev else row.count_above,
            ),
        )


def _counts(edge: PackageDependencyColumns, with_dev: bool) -> ColumnElement[bool]:
    return or_(installed(edge), edge.dependency_type == "dev") if with_dev else installed(edge)
