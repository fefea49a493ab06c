"""What the catalogue has of packages before their documents are fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.access.limits import RememberedFailure, remembered_failures
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import by_machine
from tgtui.data.views.requests import Target
from tgtui.worker.ingest import edges
from tgtui.worker.ingest import statements as sql


class Known(Struct, frozen=True):
    """Empty if the package has no row. Times are by this machine's clock, as those of documents are."""

    id: UUID | None
    is_deleted: bool
    last_success: datetime | None
    loaded: Mapping[str, datetime]
    """Versions whose edges are stored, and when they were."""
    needed: frozenset[str]
    latest: str | None
    failure: RememberedFailure | None = None
    """The registry's refusal within the cooldown, which it would repeat."""


def read_known(
    connection: Connection, targets: Sequence[Target], cooldown: timedelta
) -> dict[Target, Known]:
    """What is stored of each; empty if it has no row."""
    targets = list(dict.fromkeys(targets))
    needed = edges.needed_versions(connection, targets)
    failures = remembered_failures(connection, targets, cooldown)
    rows = {
        (row.registry, row.name): row
        for some in slices(targets)
        for row in connection.execute(sql.PACKAGES, {"names": [name for _registry, name in some]})
    }
    ids = [rows[target].id for target in targets if target in rows]
    loaded: dict[UUID, dict[str, datetime]] = {id: {} for id in ids}
    for some_ids in slices(ids):
        for id, version, at in connection.execute(sql.LOADED_VERSIONS, {"package_ids": some_ids}):
            loaded[id][version] = by_machine(connection, at)

    def known(target: Target) -> Known:
        row, failure = rows.get(target), failures.get(target)
        wanted = frozenset(needed.get(target, ()))
        if row is None:
            return Known(None, False, None, {}, wanted, None, failure)
        success: datetime | None = row.last_fetch_success
        return Known(
            id=row.id,
            is_deleted=row.deleted_at is not None,
            last_success=success and by_machine(connection, success),
            loaded=loaded[row.id],
            needed=wanted,
            latest=row.latest,
            failure=failure,
        )

    return {target: known(target) for target in targets}
