"""Hides what must stay secret in a text that is shown: passwords and tokens in addresses and parameters."""

from __future__ import annotations

import re
from urllib.parse import unquote

MASK = "***"

PASSWORD = re.compile(r"(?<=://)([^\s:/?#@]*):\S*@")
"""Of a user whose name may be seen: up to the last @, for a password may hold any sign."""
LOGIN = re.compile(r"(?<=://)[^\s/?#]*@")
"""The name of a user may be a token."""
NO_PORT = re.compile(r"(?<=://)[^\s/?#@\[\]]*:(?!\d*(?:[/?#\s]|$))\S*@")
"""A password with a / in it, which cuts the address short for most readers."""
PARAMETER = re.compile(r"([^\s?&;#=,]+)=([^\s&;#]+)")
SECRET_NAME = re.compile(
    r"passw(?:or)?d|pwd|secret|token|credential|signature|api[_-]?key|^(?:key|auth|pass|pw|sig)$",
    re.IGNORECASE,
)


def masked(text: str, *, shows_user: bool = False) -> str:
    """The text with `***` in place of each secret. `shows_user` leaves the name of a user before a password.

    For a URL of a database, whose users are no secrets.
    """
    if shows_user:
        text = PASSWORD.sub(rf"\1:{MASK}@", text)
    else:
        text = NO_PORT.sub(f"{MASK}@", LOGIN.sub(f"{MASK}@", text))
    return PARAMETER.sub(_parameter, text)


def _parameter(found: re.Match[str]) -> str:
    is_secret = SECRET_NAME.search(unquote(found[1])) is not None
    return f"{found[1]}={MASK}" if is_secret else found[0]
