"""Queues what installing a package would bring, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics.formatting import counted, number
from tgtui.basics.ids import uuid7s
from tgtui.data.graph.reach import followed
from tgtui.data.models.tables import Package
from tgtui.data.requests.asking import (
    PRIORITY_AUTO,
    PRIORITY_SEED_AUTO,
    active_requests,
    insert_requests,
)
from tgtui.data.requests.chains import add_members, living_chains
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.requests import Target
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.lacking import (
    Needs,
    allowed,
    merged,
    needs_of_closure,
    needs_of_package,
    tried,
)
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.queue.claim import Claim


def queue_dependencies(
    session: Session, claim: Claim, package_id: UUID, bounds: Bounds
) -> str | None:
    """Queue every target that is missing or whose chosen version has no edges yet, for all chains that need it.

    A person's own request covers the whole closure, so that asking again repairs what failed below; an
    auto-queued one covers its own edges. Returns a sentence if a bound was reached. Locks the request itself too.
    """
    living_chains(session, claim.request_id)  # locked: chains come before requests
    needs = needs_below(session, claim, package_id)
    own = (claim.registry, claim.name)
    joined = lock_active(session, {own, *needs})
    joined.pop(own, None)
    # Again: someone may have asked for it before it was locked.
    chain_ids = living_chains(session, claim.request_id, waits=False)
    if not chain_ids:
        return "Its dependencies were not queued: the chain was cancelled."
    left_out = queue_needs(
        session,
        chain_ids,
        needs,
        joined,
        bounds,
        priority=_priority_below(claim),
        source_id=claim.request_id,
    )
    return left_out.why if left_out is not None else None


def needs_below(session: Session, claim: Claim, package_id: UUID) -> Needs:
    """What `queue_dependencies` queues or joins."""
    needs = needs_of_package(session, package_id)
    latest = session.scalar(select(latest_version_id(Package.id)).where(Package.id == package_id))
    if latest is not None and not claim.is_auto_queued:
        needs = merged(needs, needs_of_closure(session, followed(session, latest)))
    needs.pop((claim.registry, claim.name), None)
    for need in needs.values():
        need.depth = claim.depth + 1
    return allowed(session, needs)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Packages that were not queued because of a bound."""

    count: int
    """Of the chain that lacks most."""
    why: str
    """A sentence."""


def queue_needs(
    session: Session,
    chain_ids: Sequence[UUID],
    needs: Needs,
    active: Mapping[Target, UUID],
    bounds: Bounds,
    *,
    priority: int,
    source_id: UUID | None,
) -> LeftOut | None:
    """Queue these for the chains, or join those of them that are `active` and locked; each chain what it has not
    tried."""
    shares = _shares(session, chain_ids, needs)
    wanted = set[Target]().union(*shares)
    joined = {target: id for target, id in active.items() if target in wanted}
    new = sorted(wanted - joined.keys())
    deep = [target for target in new if needs[target].depth > bounds.max_depth]
    near = [target for target in new if needs[target].depth <= bounds.max_depth]
    parts: list[_Part] = []
    for targets, some in shares.items():
        own = [target for target in near if target in targets]
        rooms = bounds.rooms(session, some, len(own), len(joined.keys() & targets))
        by_room: dict[int, list[UUID]] = {}
        for chain_id, room in rooms.items():
            by_room.setdefault(room, []).append(chain_id)
        parts += [
            _Part(those, targets, own[:room], len(own) - room) for room, those in by_room.items()
        ]
    chosen = sorted({target for part in parts for target in part.chosen})
    while missing := [target for target in chosen if target not in joined]:
        _insert(session, missing, needs, priority, source_id)
        # Where another worker queued one at the same moment, that one is joined.
        joined.update(lock_active(session, missing, waits=False))
    _raise(session, joined, needs, priority)
    for ids in slices([id for target, id in joined.items() if needs[target].wants_latest]):
        session.execute(sql.WANT_LATEST, {"ids": ids})
    for part in parts:
        beyond = part.targets.intersection(near).difference(part.chosen)
        own_ids = [id for target, id in joined.items() if target in part.targets - beyond]
        add_members(session, part.chain_ids, own_ids, are_roots=False)
    left = max((part.left for part in parts), default=0)
    if not (deep or left):
        return None
    count = len(deep) + left
    lacks = counted(count, "dependency was", "dependencies were")
    limit = (
        f"is {bounds.max_depth} deep, the limit (worker.max_depth)"
        if deep
        else f"has {number(bounds.max_packages)} packages, the limit (worker.max_packages)"
    )
    return LeftOut(count, f"{lacks} not queued: the chain {limit}. Ask for it again to continue.")


@dataclass(frozen=True, slots=True)
class _Part:
    """Chains that get the same."""

    chain_ids: list[UUID]
    targets: frozenset[Target]
    chosen: Sequence[Target]
    """Those that are not queued yet, as far as there is room."""
    left: int
    """How many have no room."""


def _shares(
    session: Session, chain_ids: Sequence[UUID], needs: Needs
) -> dict[frozenset[Target], list[UUID]]:
    """The chains by what each has not tried."""
    vain = tried(session, chain_ids, needs)
    by_vain: dict[frozenset[Target], list[UUID]] = {}
    for chain_id in chain_ids:
        by_vain.setdefault(frozenset(vain.get(chain_id, ())), []).append(chain_id)
    return {frozenset(needs.keys() - targets): some for targets, some in by_vain.items()}


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
    needs: Needs,
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
                "depth": needs[registry, name].depth,
                "is_auto_queued": not needs[registry, name].wants_latest,
                "priority": priority,
            }
            for id, (registry, name) in zip(uuid7s(len(targets)), targets, strict=True)
        ],
    )


def _raise(session: Session, joined: Mapping[Target, UUID], needs: Needs, priority: int) -> None:
    """Raise the priority of what was queued for something less urgent."""
    by_depth: dict[int, list[UUID]] = {}
    for target, id in joined.items():
        by_depth.setdefault(needs[target].depth, []).append(id)
    for depth, ids in by_depth.items():
        for some in slices(sorted(ids)):
            session.execute(sql.RAISE_PRIORITY, {"ids": some, "to": priority, "at_depth": depth})


def _priority_below(claim: Claim) -> int:
    """The priority of a dependency: people's requests come before a new catalogue's first packages."""
    return PRIORITY_AUTO if claim.priority <= PRIORITY_AUTO else PRIORITY_SEED_AUTO
