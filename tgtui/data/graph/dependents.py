"""Who depends on a version or on a package, as far as the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import VersionName, dependents_closure, names_of
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import Package, PackageDependency, PackageVersion
from tgtui.data.storage.sql import slices
from tgtui.data.versions.edges import TYPE_ORDER, installed
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import Edge

MAX_STEPS = 20
"""Steps of a path that is shown in full."""


@dataclass(frozen=True, slots=True)
class Link:
    """How one version on a path declares the next."""

    range: str
    type: str
    declared_name: str | None
    """The alias it is declared under."""
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A version on a path, and how it declares the next one. Its text is hostile."""

    version_id: UUID
    name: VersionName
    link: Link | None
    """None at the end of the path."""


@dataclass(frozen=True, slots=True)
class Reacher:
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
    session: Session, version_ids: Sequence[UUID], *, with_dev: bool = False
) -> dict[UUID, list[Edge]]:
    """Who resolves to each of these versions, by name: edges that point up.

    Such an edge names its source and the range the source declares; `child_count` counts the edges above it.
    """
    found: dict[UUID, list[Edge]] = {version_id: [] for version_id in version_ids}
    for some in slices(list(found)):
        for target_id, edge in _edges_up(session, some, with_dev):
            found[target_id].append(edge)
    return found


def versions_in_use(session: Session, package_id: UUID) -> list[Edge]:
    """The versions of a package that something in the catalogue resolves to, newest first, in the form of edges."""
    edge, version = PackageDependency, PackageVersion
    users = func.count().label("users")
    used = (
        select(edge.resolved_version_id.label("id"), users)
        .where(
            edge.dependency_package_id == package_id,
            edge.resolved_version_id.is_not(None),
            is_here(edge.package_id),
            installed(edge),
        )
        .group_by(edge.resolved_version_id)
        .subquery()
    )
    rows = session.execute(
        select(version.id, version.version, version.is_yanked, used.c.users, Package.name)
        .add_columns(Package.registry_name.label("registry"))
        .join(used, used.c.id == version.id)
        .join(Package, Package.id == version.package_id)
        .where(Package.deleted_at.is_(None))
        .order_by(version.sort_key.desc())
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


def reachers(session: Session, version_ids: Sequence[UUID]) -> list[Reacher]:
    """Every version whose install brings one of these, nearest first, then by name."""
    closure = dependents_closure(session, version_ids)
    names = names_of(session, closure)
    order = sorted(
        (number for number in range(closure.roots, len(closure)) if number in names),
        key=lambda n: (closure.levels[n], names[n].registry, names[n].name, names[n].version),
    )
    ids, parents, root_of = closure.ids(), closure.parents, _roots(closure)
    links = links_between(session, ((ids[number], ids[parents[number]]) for number in order))
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
    session: Session, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Link]:
    """How the first of each pair declares the second; of several edges the most binding one."""
    wanted: dict[UUID, set[UUID]] = {}
    for source, target in pairs:
        wanted.setdefault(source, set()).add(target)
    found: dict[tuple[UUID, UUID], Link] = {}
    edge = PackageDependency
    for some in slices(list(wanted)):
        targets = {target for source in some for target in wanted[source]}
        rows = session.execute(
            select(
                edge.version_id,
                edge.resolved_version_id,
                edge.dependency_version_range,
                edge.dependency_type,
                edge.declared_name,
                edge.is_optional,
            ).where(edge.version_id.in_(some), edge.resolved_version_id.in_(targets))
        ).all()
        for row in sorted(rows, key=lambda row: TYPE_ORDER[row[3]], reverse=True):
            assert row[1] is not None
            if row[1] in wanted[row[0]]:
                found[row[0], row[1]] = Link(*row[2:])
    return found


def _edges_up(
    session: Session, target_ids: Sequence[UUID], with_dev: bool
) -> Iterator[tuple[UUID, Edge]]:
    edge, above = PackageDependency, aliased(PackageDependency)
    source, version, latest = aliased(Package), aliased(PackageVersion), aliased(PackageVersion)
    count_above = (
        select(func.count())
        .where(
            above.resolved_version_id == version.id,
            installed(above),
            is_here(above.package_id),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            edge.resolved_version_id,
            edge.id,
            edge.dependency_version_range,
            edge.declared_name,
            edge.dependency_type,
            edge.source_field,
            edge.is_optional,
            source.id.label("package_id"),
            source.registry_name.label("registry"),
            source.name,
            version.id.label("version_id"),
            version.version,
            version.is_yanked,
            (latest.sort_key > version.sort_key).label("is_outdated"),
            count_above.label("count_above"),
        )
        .join(source, source.id == edge.package_id)
        .join(version, version.id == edge.version_id)
        .outerjoin(latest, latest.id == latest_version_id(source.id))
        .where(
            edge.resolved_version_id.in_(target_ids),
            is_here(edge.dependency_package_id),
            _counts(edge, with_dev),
            source.deleted_at.is_(None),
        )
        .order_by(source.search_name, version.sort_key.desc(), edge.id)
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


def _counts(edge: Any, with_dev: bool) -> ColumnElement[bool]:
    return or_(installed(edge), edge.dependency_type == "dev") if with_dev else installed(edge)
