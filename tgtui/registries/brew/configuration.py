"""Where Homebrew's index is: our setting, else brew's variable."""

from __future__ import annotations

import os

from tgtui.basics.errors import SettingsError
from tgtui.registries.base import Lane
from tgtui.registries.http.rules import is_allowed, origin_of, shown_host

API = "https://formulae.brew.sh/api"
VARIABLE = "HOMEBREW_API_DOMAIN"
"""brew's, with the address of its index."""


def lanes(setting: str | None) -> tuple[Lane, ...]:
    """The index's host. SettingsError."""
    return (Lane("brew", origin_of(address_of(setting))),)


def address_of(setting: str | None) -> str:
    """Without a slash at the end. SettingsError."""
    address = (setting or os.environ.get(VARIABLE) or API).rstrip("/")
    if not is_allowed(address):
        raise SettingsError(
            f"Homebrew's address ({shown_host(address)}) is not an https:// URL; set brew.api."
        )
    return address
