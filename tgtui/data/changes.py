"""Tells other programs on the database that something changed. Hints only: polling is the truth."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

CHANNEL = "tgtui_changes"

Topic = Literal["requests", "packages", "tags"]


def announce(session: Session, *topics: Topic) -> None:
    """Sent when the transaction commits. SQLite needs none: its readers see `PRAGMA data_version`."""
    if session.get_bind().dialect.name == "postgresql":
        for topic in topics:
            session.execute(select(func.pg_notify(CHANNEL, topic)))
