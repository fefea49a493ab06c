"""One look at the queue: whether this program may still use it, which hosts may be asked, what is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.requests.outages import current_outages, end_outages
from tgtui.data.storage.sql import dialect_of
from tgtui.data.upkeep.migrate import require_known_schema
from tgtui.data.views.requests import RegistryOutage
from tgtui.registries.base import Lane
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.heads import Heads
from tgtui.worker.queue.statements import IN_ORDER
from tgtui.worker.queue.turns import Suspects


class Terms(Struct, frozen=True):
    """The parameters of a worker's claims."""

    worker: str
    machine: str
    lease_seconds: float
    max_attempts: int
    max_priority: int


class Taken(Struct, frozen=True):
    """The result of a look."""

    claims: tuple[Claim, ...]
    outages: tuple[RegistryOutage, ...]
    is_suspect_due: bool = False
    """A request was taken to run alone, or waits until nothing is at work here: nothing else was claimed."""
    left: frozenset[Lane] = frozenset()
    """Lanes in which there is room, and a whole look was too expensive to come again now."""


def take_due(
    connection: Connection,
    rooms: Mapping[Lane, int],
    terms: Terms,
    *,
    lanes: Sequence[Lane],
    suspects: Suspects,
    answered: Iterable[str] = (),
    heads: Heads | None = None,
) -> Taken:
    """Claim from every lane whose host may be asked, up to the lane's room; outages of `answered` hosts are over.

    Or claim one request of any of `lanes` that must run alone. SchemaChanged, with nothing claimed, if a newer
    program has migrated the database. With `heads`, on PostgreSQL, the queue is read from where it begins.
    """
    if dialect_of(connection) == "sqlite":
        heads = None
    if heads is not None:
        connection.execute(IN_ORDER)
    require_known_schema(connection)
    end_outages(connection, answered, machine=terms.machine)
    outages = tuple(current_outages(connection, terms.machine))
    resting = {outage.host for outage in outages if outage.is_on}
    awake = [lane for lane in lanes if lane.host not in resting]
    looks = (
        bool(awake)
        and suspects is not Suspects.LEFT
        and (
            heads is None
            or queue.may_be_expired(connection, awake, heads.leases, terms.max_priority)
        )
    )
    waits = looks and suspects in {Suspects.AWAITED, Suspects.TAKEN}
    since = heads.leases.since(tuple(awake)) if heads is not None else None
    is_due = waits and queue.is_suspect_due(connection, awake, terms.max_priority, since=since)
    if is_due and suspects is Suspects.AWAITED:
        return Taken((), outages, is_suspect_due=True)
    if (is_due or (looks and suspects is Suspects.FIRST)) and (
        suspect := _suspect(connection, awake, terms)
    ):
        return Taken((suspect,), outages, is_suspect_due=True)
    claims: list[Claim] = []
    left: set[Lane] = set()
    for lane, room in rooms.items():
        if lane.host not in resting:
            claims += queue.claim_requests(
                connection,
                worker=terms.worker,
                lane=lane,
                limit=room,
                lease_seconds=terms.lease_seconds,
                max_attempts=terms.max_attempts,
                max_priority=terms.max_priority,
                head=heads.of(lane) if heads is not None else None,
            )
            if heads is not None and heads.of(lane).is_owed:
                left.add(lane)
    is_last = looks and suspects is Suspects.LAST and not claims
    if is_last and (suspect := _suspect(connection, awake, terms)):
        return Taken((suspect,), outages, is_suspect_due=True)
    return Taken(tuple(claims), outages, left=frozenset(left))


def _suspect(connection: Connection, lanes: Sequence[Lane], terms: Terms) -> Claim | None:
    return queue.take_over(
        connection,
        worker=terms.worker,
        lanes=lanes,
        lease_seconds=terms.lease_seconds,
        max_attempts=terms.max_attempts,
        max_priority=terms.max_priority,
    )
