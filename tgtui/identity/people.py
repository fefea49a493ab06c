"""A person, as an identity provider names them and as this catalogue knows them."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from uuid import UUID

from tgtui.data.views.logins import ROLES, Login

__all__ = ["ROLES", "Identity", "Person", "Principal", "local_identity", "login_person"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as an identity provider names them."""

    issuer: str
    """`local`, `postgresql`, or an OpenID Connect issuer."""
    subject: str
    """The issuer's own stable name of the person."""
    display_name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who uses the program, as an identity provider says it; `opening.who_is_there` narrows it to what the database allows."""

    identity: Identity | None
    """None where nobody has logged in."""
    roles: frozenset[str]
    """Of ROLES; the provider's, not yet what they may do here."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person in this catalogue, and what they may do here."""

    account_id: UUID | None
    """None where they may only look around, or only work on the queue: nothing is kept of them."""
    display_name: str
    roles: frozenset[str]
    hint: str = ""
    """How they may do more, as a sentence; empty where nothing of theirs changes that."""

    @property
    def sees_all_requests(self) -> bool:
        """Others see those that they asked for or follow, with their chains."""
        return self.can("admin") or self.can("worker")

    def can(self, role: str) -> bool:
        """`ask` is what every authenticated person may."""
        return ("authenticated" if role == "ask" else role) in self.roles


LOG_IN = (
    "Without a login everything can be read, and no more. Log in: `tgtui login`, or L in the app."
)


def local_identity() -> Identity:
    """The owner of an embedded catalogue: whoever runs the program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return Identity("local", user, user)


def login_person(login: Login) -> Person:
    """Where no identity provider is asked, a person is the login they connected with."""
    if login.name is None:
        return Person(local_identity(), login.roles)
    return Person(Identity("postgresql", login.name, login.name), login.roles)
