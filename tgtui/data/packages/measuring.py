"""What an archive that was read here shows of a version. It stays whatever the registry says later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select, update

from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import package_versions
from tgtui.data.search.index import touch
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import insert_missing
from tgtui.data.versions.storing_facts import values_of
from tgtui.registries.base import Facts


def store_measured(connection: Connection, version_id: UUID, size: int, files: int) -> None:
    """Bytes of its files unpacked, and their number. Nothing happens if the version is gone."""
    package_id = connection.scalar(
        select(package_versions.c.package_id).where(package_versions.c.id == version_id)
    )
    if package_id is None:
        return
    insert_missing(connection, package_facts, [{"id": version_id, **values_of(Facts())}])
    connection.execute(
        update(package_facts)
        .where(package_facts.c.id == version_id)
        .values(measured_size=size, measured_files=files)
    )
    touch(connection, [package_id])
    announce(connection, "packages")
