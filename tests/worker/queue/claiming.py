"""Claims in tests: one worker's, as `me`, of npm's lane, and what became of the row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from tests.support.working import NPM, REQUESTS
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.heads import Head

HOUR = timedelta(hours=1)


def claim(database: Database, limit: int = 1, **how: Any) -> list[Claim]:
    """One whose lease ran out, else up to `limit` others: as a program with nothing at work."""
    usual = {"worker": "me", "lease_seconds": 30, "max_attempts": 5, **how}
    lane = usual.pop("lane", NPM)
    suspect = database.write_now(queue.take_over, lanes=[lane], **usual)
    if suspect is not None:
        return [suspect]
    head = None if database.is_sqlite else known_head()
    return database.write_now(queue.claim_requests, lane=lane, limit=limit, head=head, **usual)


def known_head() -> Head:
    """As after a look that cost nothing: one from the head comes first, then a whole one if there is room left."""
    head = Head(lambda: 0.0)
    with head.look():
        return head


def names(claims: list[Claim]) -> list[str]:
    """Of the packages."""
    return [one.name for one in claims]


def row_of(database: Database, request_id: UUID) -> Any:
    """The request as it is stored."""
    return database.read_now(
        lambda connection: connection.execute(
            select(REQUESTS).where(REQUESTS.c.id == request_id)
        ).one()
    )


def change(database: Database, request_id: UUID, **values: Any) -> None:
    """Edit the row by hand."""
    database.write_now(
        lambda connection: connection.execute(
            update(REQUESTS).where(REQUESTS.c.id == request_id).values(**values)
        )
    )


def expire(database: Database, request_id: UUID) -> None:
    """Let the lease have run out an hour ago."""
    change(database, request_id, lease_expires_at=clock.now() - HOUR)
