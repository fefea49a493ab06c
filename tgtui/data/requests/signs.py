"""Signs of life of workers, for probes: who has looked at the queue, and how long ago."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import WorkerSign
from tgtui.data.storage.sql import changed_rows, database_time, insert_missing, table_of
from tgtui.data.storage.times import database_now

KEPT_S = 24 * 3_600.0
"""How long the sign of a worker is kept that was killed."""

signs = table_of(WorkerSign)


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker that runs, or was killed."""

    worker: str
    """`machine:process:token`."""
    seconds: float
    """Since it last looked at the queue; negative if a clock was set back after that."""


def give_sign(session: Session, worker: str) -> None:
    """This worker has just looked at the queue. Forgets those that have given none for a day."""
    now = database_now(session)
    mine = signs.c.worker == worker
    if not changed_rows(session, update(signs).where(mine).values(looked_at=now)):
        row = {"id": uuid7(), "worker": worker, "looked_at": now, "created_at": now}
        insert_missing(session, signs, [row])
        session.execute(delete(signs).where(signs.c.looked_at < database_time(-KEPT_S)))


def take_sign_away(session: Session, worker: str) -> None:
    """This worker has stopped."""
    session.execute(delete(signs).where(signs.c.worker == worker))


def signs_of_life(session: Session) -> list[Sign]:
    """Of every worker, the latest first."""
    now = database_now(session)
    rows = session.execute(
        select(signs.c.worker, signs.c.looked_at).order_by(signs.c.looked_at.desc())
    )
    return [Sign(row.worker, (now - row.looked_at).total_seconds()) for row in rows]
