"""What an archive that was read here shows of a version. It stays whatever the registry says later."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.search.index import touch
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import insert_missing
from tgtui.data.versions.storing_facts import values_of
from tgtui.registries.base import Facts


def store_measured(
    connection: Connection, registry: str, name: str, version: str, *, size: int, files: int
) -> None:
    """Bytes of its files unpacked, and their number. Nothing happens if the version is not here, or if that is known."""
    p, v, f = packages.c, package_versions.c, package_facts.c
    found = connection.execute(
        select(v.id, v.package_id, f.measured_size, f.measured_files)
        .select_from(packages)
        .join(package_versions, v.package_id == p.id)
        .outerjoin(package_facts, f.id == v.id)
        .where(p.registry == registry, p.name == name, v.version == version)
    ).one_or_none()
    if found is None or (found.measured_size, found.measured_files) == (size, files):
        return
    version_id, package_id, *_ = found
    insert_missing(connection, package_facts, [{"id": version_id, **values_of(Facts())}])
    connection.execute(
        update(package_facts)
        .where(package_facts.c.id == version_id)
        .values(measured_size=size, measured_files=files)
    )
    touch(connection, [package_id])
    announce(connection, "packages")
