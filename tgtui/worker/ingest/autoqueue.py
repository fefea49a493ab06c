"""Queues what installing a package would bring, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7s
from tgtui.data.graph.reach import followed, names_of, open_ends
from tgtui.data.models.tables import Package
from tgtui.data.requests.asking import (
    PRIORITY_AUTO,
    PRIORITY_SEED_AUTO,
    active_requests,
    deleted_among,
    insert_requests,
)
from tgtui.data.requests.chains import add_members, living_chains
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import is_own_resolution
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.resolution import Target
from tgtui.worker.queue.claim import Claim


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one chain may queue."""

    max_depth: int
    """Edges below a requested package."""
    max_packages: int
    """Requests in one chain, the roots included."""


def queue_dependencies(
    session: Session, claim: Claim, package_id: UUID, bounds: Bounds
) -> str | None:
    """Queue every target that is missing or whose chosen version has no edges yet, for all chains that need it.

    A person's own request covers the whole closure, so that asking again repairs what failed below; an
    auto-queued one covers its own edges. Returns a sentence if a bound was reached. Locks the request itself too.
    """
    living_chains(session, claim.request_id)  # locked: chains come before requests
    targets = missing_below(session, claim, package_id)
    own = (claim.registry, claim.name)
    joined = lock_active(session, {own, *targets})
    joined.pop(own, None)
    # Again: someone may have asked for it before it was locked.
    chain_ids = living_chains(session, claim.request_id, waits=False)
    if not chain_ids:
        return "Its dependencies were not queued: the chain was cancelled."
    return queue_targets(
        session,
        chain_ids,
        dict.fromkeys(targets, claim.depth + 1),
        joined,
        bounds,
        priority=_priority_below(claim),
        source_id=claim.request_id,
    )


def missing_below(session: Session, claim: Claim, package_id: UUID) -> set[Target]:
    """What `queue_dependencies` queues or joins."""
    if claim.is_auto_queued:
        targets = _direct_targets(session, package_id)
    else:
        targets = _closure_targets(session, package_id)
    return targets - deleted_among(session, sorted(targets)) - {(claim.registry, claim.name)}


def queue_targets(
    session: Session,
    chain_ids: Sequence[UUID],
    depths: Mapping[Target, int],
    active: Mapping[Target, UUID],
    bounds: Bounds,
    *,
    priority: int,
    source_id: UUID | None,
) -> str | None:
    """Queue these for the chains, or join those of them that are `active` and locked, each with its depth.

    Returns a sentence if a bound was reached.
    """
    joined = dict(active)
    new = sorted(depths.keys() - joined.keys())
    deep = [target for target in new if depths[target] > bounds.max_depth]
    near = [target for target in new if depths[target] <= bounds.max_depth]
    rooms = _rooms(session, chain_ids, bounds) if near else dict.fromkeys(chain_ids, 0)
    chosen = near[: max(rooms.values())]
    while missing := [target for target in chosen if target not in joined]:
        _insert(session, missing, depths, priority, source_id)
        # Where another worker queued one at the same moment, that one is joined.
        joined.update(lock_active(session, missing, waits=False))
    _raise(session, joined, depths, priority)
    by_room: dict[int, list[UUID]] = {}
    for chain_id, room in rooms.items():
        by_room.setdefault(min(room, len(near)), []).append(chain_id)
    for room, some in by_room.items():
        beyond = set(near[room:])
        own = [id for target, id in joined.items() if target not in beyond]
        add_members(session, some, own, are_roots=False)
    left = len(near) - min(by_room)
    if deep:
        return (
            f"{len(deep)} dependencies were not queued: the chain is {bounds.max_depth} deep,"
            " the limit (worker.max_depth). Request one of them to continue."
        )
    if not left:
        return None
    return (
        f"{left} dependencies were not queued: the chain has {bounds.max_packages} packages,"
        " the limit (worker.max_packages). Request it again to continue."
    )


def lock_active(
    session: Session, targets: Iterable[Target], *, waits: bool = True
) -> dict[Target, UUID]:
    """Those that have an active request, which stays as it is until the transaction ends.

    Locked in the order of their ids. `waits` is False once requests are locked: the transaction is then repeated
    if another one has a lock, so that the two don't wait for each other.
    """
    statement = sql.LOCK_ACTIVE if waits else sql.LOCK_ACTIVE_NOW
    found: dict[Target, UUID] = {}
    for some in slices(sorted(active_requests(session, sorted(targets)).values())):
        rows = session.execute(statement, {"ids": some})
        found.update({(registry, name): id for registry, name, id in rows})
    return found


def _insert(
    session: Session,
    targets: Sequence[Target],
    depths: Mapping[Target, int],
    priority: int,
    source_id: UUID | None,
) -> None:
    database_now(session)  # keys follow its clock
    insert_requests(
        session,
        [
            {
                "id": id,
                "package_name": name,
                "registry": registry,
                "source_request_id": source_id,
                "depth": depths[registry, name],
                "is_auto_queued": True,
                "priority": priority,
            }
            for id, (registry, name) in zip(uuid7s(len(targets)), targets, strict=True)
        ],
    )


def _raise(
    session: Session, joined: Mapping[Target, UUID], depths: Mapping[Target, int], priority: int
) -> None:
    """Raise the priority of what was queued for something less urgent."""
    by_depth: dict[int, list[UUID]] = {}
    for target, id in joined.items():
        by_depth.setdefault(depths[target], []).append(id)
    for depth, ids in by_depth.items():
        for some in slices(sorted(ids)):
            session.execute(sql.RAISE_PRIORITY, {"ids": some, "to": priority, "at_depth": depth})


def _rooms(session: Session, chain_ids: Sequence[UUID], bounds: Bounds) -> dict[UUID, int]:
    """How many more requests each chain may have."""
    rooms = dict.fromkeys(chain_ids, bounds.max_packages)
    for chain_id, length in session.execute(sql.CHAIN_LENGTHS, {"chain_ids": chain_ids}):
        rooms[chain_id] = max(0, bounds.max_packages - length)
    return rooms


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
