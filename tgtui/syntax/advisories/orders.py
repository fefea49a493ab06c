"""The ecosystems of OSV's schema: in which order their versions stand, how their names are spelled, and whose
packages of ours they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from tgtui.versions.debian.order import order_key
from tgtui.versions.npm.semver import parse_version
from tgtui.versions.pypi.names import plain_name
from tgtui.versions.pypi.order import parsed

Order = Callable[[str], Any]
"""From a version to something that compares as the versions do. Takes any text."""

ECOSYSTEMS: Mapping[str, tuple[str, ...]] = {
    "npm": ("npm",),
    "pypi": ("PyPI",),
    "apt": ("Debian", "Ubuntu"),
}
"""By registry, the ecosystems whose advisories are about its packages. A registry that is not here has no source."""

_READABLE, _UNREADABLE = 1, 0
_LEGACY_PART = re.compile(r"(\d+|[a-z]+|\.|-)")
_LEGACY_WORDS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
REMEMBERED = 1 << 15


def ecosystem_of(text: str) -> tuple[str, str]:
    """(`Debian`, `12`) of `Debian:12`; the release is '' if it names none."""
    ecosystem, _, release = text.partition(":")
    return ecosystem, release


def registry_of(ecosystem: str) -> str | None:
    """Whose packages it is about; None if no registry's here."""
    bare = ecosystem_of(ecosystem)[0]
    return next((name for name, theirs in ECOSYSTEMS.items() if bare in theirs), None)


def has_advisories(registry: str) -> bool:
    """Whether anyone publishes advisories about its packages in this schema: nobody does for jsr and Homebrew."""
    return registry in ECOSYSTEMS


def spelled(ecosystem: str, name: str) -> str:
    """A name as it is compared: PyPI's without regard to case and separators (PEP 503), all others as they are."""
    if ecosystem_of(ecosystem)[0] == "PyPI":
        return plain_name(name)
    return name


def order_of(ecosystem: str, range_type: str) -> Order | None:
    """The order of a range of that type; None if it is not known here: the range then says nothing."""
    if range_type == "SEMVER":
        return semver_order
    if range_type != "ECOSYSTEM":
        return None
    return _OWN.get(ecosystem_of(ecosystem)[0])


def semver_order(version: str) -> Any:
    """SemVer 2; what can't be read is below everything that can."""
    found = parse_version(version)
    return (_READABLE, found.key) if found else (_UNREADABLE, version)


@lru_cache(REMEMBERED)
def python_order(version: str) -> Any:
    """PEP 440; older spellings are below all of it, in the order that setuptools had for them."""
    readable = parsed(version)
    return (_READABLE, readable) if readable else (_UNREADABLE, _legacy(version.lower()))


def _legacy(version: str) -> tuple[str, ...]:
    """The key of setuptools' `parse_version` before PEP 440."""
    parts: list[str] = []
    for found in (*_LEGACY_PART.split(version), "final"):
        part = _LEGACY_WORDS.get(found, found)
        if not part or part == ".":
            continue
        if part[0] in "0123456789":
            parts.append(part.zfill(8))
            continue
        part = f"*{part}"
        while part < "*final" and parts and parts[-1] == "*final-":
            parts.pop()
        while parts and parts[-1] == "00000000":
            parts.pop()
        parts.append(part)
    return tuple(parts)


_OWN: Mapping[str, Order] = {
    "npm": semver_order,
    "PyPI": python_order,
    "Debian": order_key,
    "Ubuntu": order_key,
}
