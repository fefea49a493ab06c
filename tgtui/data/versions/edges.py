"""The edges of versions, and which of them an install follows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, get_args
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    case,
    distinct,
    func,
    or_,
    select,
)

from tgtui.data.models.advisories import advisory_findings
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import (
    PackageDependencyColumns,
    PackageVersionColumns,
    package_dependencies,
    package_versions,
    packages,
)
from tgtui.data.storage.sql import AnySelect, slices
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.advisories import Worst
from tgtui.data.views.edges import USES, Edge
from tgtui.registries.base import REGISTRIES, DependencyType
from tgtui.registries.registration import registration
from tgtui.syntax.query import Operator

TYPE_ORDER = {type: place for place, type in enumerate(get_args(DependencyType))}
INSTALLED = frozenset({"runtime", "peer", "optional"})
"""Types of edges an install follows; peers only if not optional."""


def installed(
    edge: PackageDependencyColumns,
    kinds: Collection[str] = INSTALLED,
    *,
    root_id: UUID | None = None,
) -> ColumnElement[bool]:
    """Edges an install of the package follows: runtime, optional, required peers; never dev.

    `kinds` narrows or widens that; dev counts only for the version `root_id`.
    """
    ways: list[ColumnElement[bool]] = [edge.dependency_type.in_(sorted({*kinds} - {"peer", "dev"}))]
    if "peer" in kinds:
        ways.append(and_(edge.dependency_type == "peer", edge.is_optional.is_(False)))
    if "dev" in kinds and root_id is not None:
        ways.append(and_(edge.dependency_type == "dev", edge.version_id == root_id))
    return or_(*ways)


def suggested(edge: PackageDependencyColumns) -> ColumnElement[bool]:
    """Edges that an install leaves alone although they are not for development: optional peers."""
    return and_(edge.dependency_type == "peer", edge.is_optional)


def place_of_use(edge: PackageDependencyColumns) -> ColumnElement[int]:
    """The place in USES of an edge."""
    by_type = {use: place for place, use in enumerate(USES)}
    place = by_type.pop("suggested")
    return case((suggested(edge), place), else_=case(by_type, value=edge.dependency_type))


def asked_by(edge: PackageDependencyColumns, operator: Operator) -> ColumnElement[bool]:
    """Edges of the use that `dep:`, `sugdep:` or `devdep:` asks for."""
    if operator == "dep":
        return installed(edge)
    return suggested(edge) if operator == "sugdep" else edge.dependency_type == "dev"


def more_than(edge: PackageDependencyColumns, operator: Operator) -> ColumnElement[bool] | None:
    """Edges of a more binding use, which a package must not have to be found by it; None if there is none."""
    if operator == "dep":
        return None
    return installed(edge) if operator == "sugdep" else edge.dependency_type != "dev"


def is_sourced(edge: PackageDependencyColumns) -> ColumnElement[bool]:
    """`is_own_resolution` in SQL: git, a file or a URL stands in place of a version."""
    sourced = [name for name in REGISTRIES if registration(name).admits_sources]
    has_sign = edge.resolved_version.contains(":") | edge.resolved_version.contains("/")
    return and_(edge.dependency_registry.in_(sourced), has_sign)


def edges_of(
    connection: Connection, version_id: UUID, *, only_installed: bool = False
) -> list[Edge]:
    """A version's edges by type, then name. `only_installed` leaves out dev and optional peers."""
    return edges_of_each(connection, [version_id], only_installed=only_installed)[version_id]


def edges_of_each(
    connection: Connection, version_ids: Sequence[UUID], *, only_installed: bool = False
) -> dict[UUID, list[Edge]]:
    """The same for many versions, 500 per query."""
    found: dict[UUID, list[Edge]] = {version_id: [] for version_id in version_ids}
    for some in slices(list(found)):
        for version_id, edge in _edges(connection, some, only_installed):
            found[version_id].append(edge)
    return found


class Target(Struct, frozen=True):
    """What an edge says of the version it leads to."""

    package_id: UUID
    is_yanked: bool
    is_outdated: bool
    is_loaded: bool
    child_count: int
    worst: Worst | None = None


def targets_of(connection: Connection, version_ids: Sequence[UUID]) -> dict[UUID, Target]:
    """What edges to these versions say of them; those that are gone are left out."""
    found: dict[UUID, Target] = {}
    for some in slices(version_ids):
        for row in connection.execute(_targets(), {"ids": some}):
            found[row.id] = Target(
                row.package_id,
                row.is_yanked,
                bool(row.is_outdated),
                row.dependencies_fetched_at is not None,
                row.child_count,
                _worst(row),
            )
    return found


def _edges(
    connection: Connection, version_ids: Sequence[UUID], only_installed: bool
) -> Iterator[tuple[UUID, Edge]]:
    for row in connection.execute(_edges_of(only_installed), {"ids": version_ids}):
        yield (
            row.version_id,
            Edge(
                id=row.id,
                registry=row.dependency_registry,
                name=row.dependency_name,
                declared_name=row.declared_name,
                range=row.dependency_version_range,
                resolved_version=row.resolved_version,
                resolved_version_id=row.resolved_version_id if row.target_id else None,
                package_id=row.target_id,
                resolution_error=row.resolution_error,
                type=row.dependency_type,
                source_field=row.source_field,
                is_optional=row.is_optional,
                is_yanked=bool(row.is_yanked),
                is_outdated=bool(row.is_outdated),
                is_loaded=row.dependencies_fetched_at is not None,
                child_count=row.child_count,
                worst=_worst(row),
            ),
        )


def _worst(row: Any) -> Worst | None:
    return Worst(row.flaws, row.severity) if row.severity is not None else None


def _advice(version: PackageVersionColumns) -> tuple[Any, Any]:
    """The worst severity of its advisories, and how many flaws they are."""
    its, found = advisory_findings.c.version_id == version.id, advisory_findings.c
    severity = select(func.max(found.severity)).where(its).scalar_subquery()
    flaws = select(func.count(distinct(found.flaw))).where(its).scalar_subquery()
    return severity.label("severity"), flaws.label("flaws")


def _child_count(version: PackageVersionColumns) -> ScalarSelect[int]:
    child = package_dependencies.alias()
    return (
        select(func.count())
        .where(child.c.version_id == version.id, installed(child.c))
        .scalar_subquery()
    )


@cache
def _targets() -> AnySelect:
    """Built once, like the next, because that takes longer than running it."""
    version, latest = package_versions.alias(), package_versions.alias()
    return (
        select(
            version.c.id,
            version.c.package_id,
            version.c.is_yanked,
            (latest.c.sort_key > version.c.sort_key).label("is_outdated"),
            version.c.dependencies_fetched_at,
            _child_count(version.c).label("child_count"),
            *_advice(version.c),
        )
        .select_from(version)
        .outerjoin(latest, latest.c.id == latest_version_id(version.c.package_id))
        .where(version.c.id.in_(bindparam("ids", expanding=True)), is_here(version.c.package_id))
    )


@cache
def _edges_of(only_installed: bool) -> AnySelect:
    edge, target, version = package_dependencies, packages.alias(), package_versions.alias()
    latest = package_versions.alias()
    statement = (
        select(
            *edge.columns,
            target.c.id.label("target_id"),
            version.c.is_yanked,
            version.c.dependencies_fetched_at,
            (latest.c.sort_key > version.c.sort_key).label("is_outdated"),
            _child_count(version.c).label("child_count"),
            *_advice(version.c),
        )
        .outerjoin(
            target, and_(target.c.id == edge.c.dependency_package_id, target.c.deleted_at.is_(None))
        )
        .outerjoin(
            version,
            and_(version.c.id == edge.c.resolved_version_id, version.c.package_id == target.c.id),
        )
        .outerjoin(latest, latest.c.id == latest_version_id(target.c.id))
        .where(edge.c.version_id.in_(bindparam("ids", expanding=True)), is_here(edge.c.package_id))
        .order_by(case(TYPE_ORDER, value=edge.c.dependency_type), edge.c.dependency_name, edge.c.id)
    )
    return statement.where(installed(edge.c)) if only_installed else statement
