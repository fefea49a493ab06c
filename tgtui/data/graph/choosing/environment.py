"""The closure of a version whose client chooses one version of each name for all that a root brings: pip.

That choice is stored with the root. Each edge leads to the root's member of its name; an extra's edges are followed
where something in the environment asks for that extra.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, and_, select

from tgtui.data.graph.closure import Closure, Rerouted
from tgtui.data.models.environments import package_environment_members, package_environments
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.edges import installed
from tgtui.data.views.edges import is_own_resolution
from tgtui.data.views.versions import EnvironmentInfo
from tgtui.registries.registration import EXTRA


class _Member(Struct, frozen=True):
    id: UUID
    name: str
    version: str
    extras: frozenset[str]
    is_loaded: bool
    is_yanked: bool


def environment_info(
    connection: Connection, version_id: UUID, extras: str = ""
) -> EnvironmentInfo | None:
    """Of the environment with exactly these extras; None if it was not worked out."""
    found = environments_of(connection, version_id)
    return next((each for each in found if each.extras == extras), None)


def environments_of(connection: Connection, version_id: UUID) -> list[EnvironmentInfo]:
    """One for each set of extras that was asked for, that without any first."""
    e = package_environments.c
    rows = connection.execute(
        select(e.extras, e.context, e.error, e.notes)
        .where(e.version_id == version_id)
        .order_by(e.extras)
    )
    return [
        EnvironmentInfo(row.extras, row.context, row.error, tuple((row.notes or "").splitlines()))
        for row in rows
    ]


def environment_closure(
    connection: Connection, version_id: UUID, kinds: Collection[str], extras: str = ""
) -> Closure | None:
    """What would be installed; None if that was not worked out, or nothing can be."""
    e = package_environments.c
    rows = connection.execute(
        select(e.id, packages.c.registry)
        .join(package_versions, package_versions.c.id == e.version_id)
        .join(packages, packages.c.id == package_versions.c.package_id)
        .where(
            e.version_id == version_id,
            e.extras == extras,
            e.error.is_(None),
            packages.c.deleted_at.is_(None),
        )
    ).one_or_none()
    if rows is None:
        return None
    members = _members(connection, rows.id, rows.registry)
    here = {member.id: member for member in members.values()}
    if version_id not in here:
        return None
    edges = _edges(connection, here, kinds, version_id)
    return _closure(here[version_id], members, edges)


class _Edge(Struct, frozen=True):
    id: UUID
    name: str
    resolved: UUID | None
    is_open: bool
    """It is not from a registry."""
    is_added: bool


def _members(connection: Connection, environment_id: UUID, registry: str) -> dict[str, _Member]:
    """By name, those that are in the catalogue."""
    m, v, p = package_environment_members.c, package_versions.c, packages.c
    rows = connection.execute(
        select(m.package_name, m.version, m.extras, v.id, v.dependencies_fetched_at, v.is_yanked)
        .select_from(package_environment_members)
        .join(
            packages,
            and_(p.name == m.package_name, p.registry == registry, p.deleted_at.is_(None)),
        )
        .join(package_versions, and_(v.package_id == p.id, v.version == m.version))
        .where(m.environment_id == environment_id)
    )
    return {
        name: _Member(
            id, name, version, frozenset(extras.split(",")) - {""}, at is not None, is_yanked
        )
        for name, version, extras, id, at, is_yanked in rows
    }


def _edges(
    connection: Connection, here: dict[UUID, _Member], kinds: Collection[str], root_id: UUID
) -> dict[UUID, list[_Edge]]:
    edge = package_dependencies.c
    found: dict[UUID, list[_Edge]] = {}
    for some in slices(list(here)):
        rows = connection.execute(
            select(
                edge.id,
                edge.version_id,
                edge.dependency_registry,
                edge.dependency_name,
                edge.resolved_version,
                edge.resolved_version_id,
                edge.source_field,
                installed(edge, kinds, root_id=root_id).label("is_installed"),
            )
            .where(edge.version_id.in_(some), is_here(edge.package_id))
            .order_by(edge.id)
        )
        for row in rows:
            extra = row.source_field.removeprefix(EXTRA)
            is_added = (
                not row.is_installed
                and row.source_field.startswith(EXTRA)
                and extra in here[row.version_id].extras
                and "runtime" in kinds
            )
            if row.is_installed or is_added:
                is_open = is_own_resolution(row.dependency_registry, row.resolved_version)
                found.setdefault(row.version_id, []).append(
                    _Edge(row.id, row.dependency_name, row.resolved_version_id, is_open, is_added)
                )
    return found


def _closure(root: _Member, members: dict[str, _Member], edges: dict[UUID, list[_Edge]]) -> Closure:
    order = [root]
    numbers = {root.id: 0}
    targets: list[list[int]] = []
    open_ends: list[int] = []
    rerouted: dict[UUID, Rerouted] = {}
    for member in order:  # grows meanwhile
        mine: list[int] = []
        absent = 0
        for edge in edges.get(member.id, ()):
            target = members.get(edge.name)
            if target is None or edge.is_open:
                absent += 1
                continue
            if target.id not in numbers:
                numbers[target.id] = len(order)
                order.append(target)
            mine.append(numbers[target.id])
            if target.id != edge.resolved or edge.is_added:
                rerouted[edge.id] = Rerouted(
                    target.id, target.name, target.version, is_added=edge.is_added
                )
        targets.append(mine)
        open_ends.append(absent)
    keys = [member.id.hex for member in order]
    return Closure(
        keys=keys,
        targets=targets,
        open_ends=open_ends,
        loaded=[member.is_loaded for member in order],
        yanked=[member.is_yanked for member in order],
        rerouted=rerouted,
        _numbers={key: number for number, key in enumerate(keys)},
    )


def added(rerouted: Iterable[tuple[UUID, Rerouted]]) -> list[UUID]:
    """The edges that are followed in one closure only, because something asks for the extra they belong to."""
    return [id for id, route in rerouted if route.is_added]
