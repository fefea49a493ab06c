"""Checks roles, and tells people who lack one how to get it."""

from __future__ import annotations

from tgtui.basics.errors import TgtuiError
from tgtui.data.views.logins import Role
from tgtui.identity.people import Principal

HOW_TO_GET: dict[Role, str] = {
    "authenticated": (
        "To request packages you need your own login; ask the catalogue's administrator."
    ),
    "admin": (
        "Only admins can change tags and packages; ask the catalogue's administrator to make you one."
    ),
    "worker": (
        "This needs the role worker; the catalogue's administrator can give it to you, or run a worker."
    ),
}
"""By role: a sentence on what needs it and how to get it."""


class NotAllowed(TgtuiError):
    """The person lacks the role for this; the sentence says how to get it."""

    exit_code = 5


def lacking(principal: Principal, role: Role) -> str:
    """The sentence for people without the role, first of all what they can do themselves."""
    return principal.hint or HOW_TO_GET[role]


def require(principal: Principal, role: Role, notice: str = "") -> None:
    """Raise NotAllowed without the role. Called by services, never by a screen. `notice` explains a lost login."""
    if not principal.can(role):
        raise NotAllowed(notice or lacking(principal, role))
