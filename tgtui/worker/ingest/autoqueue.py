"""Queues what installing a package would bring, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.basics.formatting import counted, number
from tgtui.basics.ids import uuid7s
from tgtui.data.graph.reach import followed
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
from tgtui.data.views.requests import Target
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.lacking import (
    Needs,
    merged,
    needs_of_closure,
    needs_of_packages,
    tried,
)
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.queue.claim import Claim

K = TypeVar("K")

CANCELLED = "Its dependencies were not queued: the chain was cancelled."


class Demand(Struct, frozen=True):
    """What some chains need, all of it for the same reason."""

    chain_ids: Sequence[UUID]
    needs: Needs
    priority: int
    source_id: UUID | None
    """The request whose package needs it; None for the chain itself."""


class LeftOut(Struct, frozen=True):
    """Packages that were not queued because of a bound."""

    bounds: Bounds
    deep: frozenset[Target] = frozenset()
    beyond: frozenset[Target] = frozenset()
    """Those for which some chain had no room."""

    def of(self, needs: Needs) -> int:
        """How many of these."""
        return len(needs.keys() & (self.deep | self.beyond))

    def why(self, needs: Needs) -> str | None:
        """A sentence about these; None if all were queued."""
        count = self.of(needs)
        if not count:
            return None
        lacks = counted(count, "dependency was", "dependencies were")
        limit = (
            f"is {self.bounds.max_depth} deep, the limit (worker.max_depth)"
            if needs.keys() & self.deep
            else f"has {number(self.bounds.max_packages)} packages, the limit (worker.max_packages)"
        )
        return f"{lacks} not queued: the chain {limit}. Ask for it again to continue."


def queue_dependencies(
    connection: Connection, packages: Mapping[Claim, UUID], bounds: Bounds
) -> dict[Claim, str | None]:
    """Queue every target that is missing or whose chosen version has no edges yet, for all chains that need it.

    A person's own request covers the whole closure, so that asking again repairs what failed below; an
    auto-queued one covers its own edges. Returns a sentence for those that reached a bound. Locks the requests
    themselves too.
    """
    ids = [claim.request_id for claim in packages]
    living_chains(connection, ids)  # locked: chains come before requests
    needs = needs_below(connection, packages)
    own = {(claim.registry, claim.name) for claim in packages}
    active = lock_active(connection, own.union(*needs.values()))
    # Again: someone may have asked for one before it was locked.
    chain_ids = living_chains(connection, ids, waits=False)
    demands = [
        Demand(chain_ids[claim.request_id], below, _priority_below(claim), claim.request_id)
        for claim, below in needs.items()
        if chain_ids[claim.request_id]
    ]
    left_out = queue_needs(connection, demands, active, bounds)
    return {
        claim: left_out.why(below) if chain_ids[claim.request_id] else CANCELLED
        for claim, below in needs.items()
    }


def needs_below(connection: Connection, packages: Mapping[Claim, UUID]) -> dict[Claim, Needs]:
    """What `queue_dependencies` queues or joins."""
    of_package = needs_of_packages(
        connection, {id: claim.registry for claim, id in packages.items()}
    )
    found: dict[Claim, Needs] = {}
    for claim, package_id in packages.items():
        parts = [of_package[package_id]]
        if not claim.is_auto_queued:
            latest = connection.scalar(sql.LATEST_ID, {"package_id": package_id})
            if latest is not None:
                parts.append(needs_of_closure(connection, followed(connection, latest)))
        needs = found[claim] = merged(parts)
        needs.pop((claim.registry, claim.name), None)
        for need in needs.values():
            need.depth = claim.depth + 1
    return allowed(connection, found)


def allowed(connection: Connection, needs: Mapping[K, Needs]) -> dict[K, Needs]:
    """Without those that an administrator deleted."""
    deleted = deleted_among(connection, sorted(set[Target]().union(*needs.values())))
    return {
        whose: {target: need for target, need in those.items() if target not in deleted}
        for whose, those in needs.items()
    }


def queue_needs(
    connection: Connection,
    demands: Sequence[Demand],
    active: Mapping[Target, UUID],
    bounds: Bounds,
) -> LeftOut:
    """Queue these for their chains, or join those of them that are `active` and locked; each chain what it has not
    tried."""
    needs = merged(demand.needs for demand in demands)
    shares = _shares(connection, demands, needs)
    wanted = set[Target]().union(*shares)
    joined = {target: id for target, id in active.items() if target in wanted}
    new = sorted(wanted - joined.keys())
    deep = frozenset(target for target in new if needs[target].depth > bounds.max_depth)
    parts: list[_Part] = []
    for targets, some in shares.items():
        own = [target for target in new if target in targets and target not in deep]
        rooms = bounds.rooms(connection, some, len(own), len(joined.keys() & targets))
        by_room: dict[int, list[UUID]] = {}
        for chain_id, room in rooms.items():
            by_room.setdefault(room, []).append(chain_id)
        parts += [
            _Part(those, targets - frozenset(own[room:]), own[:room], frozenset(own[room:]))
            for room, those in by_room.items()
        ]
    chosen = sorted({target for part in parts for target in part.chosen})
    orders = _orders(demands)
    while missing := [target for target in chosen if target not in joined]:
        _insert(connection, missing, needs, orders)
        # Where another worker queued one at the same moment, that one is joined.
        joined.update(lock_active(connection, missing, waits=False))
    _raise(connection, joined, needs, orders)
    for ids in slices([id for target, id in joined.items() if needs[target].wants_latest]):
        connection.execute(sql.WANT_LATEST, {"ids": ids})
    for part in parts:
        own_ids = [id for target, id in joined.items() if target in part.targets]
        add_members(connection, part.chain_ids, own_ids, are_roots=False)
    return LeftOut(bounds, deep, frozenset[Target]().union(*(part.beyond for part in parts)))


class _Part(Struct, frozen=True):
    """Chains that get the same."""

    chain_ids: list[UUID]
    targets: frozenset[Target]
    """What they need and there is room for, queued already or not."""
    chosen: Sequence[Target]
    """Those that are not queued yet."""
    beyond: frozenset[Target]
    """Those for which there is no room."""


class _Order(Struct, frozen=True):
    """How one target is requested."""

    priority: int
    source_id: UUID | None


def _orders(demands: Iterable[Demand]) -> dict[Target, _Order]:
    """For each target the first of its most urgent demands."""
    orders: dict[Target, _Order] = {}
    for demand in sorted(demands, key=lambda demand: demand.priority):
        order = _Order(demand.priority, demand.source_id)
        for target in demand.needs:
            orders.setdefault(target, order)
    return orders


def _shares(
    connection: Connection, demands: Sequence[Demand], needs: Needs
) -> dict[frozenset[Target], list[UUID]]:
    """The chains by what each needs and has not tried."""
    by_chain: dict[UUID, set[Target]] = {}
    for demand in demands:
        for chain_id in demand.chain_ids:
            by_chain.setdefault(chain_id, set()).update(demand.needs)
    vain = tried(connection, list(by_chain), needs)
    shares: dict[frozenset[Target], list[UUID]] = {}
    for chain_id, targets in by_chain.items():
        shares.setdefault(frozenset(targets - vain.get(chain_id, set())), []).append(chain_id)
    return shares


def lock_active(
    connection: Connection, targets: Iterable[Target], *, waits: bool = True
) -> dict[Target, UUID]:
    """Those that have an active request, which stays as it is until the transaction ends.

    Locked in the order of their ids. `waits` is False once requests are locked: the transaction is then repeated
    if another one has a lock, so that the two don't wait for each other.
    """
    statement = sql.LOCK_ACTIVE if waits else sql.LOCK_ACTIVE_NOW
    found: dict[Target, UUID] = {}
    for some in slices(sorted(active_requests(connection, sorted(targets)).values())):
        rows = connection.execute(statement, {"ids": some})
        found.update({(registry, name): id for registry, name, id in rows})
    return found


def _insert(
    connection: Connection,
    targets: Sequence[Target],
    needs: Needs,
    orders: Mapping[Target, _Order],
) -> None:
    database_now(connection)  # keys follow its clock
    insert_requests(
        connection,
        [
            {
                "id": id,
                "package_name": target[1],
                "registry": target[0],
                "source_request_id": orders[target].source_id,
                "depth": needs[target].depth,
                "is_auto_queued": not needs[target].wants_latest,
                "priority": orders[target].priority,
            }
            for id, target in zip(uuid7s(len(targets)), targets, strict=True)
        ],
    )


def _raise(
    connection: Connection,
    joined: Mapping[Target, UUID],
    needs: Needs,
    orders: Mapping[Target, _Order],
) -> None:
    """Raise the priority of what was queued for something less urgent."""
    by_place: dict[tuple[int, int], list[UUID]] = {}
    for target, id in joined.items():
        place = orders[target].priority, needs[target].depth
        by_place.setdefault(place, []).append(id)
    for (priority, depth), ids in by_place.items():
        for some in slices(sorted(ids)):
            connection.execute(sql.RAISE_PRIORITY, {"ids": some, "to": priority, "at_depth": depth})


def _priority_below(claim: Claim) -> int:
    """The priority of a dependency: people's requests come before a new catalogue's first packages."""
    return PRIORITY_AUTO if claim.priority <= PRIORITY_AUTO else PRIORITY_SEED_AUTO
