"""Which role a thing takes, and how people who lack it get it."""

from __future__ import annotations

from tgtui.basics.errors import TgtuiError
from tgtui.identity.people import Principal

HOW_TO_GET = {
    "authenticated": (
        "Asking for packages takes a login of your own;"
        " whoever keeps the catalogue can give you one."
    ),
    "admin": (
        "Tags and packages are curated by admins; whoever keeps the catalogue can make you one."
    ),
    "worker": (
        "This takes the role of a worker; whoever keeps the catalogue runs one, or gives you the role."
    ),
}
"""By role: what it is for, and how to get it; one sentence."""


class NotAllowed(TgtuiError):
    """The role that this takes is lacking; the sentence says how to get it."""

    exit_code = 5


def lacking(principal: Principal, role: str) -> str:
    """What is said to people without the role, wherever that is: first of all what they can do themselves."""
    return principal.hint or HOW_TO_GET[role]


def require(principal: Principal, role: str, notice: str = "") -> None:
    """NotAllowed without the role. Called by services, never by a screen. `notice` says what became of a login."""
    if not principal.can(role):
        raise NotAllowed(notice or lacking(principal, role))
