"""The Python and the platform that packages are chosen for: markers, and the tags of wheels in order of preference.

Source: PEP 508, PEP 425, and pip 26.3 (`TargetPython`). For another platform the markers follow it too, which pip's
`--platform` leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct
from packaging import tags
from packaging.markers import (
    Marker,
    UndefinedComparison,
    UndefinedEnvironmentName,
    default_environment,
)

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import PypiSettings

MANYLINUX = {17: "2014", 12: "2010", 5: "1"}
"""glibc 2.N by its older name."""
OLDEST_GLIBC = 5
LINUX = re.compile(r"(?:linux|manylinux_2_(\d+)|musllinux_1_(\d+))_(\w+)")
MACOS = re.compile(r"macosx_(\d+)_(\d+)_(\w+)")
WINDOWS = re.compile(r"win_(amd64|arm64)|win32")
MAX_KNOWN = 10_000
"""Sets of tags whose rank is remembered; 111 real projects have 1,172."""


class Target(Struct, frozen=True, dict=True):
    """One Python on one platform."""

    markers: Mapping[str, str]
    ranks: Mapping[str, int]
    """By tag, `cp311-cp311-linux_x86_64`: 0 is preferred."""
    platform: str
    """As wheel tags name it."""

    @property
    def python(self) -> str:
        """`3.11.7`"""
        return self.markers["python_full_version"]

    @property
    def context(self) -> str:
        """For people: `Python 3.11.7 on manylinux_2_36_x86_64`."""
        return f"Python {self.python} on {self.platform}"

    @cached_property
    def _answers(self) -> dict[tuple[str, str], bool]:
        return {}

    def holds(self, marker: Marker | None, extra: str = "") -> bool:
        """Whether a marker holds here. What can't be compared does not."""
        if marker is None:
            return True
        key = str(marker), extra
        if (known := self._answers.get(key)) is None:
            try:
                known = marker.evaluate({**self.markers, "extra": extra})
            except (UndefinedComparison, UndefinedEnvironmentName, ValueError):
                known = False
            self._answers[key] = known
        return known

    def rank_of(self, filename: str) -> int | None:
        """How well a wheel fits, 0 best; None if it can't be used. Looks at the text of its tags alone."""
        parts = filename[:-4].rsplit("-", 3)
        if len(parts) != 4:
            return None
        tagged = tuple(parts[1:])
        known = self._known_ranks
        if tagged not in known:
            if len(known) >= MAX_KNOWN:
                known.clear()
            known[tagged] = self._rank(*(part.lower().split(".") for part in tagged))
        return known[tagged]

    @cached_property
    def _known_ranks(self) -> dict[tuple[str, ...], int | None]:
        return {}

    def _rank(self, pythons: list[str], abis: list[str], platforms: list[str]) -> int | None:
        found = (
            self.ranks.get(f"{python}-{abi}-{platform}")
            for python in pythons
            for abi in abis
            for platform in platforms
        )
        return min((rank for rank in found if rank is not None), default=None)


def target_of(settings: PypiSettings) -> Target:
    """That of the settings, else this machine's. SettingsError."""
    markers = {key: str(value) for key, value in default_environment().items()}
    own = own_platform()
    is_own = settings.python_version in (None, markers["python_full_version"])
    if is_own and settings.platform in (None, own):
        found = [str(tag) for tag in tags.sys_tags()]
        return Target(markers, _ranked(found), own)
    if settings.python_version is not None:
        parts = settings.python_version.split(".")
        markers["python_version"] = ".".join(parts[:2])
        full = settings.python_version if len(parts) > 2 else f"{settings.python_version}.0"
        markers["python_full_version"] = markers["implementation_version"] = full
        markers["implementation_name"], markers["platform_python_implementation"] = (
            "cpython",
            "CPython",
        )
    platform = settings.platform or own
    if platform != own:
        platforms, of_platform = _platform(platform)
        markers |= of_platform
    else:
        platforms = list(tags.platform_tags())
    version = tuple(int(part) for part in markers["python_version"].split("."))
    interpreter = f"cp{version[0]}{version[1]}"
    made = [
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, interpreter, platforms),
    ]
    return Target(markers, _ranked(str(tag) for tag in made), platform)


def own_platform() -> str:
    """This machine's, as it would have to be set: of Linux with its C library, which decides about wheels."""
    first = ""
    for tag in tags.platform_tags():
        first = first or tag
        match = LINUX.fullmatch(tag)
        if match is not None and (match[1] or match[2]):
            return tag
    return first


def _ranked(found: Iterator[str] | list[str]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, tag in enumerate(found):
        ranks.setdefault(tag, rank)
    return ranks


def _platform(text: str) -> tuple[list[str], dict[str, str]]:
    """(tags of the platform, its markers)"""
    if (match := LINUX.fullmatch(text)) is not None:
        machine = match[3]
        platforms: list[str] = []
        if match[1]:
            for minor in range(int(match[1]), OLDEST_GLIBC - 1, -1):
                platforms.append(f"manylinux_2_{minor}_{machine}")
                if minor in MANYLINUX:
                    platforms.append(f"manylinux{MANYLINUX[minor]}_{machine}")
        elif match[2]:
            platforms = [f"musllinux_1_{n}_{machine}" for n in range(int(match[2]), -1, -1)]
        named = _named("posix", "linux", "Linux", machine)
        return [f"linux_{machine}", *platforms], named
    if (match := MACOS.fullmatch(text)) is not None:
        version = int(match[1]), int(match[2])
        found = list(tags.mac_platforms(version, match[3]))
        return found, _named("posix", "darwin", "Darwin", match[3])
    if (match := WINDOWS.fullmatch(text)) is not None:
        machine = {"amd64": "AMD64", "arm64": "ARM64"}.get(match[1] or "", "x86")
        return [text], _named("nt", "win32", "Windows", machine)
    raise SettingsError(
        f"The setting pypi.platform is wrong: {text!r} is no platform of wheels;"
        " write it as manylinux_2_28_x86_64, macosx_14_0_arm64 or win_amd64."
    )


def _named(os_name: str, platform: str, system: str, machine: str) -> dict[str, str]:
    return {
        "os_name": os_name,
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": machine,
        "platform_release": "",
        "platform_version": "",
    }
