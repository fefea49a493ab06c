"""The platform of an install, and what can be installed on it.

Source: npm-install-checks. `os`, `cpu` and `libc` list what a version is for; `!name` excludes. A version with a
`libc` is for Linux alone.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence

from msgspec import Struct

WRITTEN = re.compile(r"(?P<os>[a-z0-9]+)-(?P<cpu>[a-z0-9_]+)(?:-(?P<libc>glibc|musl))?")
"""`linux-x64-glibc`, `darwin-arm64`, with Node's names."""
LINUX = "linux"
_CPUS = {
    "x86_64": "x64",
    "amd64": "x64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i386": "ia32",
    "i686": "ia32",
    "x86": "ia32",
    "armv7l": "arm",
}


class Platform(Struct, frozen=True):
    """An operating system, a processor and, on Linux, a C library."""

    os: str
    cpu: str
    libc: str = ""

    @classmethod
    def read(cls, written: str) -> Platform:
        """`linux-x64-glibc`; on Linux glibc if none is given. ValueError."""
        found = WRITTEN.fullmatch(written.strip().lower())
        if found is None or (found["libc"] and found["os"] != LINUX):
            raise ValueError(written)
        libc = found["libc"] or ("glibc" if found["os"] == LINUX else "")
        return cls(found["os"], found["cpu"], libc)

    @classmethod
    def of(cls, setting: str | None) -> Platform:
        """The one that is set, else this machine's. ValueError."""
        return cls.read(setting) if setting else cls.here()

    @classmethod
    def here(cls) -> Platform:
        """This machine's."""
        system, machine = platform.system().lower(), platform.machine().lower()
        os = {"windows": "win32"}.get(system, system)
        libc = ("glibc" if platform.libc_ver()[0] == "glibc" else "musl") if os == LINUX else ""
        return cls(os, _CPUS.get(machine, machine), libc)

    def __str__(self) -> str:
        return "-".join(part for part in (self.os, self.cpu, self.libc) if part)

    def admits(self, os: Sequence[str], cpu: Sequence[str], libc: Sequence[str]) -> bool:
        """Whether npm installs a version that says this of itself."""
        return _is_in(self.os, os) and _is_in(self.cpu, cpu) and _is_in(self.libc, libc)


def _is_in(name: str, listed: Sequence[str]) -> bool:
    if not listed or list(listed) == ["any"]:
        return True
    wanted = [each for each in listed if not each.startswith("!")]
    return f"!{name}" not in listed and (not wanted or name in wanted)
