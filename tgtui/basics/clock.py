"""The program's one clock. Every timestamp it stores comes from here, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SKEW = timedelta(minutes=5)
"""How far the clocks of machines on one database may be apart before one is taken to be wrong."""


def now() -> datetime:
    """Timezone-aware, in UTC."""
    return datetime.now(UTC)


def is_within(moment: datetime, span: timedelta) -> bool:
    """True for `span` after `moment`. One in the future is not: a clock was set back since, or is wrong."""
    return -SKEW <= now() - moment < span
