"""Which packages names stand for."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from tgtui.data.models.tables import packages
from tgtui.data.storage.sql import slices
from tgtui.data.views.requests import Target

# By names alone: of several pairs SQLite looks none up in an index.
_NAMED = select(packages.c.registry, packages.c.name, packages.c.id, packages.c.deleted_at).where(
    packages.c.name.in_(bindparam("names", expanding=True))
)


def package_ids(
    connection: Connection, targets: Iterable[Target], *, are_living: bool = False
) -> dict[Target, UUID]:
    """Package ids by (registry, name); what is not in the catalogue has no key. `are_living` leaves out deleted ones."""
    wanted = set(targets)
    found: dict[Target, UUID] = {}
    for some in slices(sorted(wanted)):
        names = {"names": [name for _registry, name in some]}
        for registry, name, id, deleted_at in connection.execute(_NAMED, names):
            if (registry, name) in wanted and not (are_living and deleted_at is not None):
                found[registry, name] = id
    return found
