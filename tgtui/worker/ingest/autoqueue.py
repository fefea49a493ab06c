"""Queues what installing a package would bring, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.data.graph.reach import followed, names_of, open_ends
from tgtui.data.models.tables import Package
from tgtui.data.requests.asking import PRIORITY_AUTO, PRIORITY_SEED_AUTO, insert_requests
from tgtui.data.storage.sql import slices
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import is_own_resolution
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.resolution import Target
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.claims import active_among


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one request may queue."""

    max_depth: int
    """Edges below the requested package."""
    max_packages: int
    """Requests in one chain, the root included."""


def queue_dependencies(
    session: Session, claim: Claim, package_id: UUID, bounds: Bounds
) -> str | None:
    """Queue every target that is missing or whose chosen version has no edges yet.

    A person's own request covers the whole closure, so that asking again repairs what failed below; an
    auto-queued one covers its own edges. Returns a sentence if a bound was reached.
    """
    if session.scalar(sql.CHAIN_IS_CANCELLED, {"root_request_id": claim.root_request_id}):
        return "Its dependencies were not queued: the chain was cancelled."
    if claim.is_auto_queued:
        targets = _direct_targets(session, package_id)
    else:
        targets = _closure_targets(session, package_id)
    targets -= _deleted(session, targets)
    targets.discard((claim.registry, claim.name))
    active = active_among(session, targets)
    _raise_priority(session, active, _priority_below(claim))
    targets -= active
    if not targets:
        return None
    if claim.depth >= bounds.max_depth:
        return (
            f"{len(targets)} dependencies were not queued: the chain is {bounds.max_depth} deep,"
            " the limit (worker.max_depth). Request one of them to continue."
        )
    room = bounds.max_packages - _chain_length(session, claim.root_request_id)
    chosen = sorted(targets)[: max(room, 0)]
    _queue(session, claim, chosen)
    left = len(targets) - len(chosen)
    if not left:
        return None
    return (
        f"{left} dependencies were not queued: the chain has {bounds.max_packages} packages,"
        " the limit (worker.max_packages). Request it again to continue."
    )


def _queue(session: Session, claim: Claim, targets: Sequence[Target]) -> None:
    insert_requests(
        session,
        [
            {
                "package_name": name,
                "registry": registry,
                "source_request_id": claim.request_id,
                "root_request_id": claim.root_request_id,
                "depth": claim.depth + 1,
                "is_auto_queued": True,
                "priority": _priority_below(claim),
            }
            for registry, name in targets
        ],
    )


def _raise_priority(session: Session, targets: set[Target], priority: int) -> None:
    """Raise the priority of targets that were queued for something less urgent."""
    for some in slices(sorted(targets)):
        session.execute(sql.RAISE_PRIORITY, {"targets": some, "to": priority})


def _priority_below(claim: Claim) -> int:
    """The priority of a dependency: people's requests come before a new catalogue's first packages."""
    return PRIORITY_AUTO if claim.priority <= PRIORITY_AUTO else PRIORITY_SEED_AUTO


def _direct_targets(session: Session, package_id: UUID) -> set[Target]:
    rows = session.execute(sql.UNLOADED_TARGETS, {"package_id": package_id})
    return {
        (registry, name)
        for registry, name, version in rows
        if not is_own_resolution(registry, version)
    }


def _closure_targets(session: Session, package_id: UUID) -> set[Target]:
    latest = session.scalar(select(latest_version_id(Package.id)).where(Package.id == package_id))
    targets = _direct_targets(session, package_id)
    if latest is None:
        return targets
    closure = followed(session, latest)
    targets.update(
        (end.registry, end.name) for end in open_ends(session, closure) if end.is_missing
    )
    unloaded = [number for number, is_loaded in enumerate(closure.loaded) if not is_loaded]
    # The caller leaves out the root.
    names = names_of(session, closure, unloaded).values()
    targets.update((name.registry, name.name) for name in names)
    return targets


def _deleted(session: Session, targets: set[Target]) -> set[Target]:
    found: set[Target] = set()
    for some in slices(sorted(targets)):
        rows = session.execute(sql.DELETED_AMONG, {"targets": some})
        found.update((registry, name) for registry, name in rows)
    return found


def _chain_length(session: Session, root_request_id: UUID) -> int:
    return session.scalar(sql.CHAIN_LENGTH, {"root_request_id": root_request_id}) or 0
