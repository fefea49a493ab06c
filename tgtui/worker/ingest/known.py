"""What the catalogue has of a package before its document is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tgtui.data.access.limits import RememberedFailure, remembered_failure
from tgtui.data.storage.times import by_machine
from tgtui.worker.ingest import edges
from tgtui.worker.ingest import statements as sql


@dataclass(frozen=True, slots=True)
class Known:
    """Empty if the package has no row. Times are by this machine's clock, as those of documents are."""

    is_deleted: bool
    last_success: datetime | None
    loaded: Mapping[str, datetime]
    """Versions whose edges are stored, and when they were."""
    needed: frozenset[str]
    latest: str | None
    failure: RememberedFailure | None = None
    """The registry's refusal within the cooldown, which it would repeat."""


def read_known(session: Session, registry: str, name: str, cooldown: timedelta) -> Known:
    """What is stored of a package; empty if it has no row."""
    named = {"registry": registry, "name": name}
    package = session.execute(sql.PACKAGE, named).one_or_none()
    needed = frozenset(edges.needed_versions(session, registry, name))
    failure = remembered_failure(session, registry, name, cooldown)
    if package is None:
        return Known(False, None, {}, needed, None, failure)
    success: datetime | None = package.last_fetch_success
    loaded = session.execute(sql.LOADED_VERSIONS, {"package_id": package.id})
    return Known(
        is_deleted=package.deleted_at is not None,
        last_success=success and by_machine(session, success),
        loaded={row.version: by_machine(session, row.dependencies_fetched_at) for row in loaded},
        needed=needed,
        latest=session.scalar(sql.VERSION_TEXT, {"id": package.latest_id}),
        failure=failure,
    )
