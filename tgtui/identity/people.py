"""A person, as an identity provider names them and as this catalogue knows them."""

from __future__ import annotations

import getpass
import os
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.logins import ROLES, Login, Role

__all__ = ["ROLES", "Identity", "Person", "Principal", "local_identity", "login_person"]


class Identity(Struct, frozen=True):
    """A person as an identity provider names them."""

    issuer: str
    """`local`, `postgresql`, or an OpenID Connect issuer."""
    subject: str
    """The issuer's stable identifier of the person."""
    display_name: str


class Person(Struct, frozen=True):
    """Who uses the program, according to an identity provider; `opening.who_is_there` narrows the roles to the database's."""

    identity: Identity | None
    """None if no one is logged in."""
    roles: frozenset[str]
    """Of ROLES; the provider's, before they are narrowed."""


class Principal(Struct, frozen=True):
    """A person in this catalogue, and what they may do here."""

    account_id: UUID | None
    """None if they may only read, or only work on the queue: then nothing is stored about them."""
    display_name: str
    roles: frozenset[str]
    hint: str = ""
    """How they can get more roles, a sentence; empty if they can't do anything about it."""

    @property
    def sees_all_requests(self) -> bool:
        """Whether they see all requests; others see those they asked for or follow, with their chains."""
        return self.can("admin") or self.can("worker")

    def can(self, role: Role) -> bool:
        """Whether they have the role here; `authenticated`, which people know as member, is for requests."""
        return role in self.roles


LOG_IN = "Without a login you can only browse. Log in: `tgtui login`, or L in the app."


def local_identity() -> Identity:
    """The owner of an embedded catalogue: the user who runs the program."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return Identity("local", user, user)


def login_person(login: Login) -> Person:
    """Without an identity provider, the person is the database login."""
    if login.name is None:
        return Person(local_identity(), login.roles)
    return Person(Identity("postgresql", login.name, login.name), login.roles)
