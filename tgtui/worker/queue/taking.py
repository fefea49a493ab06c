"""One look at the queue: whether this program may still use it, which hosts may be asked, what is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tgtui.data.requests.outages import current_outages, end_outages
from tgtui.data.upkeep.migrate import require_known_schema
from tgtui.data.views.requests import RegistryOutage
from tgtui.registries.base import Lane
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim


@dataclass(frozen=True, slots=True)
class Terms:
    """The parameters of a worker's claims."""

    worker: str
    machine: str
    lease_seconds: float
    max_attempts: int
    max_priority: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of a look."""

    claims: tuple[Claim, ...]
    outages: tuple[RegistryOutage, ...]


def take_due(
    session: Session,
    rooms: Mapping[Lane, int],
    terms: Terms,
    *,
    answered: Iterable[str] = (),
    suspects: int = 1,
) -> Taken:
    """Claim from every lane whose host may be asked, up to the lane's room; outages of `answered` hosts are over.
    `suspects` as in `claim_requests`.

    SchemaChanged, with nothing claimed, if a newer program has migrated the database.
    """
    require_known_schema(session)
    end_outages(session, answered, machine=terms.machine)
    outages = tuple(current_outages(session, terms.machine))
    resting = {outage.host for outage in outages if outage.is_on}
    claims: list[Claim] = []
    for lane, room in rooms.items():
        if lane.host not in resting:
            taken = queue.claim_requests(
                session,
                worker=terms.worker,
                lane=lane,
                limit=room,
                lease_seconds=terms.lease_seconds,
                max_attempts=terms.max_attempts,
                max_priority=terms.max_priority,
                suspects=suspects,
            )
            suspects = max(0, suspects - sum(claim.is_suspect for claim in taken))
            claims += taken
    return Taken(tuple(claims), outages)
