"""What several packages bring together: counted from their trees, as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.graph.reach import closure_of
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.insights import SharedBy, SharedPackage


def shared_by(connection: Connection, package_ids: Sequence[UUID]) -> SharedBy:
    """What the latest versions of these packages bring together. What is gone or has no version is left out."""
    rows = connection.execute(
        select(
            packages.c.id, packages.c.registry, packages.c.name, latest_version_id(packages.c.id)
        ).where(packages.c.id.in_(package_ids), packages.c.deleted_at.is_(None))
    )
    found = {row[0]: row[1:] for row in rows if row[3] is not None}
    here = [found[id] for id in package_ids if id in found]
    names = tuple(f"{registry}:{name}" for registry, name, _version in here)
    return SharedBy(names, tuple(shared(connection, [version for *_, version in here])))


def shared(connection: Connection, version_ids: Sequence[UUID]) -> list[SharedPackage]:
    """Packages in the trees of at least two of these versions, those of most of them first.

    One of the set that another brings counts as brought by both.
    """
    of: dict[UUID, set[int]] = {}
    for place, version_id in enumerate(version_ids):
        for id in closure_of(connection, version_id).ids:
            of.setdefault(id, set()).add(place)
    names: dict[UUID, tuple[str, str]] = {}
    versions: dict[UUID, list[tuple[str, str]]] = {}
    places: dict[UUID, set[int]] = {}
    for some in slices(list(of)):
        v = package_versions
        rows = connection.execute(
            select(
                v.c.id,
                v.c.version,
                v.c.sort_key,
                packages.c.id,
                packages.c.registry,
                packages.c.name,
            )
            .join(packages, packages.c.id == v.c.package_id)
            .where(v.c.id.in_(some))
        )
        for id, version, sort_key, package_id, registry, name in rows:
            names[package_id] = (registry, name)
            versions.setdefault(package_id, []).append((sort_key, version))
            places.setdefault(package_id, set()).update(of[id])
    found = [
        SharedPackage(
            *names[package_id],
            package_id,
            tuple(version for _key, version in sorted(versions[package_id])),
            tuple(sorted(by)),
        )
        for package_id, by in places.items()
        if len(by) > 1
    ]
    return sorted(found, key=lambda each: (-len(each.brought_by), each.name, each.registry))
