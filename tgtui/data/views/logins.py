"""What a database login may do. Importing this needs no database library."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

Role = Literal["anonymous", "authenticated", "admin", "worker"]
ROLES: frozenset[str] = frozenset(get_args(Role))


class Login(Struct, frozen=True):
    """The database login of a connection, and its roles."""

    name: str | None
    """PostgreSQL's `session_user`; None on SQLite."""
    roles: frozenset[str]
    """The most that anyone may do through it; of ROLES."""
    is_restricted: bool
    """The database itself restricts it to these roles and to its own account."""
