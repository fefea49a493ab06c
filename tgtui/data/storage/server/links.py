"""How the connections to a server are. Imports no database library."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Links(Struct, frozen=True):
    """How the connections to a server are."""

    silent: int
    """Those on which something is awaited, and nothing has come for some seconds."""
    longest_s: float
    """The longest of these silences, in seconds; 0 without one."""
    given_up: int
    """How many were given up since the start."""
    last_given_up: datetime | None
