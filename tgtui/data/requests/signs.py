"""Signs of life of workers, for probes: who has looked at the queue, and how long ago."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import worker_signs
from tgtui.data.storage.sql import changed_rows, database_time, insert_missing
from tgtui.data.storage.times import database_now

KEPT_S = 24 * 3_600.0
"""How long the sign of a worker is kept that was killed."""

signs = worker_signs


class Sign(Struct, frozen=True):
    """A worker that runs, or was killed."""

    worker: str
    """`machine:process:token`."""
    seconds: float
    """Since it last looked at the queue; negative if a clock was set back after that."""


def give_sign(connection: Connection, worker: str) -> None:
    """This worker has just looked at the queue. Forgets those that have given none for a day."""
    now = database_now(connection)
    mine = signs.c.worker == worker
    if not changed_rows(connection, update(signs).where(mine).values(looked_at=now)):
        row = {"id": uuid7(), "worker": worker, "looked_at": now, "created_at": now}
        insert_missing(connection, signs, [row])
        connection.execute(delete(signs).where(signs.c.looked_at < database_time(-KEPT_S)))


def take_sign_away(connection: Connection, worker: str) -> None:
    """This worker has stopped."""
    connection.execute(delete(signs).where(signs.c.worker == worker))


def signs_of_life(connection: Connection) -> list[Sign]:
    """Of every worker, the latest first."""
    now = database_now(connection)
    rows = connection.execute(
        select(signs.c.worker, signs.c.looked_at).order_by(signs.c.looked_at.desc())
    )
    return [Sign(row.worker, (now - row.looked_at).total_seconds()) for row in rows]
