"""Makes sure that a chain is complete only when all it needs is here: looks at it once nothing of it is queued."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tgtui.data.access.limits import REMOVED
from tgtui.data.graph.reach import closure_of_all, names_of, open_ends
from tgtui.data.models.tables import Package
from tgtui.data.requests.asking import PRIORITY_AUTO, PRIORITY_SEED_AUTO, deleted_among
from tgtui.data.requests.chains import (
    ACTIVE,
    chains,
    in_state,
    is_unsettled,
    is_wanted,
    members,
    requests,
)
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.latest import latest_version_id
from tgtui.worker.ingest.autoqueue import Bounds, lock_active, queue_targets
from tgtui.worker.ingest.resolution import Target


def unsettled_chains(session: Session, after: UUID | None, limit: int) -> list[UUID]:
    """Chains that are not known to be complete, oldest first."""
    statement = select(chains.c.id).where(is_unsettled()).order_by(chains.c.id).limit(limit)
    if after is not None:
        statement = statement.where(chains.c.id > after)
    return list(session.scalars(statement))


def unsettled_chains_of(session: Session, request_ids: Collection[UUID]) -> set[UUID]:
    """Those that these requests belong to."""
    found: set[UUID] = set()
    for some in slices(list(request_ids)):
        found.update(
            session.scalars(
                select(members.c.chain_id)
                .join(chains, chains.c.id == members.c.chain_id)
                .where(members.c.request_id.in_(some), is_unsettled())
            )
        )
    return found


def open_requests(
    session: Session, chain_ids: Collection[UUID], known: Mapping[UUID, UUID]
) -> dict[UUID, UUID]:
    """For each of these chains that has any, one request that is queued or fetched for it.

    Those `known` from the last time are looked at first, so that a long chain is seldom searched.
    """
    witnesses = {id: known[id] for id in chain_ids if id in known}
    still: set[UUID] = set()
    for some in slices(list(set(witnesses.values()))):
        is_open = requests.c.id.in_(some), in_state(*ACTIVE)
        still.update(session.scalars(select(requests.c.id).where(*is_open)))
    found = {chain_id: id for chain_id, id in witnesses.items() if id in still}
    for chain_id in chain_ids:
        if chain_id not in found and (id := _open_request(session, chain_id)) is not None:
            found[chain_id] = id
    return found


def complete(session: Session, chain_ids: Sequence[UUID], bounds: Bounds) -> UUID | None:
    """Settle these chains in the order of their ids, up to one that needs what it has neither here nor tried.

    Its needs are queued, and it is returned: the others come in another transaction, which locks requests in an
    order of its own. A chain that has something queued, or that another worker looks at, is left alone.
    """
    needy = None
    for chain_id in sorted(chain_ids):
        held = session.scalar(
            select(chains.c.id)
            .where(chains.c.id == chain_id, is_unsettled())
            .with_for_update(skip_locked=True)
        )
        if (
            held is not None
            and _open_request(session, chain_id) is None
            and _complete(session, chain_id, bounds)
        ):
            needy = chain_id
            break
    if chain_ids:
        announce(session, "requests")
    return needy


def _complete(session: Session, chain_id: UUID, bounds: Bounds) -> bool:
    depths = _lacking(session, chain_id)
    for target in _in_vain(session, chain_id, depths.keys()):
        del depths[target]
    for target in deleted_among(session, sorted(depths)):
        del depths[target]
    if depths:
        priority = session.scalar(
            select(func.min(requests.c.priority))
            .join(members, members.c.request_id == requests.c.id)
            .where(members.c.chain_id == chain_id, members.c.is_root)
        )
        is_asked = priority is None or priority <= PRIORITY_AUTO
        queue_targets(
            session,
            [chain_id],
            depths,
            lock_active(session, depths),
            bounds,
            priority=PRIORITY_AUTO if is_asked else PRIORITY_SEED_AUTO,
            source_id=None,
        )
        if _open_request(session, chain_id) is not None:
            return True
    session.execute(
        update(chains).where(chains.c.id == chain_id).values(settled_at=database_now(session))
    )
    return False


def _lacking(session: Session, chain_id: UUID) -> dict[Target, int]:
    """What an install of the roots needs and is not here, or not with its dependencies; with its depth."""
    latest = session.scalars(
        select(latest_version_id(Package.id))
        .select_from(members)
        .join(requests, requests.c.id == members.c.request_id)
        .join(Package, Package.id == requests.c.package_id)
        .where(
            members.c.chain_id == chain_id,
            members.c.is_root,
            is_wanted(),
            requests.c.status == "completed",
        )
    )
    closure = closure_of_all(session, sorted({id for id in latest if id is not None}))
    levels = closure.levels
    depths: dict[Target, int] = {}
    for end in open_ends(session, closure):
        if end.is_missing:
            _note(depths, (end.registry, end.name), levels[end.source] + 1)
    unloaded = [number for number, is_loaded in enumerate(closure.loaded) if not is_loaded]
    for number, name in names_of(session, closure, unloaded).items():
        _note(depths, (name.registry, name.name), levels[number])
    return depths


def _note(depths: dict[Target, int], target: Target, depth: int) -> None:
    depths[target] = min(depth, depths.get(target, depth))


def _in_vain(session: Session, chain_id: UUID, targets: Collection[Target]) -> set[Target]:
    """Those that failed in this chain, were cancelled in it, or were fetched and are not complete for all that."""
    newest = requests.alias()
    newest_status = (
        select(newest.c.status)
        .where(
            newest.c.package_name == requests.c.package_name,
            newest.c.registry == requests.c.registry,
        )
        .order_by(newest.c.id.desc())
        .limit(1)
        .correlate(requests)
        .scalar_subquery()
    )
    found: set[Target] = set()
    for some in slices(sorted(targets)):
        rows = session.execute(
            select(
                requests.c.registry,
                requests.c.package_name,
                requests.c.status,
                requests.c.error_code,
                members.c.cancelled_at,
                newest_status.label("newest_status"),
            )
            .join(members, members.c.request_id == requests.c.id)
            .where(
                members.c.chain_id == chain_id,
                requests.c.package_name.in_([name for _registry, name in some]),
            )
        )
        for row in rows:
            # What an admin deleted may have been restored.
            has_failed = row.status == "failed" and row.error_code != REMOVED
            # A newer request that came to nothing was for what is lacking now, and may have been another chain's.
            is_done = row.status == row.newest_status == "completed"
            if row.cancelled_at is not None or has_failed or is_done:
                found.add((row.registry, row.package_name))
    return found.intersection(targets)


def _open_request(session: Session, chain_id: UUID) -> UUID | None:
    """The newest is found first: the oldest are claimed before."""
    return session.scalar(
        select(members.c.request_id)
        .join(requests, requests.c.id == members.c.request_id)
        .where(members.c.chain_id == chain_id, is_wanted(), in_state(*ACTIVE))
        .order_by(members.c.request_id.desc())
        .limit(1)
    )
