"""The machine's clock, in UTC. Times in rows are the database's instead (`data/storage/times.py`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

AGREE = timedelta(seconds=1)
"""Clocks that differ by less are taken for the same: looking at another one takes time."""
SKEW = timedelta(minutes=5)
"""How far clocks of machines on one database may differ before one is considered wrong."""


def now() -> datetime:
    """Timezone-aware, in UTC."""
    return datetime.now(UTC)


def is_within(moment: datetime, span: timedelta, at: datetime | None = None) -> bool:
    """True for `span` after `moment`. False for a moment in the future: a clock was set back, or is wrong.

    `at` is the time by the clock that said `moment`; by default this machine's.
    """
    return -SKEW <= (at or now()) - moment < span
