"""Which distribution and release this machine runs: Debian's advisories tell releases apart, an apt index does not."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")
NAMES = {"debian": "Debian", "ubuntu": "Ubuntu"}


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
