"""The program's one clock. Every timestamp it stores comes from here, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SKEW = timedelta(minutes=5)
"""How far clocks of machines on one database may differ before one is considered wrong."""


def now() -> datetime:
    """Timezone-aware, in UTC."""
    return datetime.now(UTC)


def is_within(moment: datetime, span: timedelta) -> bool:
    """True for `span` after `moment`. False for a moment in the future: a clock was set back, or is wrong."""
    return -SKEW <= now() - moment < span
