"""The same software in other registries: packages that share an address and a name, or a name and a version."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from sqlalchemy import Connection, bindparam, exists, select

from tgtui.data.models.tables import cross_registry_links, package_versions, packages
from tgtui.data.storage.sql import AnySelect
from tgtui.data.views.packages import SameSoftware
from tgtui.registries.registration import registration

MOST = 12
"""Shown at most; more than these share a common homepage."""
MAX_VERSIONS = 100
"""Of a package that are looked for among another's."""


def same_software(
    connection: Connection, package_id: UUID, registry: str, name: str
) -> tuple[SameSoftware, ...]:
    """By registry, then name."""
    rows = connection.execute(_others(), {"package_id": package_id, "registry": registry})
    found = {SameSoftware(*row) for row in rows}
    own = SameSoftware(package_id, registry, name)
    found |= {
        each for each in _counterparts(connection, own) if _share_version(connection, own, each)
    }
    return tuple(sorted(found, key=lambda each: (each.registry, each.name))[:MOST])


def _counterparts(connection: Connection, own: SameSoftware) -> list[SameSoftware]:
    return [
        SameSoftware(id, registry, name)
        for registry, name in registration(own.registry).counterparts(own.name)
        if (id := connection.scalar(_named(), {"registry": registry, "name": name})) is not None
    ]


def _share_version(connection: Connection, one: SameSoftware, other: SameSoftware) -> bool:
    """Whether a version of the one that has few is a version of the other."""
    few, many = sorted(
        (one, other), key=lambda each: registration(each.registry).keeps_old_versions
    )
    spelled = registration(few.registry).upstream_versions
    texts = connection.scalars(_versions(), {"package_id": few.package_id})
    wanted = sorted({spelling for text in texts for spelling in spelled(text)})
    answer = connection.scalar(_has_any(), {"package_id": many.package_id, "versions": wanted})
    return bool(answer)


@cache
def _others() -> AnySelect:
    """Built once, because that takes longer than running it."""
    own, other = cross_registry_links.alias(), cross_registry_links.alias()
    return (
        select(packages.c.id, packages.c.registry, packages.c.name)
        .join(other, other.c.package_id == packages.c.id)
        .join(own, own.c.software == other.c.software)
        .where(
            own.c.package_id == bindparam("package_id"),
            packages.c.registry != bindparam("registry"),
            packages.c.deleted_at.is_(None),
        )
        .distinct()
        .order_by(packages.c.registry, packages.c.name)
        .limit(MOST)
    )


@cache
def _named() -> AnySelect:
    return select(packages.c.id).where(
        packages.c.registry == bindparam("registry"),
        packages.c.name == bindparam("name"),
        packages.c.deleted_at.is_(None),
    )


@cache
def _versions() -> AnySelect:
    return (
        select(package_versions.c.version)
        .where(package_versions.c.package_id == bindparam("package_id"))
        .limit(MAX_VERSIONS)
    )


@cache
def _has_any() -> AnySelect:
    return select(
        exists().where(
            package_versions.c.package_id == bindparam("package_id"),
            package_versions.c.version.in_(bindparam("versions", expanding=True)),
        )
    )
