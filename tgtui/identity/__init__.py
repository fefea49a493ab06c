"""Who is using the program, and what they may do."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from uuid import UUID

ROLES = frozenset({"anonymous", "authenticated", "admin", "worker"})


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as an identity provider names them."""

    issuer: str
    """`local`, `postgresql`, or an OpenID Connect issuer."""
    subject: str
    """The issuer's own stable name of the person."""
    display_name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A person with an account in this catalogue."""

    account_id: UUID
    display_name: str
    roles: frozenset[str]

    def can(self, role: str) -> bool:
        """`ask` is what every authenticated person may."""
        return ("authenticated" if role == "ask" else role) in self.roles


def local_identity() -> Identity:
    """The owner of an embedded catalogue: whoever runs the program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return Identity("local", user, user)


def postgresql_identity(session_user: str) -> Identity:
    """On PostgreSQL a person is the login they connected with."""
    return Identity("postgresql", session_user, session_user)
