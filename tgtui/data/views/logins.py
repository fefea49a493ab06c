"""What a login at the database may do, as the rest of the program reads it. Needs no database to be imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["anonymous", "authenticated", "admin", "worker"]
ROLES: frozenset[str] = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Login:
    """What the connection to the database is worth."""

    name: str | None
    """PostgreSQL's `session_user`; None on SQLite."""
    roles: frozenset[str]
    """The most that anybody may do through it; of ROLES."""
    is_restricted: bool
    """The database itself holds it to these roles, and to an account of its own."""
