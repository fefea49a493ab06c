"""Which distribution and release this machine runs: Debian's advisories tell releases apart, an apt index does not."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")
CODENAMES = {
    "buster": "Debian:10",
    "bullseye": "Debian:11",
    "bookworm": "Debian:12",
    "trixie": "Debian:13",
    "forky": "Debian:14",
    "duke": "Debian:15",
    "xenial": "Ubuntu:16.04",
    "bionic": "Ubuntu:18.04",
    "focal": "Ubuntu:20.04",
    "jammy": "Ubuntu:22.04",
    "noble": "Ubuntu:24.04",
    "questing": "Ubuntu:25.10",
    "resolute": "Ubuntu:26.04",
}
"""Releases that advisories are published about, by what their suites are called."""
NAMES = {"debian": "Debian", "ubuntu": "Ubuntu"}


def release_of(suite: str) -> str | None:
    """`Debian:12` of `bookworm` and of `bookworm-security`; None of what is no release, or an unknown one."""
    return CODENAMES.get(suite.partition("-")[0])


def distribution(file: Path | None = None) -> str | None:
    """`Debian:12`, `Ubuntu:22.04`; None if this is another system or one without a release."""
    return _read(OS_RELEASE if file is None else file)


@lru_cache(8)
def _read(file: Path) -> str | None:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")[:65_536]
    except OSError:
        return None
    said = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    name = NAMES.get(said.get("ID", "").strip("\"'"))
    release = said.get("VERSION_ID", "").strip("\"'")
    return f"{name}:{release}" if name and release else None
