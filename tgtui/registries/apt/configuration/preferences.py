"""Which versions apt prefers on this machine: the preferences files and the default release, as pins in order.

Source: apt_preferences(5), apt.conf(5) and apt's policy.cc.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from tgtui.basics.files.paths import expanded
from tgtui.basics.files.trouble import why
from tgtui.registries.apt.configuration.deb822 import read_deb822
from tgtui.registries.apt.configuration.files import read_file
from tgtui.registries.apt.configuration.options import AptConfig

LOWEST, HIGHEST = -32_768, 32_767
NEVER = LOWEST
"""The priority of a suite that a stanza calls `never`."""
DEFAULT_RELEASE_PRIORITY = 990
PART = re.compile(r"[A-Za-z0-9_:-][A-Za-z0-9_.:-]*")
"""Names of files in a folder of preferences; the ending must be `.pref`, or there must be none."""
PinKind = Literal["version", "release", "origin"]
KINDS: dict[str, PinKind] = {"version": "version", "release": "release", "origin": "origin"}
NUMBER = re.compile(r"\s*([+-]?\d+)")

log = logging.getLogger(__name__)


class Pin(msgspec.Struct, frozen=True):
    """One package of one stanza."""

    package: str
    """As written, with `src:` and an architecture; empty for all packages of a suite."""
    kind: PinKind
    data: str
    """What follows that word: `a=stable, o=Debian`."""
    priority: int
    """NEVER only where the stanza says `never`."""


class Refused(ValueError):
    """apt would stop here."""


def read_preferences(
    config: AptConfig, places: Sequence[str] | None = None, default_release: str | None = None
) -> list[Pin]:
    """In the order in which they count. `places` are files and folders to read in place of the machine's own.

    A file counts up to an entry that apt refuses, which is logged; apt itself would stop.
    """
    pins: list[Pin] = []
    if default_release:
        pins.append(Pin("", "release", default_release, DEFAULT_RELEASE_PRIORITY))
    chosen = [expanded(place) for place in places] if places is not None else config.preferences
    for file in _files(chosen):
        try:
            pins.extend(parse_preferences(read_file(file)))
        except Refused as error:
            log.warning("apt's preferences: %s: %s", file, error)
            pins.extend(error.args[1])
    return pins


def parse_preferences(text: str) -> list[Pin]:
    """The pins of one file. Refused, with those before it, at an entry that apt refuses."""
    pins: list[Pin] = []
    for fields in filter(None, read_deb822(text)):
        if "package" not in fields:
            raise Refused("An entry names no Package.", pins)
        names = fields["package"]
        pin = fields.get("pin", "")
        word, _, data = _split(pin)
        kind = KINDS.get(word.lower())
        is_general = names == "*"
        if not pin:
            continue
        if kind is None or (kind == "version" and is_general):
            log.warning("apt's preferences: the pin %r is left out, as by apt", word[:40])
            continue
        priority = _priority(fields.get("pin-priority", ""), pins, is_general=is_general)
        packages = [""] if is_general else names.split()
        pins += [Pin(package, kind, data, priority) for package in packages]
    return pins


def _split(pin: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"(\S*)(\s*)(.*)", pin, re.DOTALL)
    assert match is not None
    return match[1], match[2], match[3]


def _priority(text: str, pins: list[Pin], *, is_general: bool) -> int:
    if text == "never":
        if not is_general:
            raise Refused("The priority `never` is for `Package: *` only.", pins)
        return NEVER
    match = NUMBER.match(text)
    number = int(match[1]) if match else 0
    if not LOWEST <= number <= HIGHEST:
        raise Refused(f"The priority {text[:20]} is not between {LOWEST} and {HIGHEST}.", pins)
    if number == 0:
        raise Refused("An entry has no priority, or 0.", pins)
    return max(number, NEVER + 1)


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            try:
                found = [each for each in place.iterdir() if is_read(each.name) and each.is_file()]
            except OSError as error:
                log.warning("%s can't be read: %s", place, why(error))
                continue
            yield from sorted(found, key=lambda each: each.name)
        elif place.is_file():
            yield place


def is_read(name: str) -> bool:
    """Whether apt reads a file of that name in a folder of preferences."""
    _, dot, ending = name.rpartition(".")
    return PART.fullmatch(name) is not None and (not dot or ending == "pref")
