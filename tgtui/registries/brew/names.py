"""Names of formulae and casks, here and elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote

CORE_TAP = "homebrew/core"
CASK_TAP = "homebrew/cask"
CASK = "cask/"
"""Prefix of a cask's token, because formulae and casks share names (`docker`)."""


def page(name: str) -> str:
    kind = "cask" if name.startswith(CASK) else "formula"
    return f"https://formulae.brew.sh/{kind}/{quote(name.removeprefix(CASK), safe='@+')}"


def software_names(name: str) -> tuple[str, ...]:
    bare = name.removeprefix(CASK)
    base = re.sub(r"@[0-9.]+$", "", bare)
    return tuple(dict.fromkeys((bare, bare.replace("@", ""), base)))


def tap_and_name(name: str) -> tuple[str, str]:
    bare = name.removeprefix(CASK)
    return ("" if bare == name else CASK_TAP), bare


def in_tap(tap: str, name: str) -> str:
    """Case counts in neither. The tap may be left out for a formula; `cask` alone is this program's own word."""
    tap, name = tap.lower(), name.lower()
    if tap in (CASK_TAP, CASK.rstrip("/")):
        return f"{CASK}{name}"
    return name if tap in ("", CORE_TAP) else f"{tap}/{name}"
