"""Makes sure that a chain is complete only when all it needs is here: looks at it once nothing of it is queued."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from tgtui.data.graph.reach import closure_of_all
from tgtui.data.models.tables import packages
from tgtui.data.requests.asking import PRIORITY_AUTO, PRIORITY_SEED_AUTO
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
from tgtui.worker.ingest.autoqueue import Demand, allowed, lock_active, queue_needs
from tgtui.worker.ingest.lacking import Needs, merged, needs_of_closure, needs_of_environments
from tgtui.worker.ingest.rooms import Bounds


def unsettled_chains(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Chains that are not known to be complete, oldest first."""
    statement = select(chains.c.id).where(is_unsettled()).order_by(chains.c.id).limit(limit)
    if after is not None:
        statement = statement.where(chains.c.id > after)
    return list(connection.scalars(statement))


def unsettled_chains_of(connection: Connection, request_ids: Collection[UUID]) -> set[UUID]:
    """Those that these requests belong to."""
    found: set[UUID] = set()
    for some in slices(list(request_ids)):
        found.update(
            connection.scalars(
                select(members.c.chain_id)
                .join(chains, chains.c.id == members.c.chain_id)
                .where(members.c.request_id.in_(some), is_unsettled())
            )
        )
    return found


def open_requests(
    connection: Connection, chain_ids: Collection[UUID], known: Mapping[UUID, UUID]
) -> dict[UUID, UUID]:
    """For each of these chains that has any, one request that is queued or fetched for it.

    Those `known` from the last time are looked at first, so that a long chain is seldom searched.
    """
    witnesses = {id: known[id] for id in chain_ids if id in known}
    still: set[UUID] = set()
    for some in slices(list(set(witnesses.values()))):
        is_open = requests.c.id.in_(some), in_state(*ACTIVE)
        still.update(connection.scalars(select(requests.c.id).where(*is_open)))
    found = {chain_id: id for chain_id, id in witnesses.items() if id in still}
    for chain_id in chain_ids:
        if chain_id not in found and (id := _open_request(connection, chain_id)) is not None:
            found[chain_id] = id
    return found


def complete(connection: Connection, chain_ids: Sequence[UUID], bounds: Bounds) -> UUID | None:
    """Settle these chains in the order of their ids, up to one that needs what it has neither here nor tried.

    Its needs are queued, and it is returned: the others come in another transaction, which locks requests in an
    order of its own. A chain that has something queued, or that another worker looks at, is left alone.
    """
    needy = None
    for chain_id in sorted(chain_ids):
        held = connection.scalar(
            select(chains.c.id)
            .where(chains.c.id == chain_id, is_unsettled())
            .with_for_update(skip_locked=True)
        )
        if (
            held is not None
            and _open_request(connection, chain_id) is None
            and _complete(connection, chain_id, bounds)
        ):
            needy = chain_id
            break
    if chain_ids:
        announce(connection, "requests")
    return needy


def _complete(connection: Connection, chain_id: UUID, bounds: Bounds) -> bool:
    left_out = 0
    if needs := _needs(connection, chain_id):
        priority = connection.scalar(
            select(func.min(requests.c.priority))
            .join(members, members.c.request_id == requests.c.id)
            .where(members.c.chain_id == chain_id, members.c.is_root)
        )
        is_asked = priority is None or priority <= PRIORITY_AUTO
        below = PRIORITY_AUTO if is_asked else PRIORITY_SEED_AUTO
        demand = Demand([chain_id], needs, below, source_id=None)
        left_out = queue_needs(connection, [demand], lock_active(connection, needs), bounds).of(
            needs
        )
        if _open_request(connection, chain_id) is not None:
            return True
    connection.execute(
        update(chains)
        .where(chains.c.id == chain_id)
        .values(settled_at=database_now(connection), left_out=left_out)
    )
    return False


def _needs(connection: Connection, chain_id: UUID) -> Needs:
    """What an install of the roots needs and is not here, or not with its dependencies."""
    latest = connection.scalars(
        select(latest_version_id(packages.c.id))
        .select_from(members)
        .join(requests, requests.c.id == members.c.request_id)
        .join(packages, packages.c.id == requests.c.package_id)
        .where(
            members.c.chain_id == chain_id,
            members.c.is_root,
            is_wanted(),
            requests.c.status == "completed",
        )
    )
    roots = sorted({id for id in latest if id is not None})
    needs = merged(
        (
            needs_of_closure(connection, closure_of_all(connection, roots)),
            needs_of_environments(connection, roots),
        )
    )
    return allowed(connection, {chain_id: needs})[chain_id]


def _open_request(connection: Connection, chain_id: UUID) -> UUID | None:
    """The newest is found first: the oldest are claimed before."""
    return connection.scalar(
        select(members.c.request_id)
        .join(requests, requests.c.id == members.c.request_id)
        .where(members.c.chain_id == chain_id, is_wanted(), in_state(*ACTIVE))
        .order_by(members.c.request_id.desc())
        .limit(1)
    )
