"""The program's one clock. Every timestamp it stores comes from here, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Timezone-aware, in UTC."""
    return datetime.now(UTC)
