"""What a database login may do. Importing this needs no database library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["anonymous", "authenticated", "admin", "worker"]
ROLES: frozenset[str] = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Login:
    """The database login of a connection, and its roles."""

    name: str | None
    """PostgreSQL's `session_user`; None on SQLite."""
    roles: frozenset[str]
    """The most that anyone may do through it; of ROLES."""
    is_restricted: bool
    """The database itself restricts it to these roles and to its own account."""
