"""What pins say of a suite's files and of single versions, as apt's policy.cc and versionmatch.cc read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from tgtui.registries.apt.configuration.preferences import NEVER, Pin

About = Mapping[str, str]
"""Of one Packages file, by apt's letters: `a` suite, `n` codename, `v` version, `o` origin, `l` label, `c` component,
`b` architecture; `site` is its host. What its Release file does not say is left out."""
LETTERS = frozenset("vancolb")
MAX_CONDITIONS = 19
WILD = re.compile(r"[*\[?]")
SOURCE = "src:"

OwnPin = tuple[int, int]
"""(place, priority)"""


class Pins:
    """All pins of a machine, in order."""

    def __init__(self, pins: Sequence[Pin], architecture: str) -> None:
        self._general = [pin for pin in pins if not pin.package]
        self._architecture = architecture
        self._exact: dict[str, list[tuple[int, str, Pin]]] = {}
        """By `name` or `src:name`: place, architecture, pin."""
        self._wild: list[tuple[int, str, str, Pin]] = []
        """The same after `pattern` or `src:pattern`."""
        for place, pin in enumerate(pins):
            if pin.package:
                self._add(place, pin)
        self._files: dict[tuple[str, str, tuple[tuple[str, str], ...]], bool] = {}

    def of_file(self, about: About, default: int) -> int:
        """apt's priority of a Packages file; `default` is what its Release file asks for."""
        priority, is_fixed = default, False
        for pin in self._general:
            may_change = (not is_fixed or pin.priority == NEVER) and priority != NEVER
            if may_change and self._fits_file(pin, about):
                priority, is_fixed = pin.priority, True
        return priority

    def own(
        self, name: str, source: str, version: str, architecture: str, about: About
    ) -> OwnPin | None:
        """The first pin that names a package and admits this version of it from this file."""
        named = [*self._exact.get(name, ()), *self._exact.get(SOURCE + source, ())]
        for place, pattern, wanted, pin in self._wild:
            is_source = pattern.startswith(SOURCE)
            text = source if is_source else name
            bare = pattern.removeprefix(SOURCE)
            if text != bare and matches(bare, text):
                named.append((place, wanted, pin))
        fitting = [
            (place, pin.priority)
            for place, wanted, pin in named
            if self._is_for(wanted, architecture)
            and (
                _is_version(pin.data, version)
                if pin.kind == "version"
                else self._fits_file(pin, about)
            )
        ]
        return min(fitting, default=None)

    def _add(self, place: int, pin: Pin) -> None:
        prefix = SOURCE if pin.package.startswith(SOURCE) else ""
        name, colon, architecture = pin.package.removeprefix(SOURCE).rpartition(":")
        if not colon:
            name, architecture = architecture, ""
        if WILD.search(name) or (len(name) > 1 and name[0] == name[-1] == "/"):
            self._wild.append((place, prefix + name, architecture, pin))
        else:
            self._exact.setdefault(prefix + name, []).append((place, architecture, pin))

    def _is_for(self, wanted: str, architecture: str) -> bool:
        own = self._architecture if architecture == "all" else architecture
        if wanted in ("any", "linux-any"):
            return True
        return own == (wanted or self._architecture)

    def _fits_file(self, pin: Pin, about: About) -> bool:
        key = (pin.kind, pin.data, tuple(sorted(about.items())))
        found = self._files.get(key)
        if found is None:
            found = _fits_file(pin, about)
            self._files[key] = found
        return found


def _fits_file(pin: Pin, about: About) -> bool:
    if pin.kind == "origin":
        data = pin.data
        if len(data) >= 2 and data[0] == data[-1] == '"':
            data = data[1:-1]
        return matches(data, about.get("site", ""))
    if not pin.data or pin.kind != "release":
        return False
    if pin.data == "*":
        return True
    if "=" not in pin.data:
        if pin.data[0].isdigit():
            return _is_release_version(pin.data, about)
        return any(letter in about and matches(pin.data, about[letter]) for letter in "an")
    conditions = _conditions(pin.data)
    return bool(conditions) and all(
        _is_release_version(value, about)
        if letter == "v"
        else letter in about and matches(value, about[letter])
        for letter, value in conditions.items()
    )


def _conditions(data: str) -> dict[str, str]:
    """`a=stable, o=Debian`; words of two letters and less are left out, as by apt."""
    parts = [part.strip() for part in data.split(",")]
    if len(parts) > MAX_CONDITIONS:
        return {}
    return {
        part[0].lower(): part[2:]
        for part in parts
        if len(part) >= 3 and part[1] == "=" and part[0].lower() in LETTERS
    }


def _is_release_version(wanted: str, about: About) -> bool:
    return "v" in about and _is_version(wanted, about["v"])


def _is_version(wanted: str, version: str) -> bool:
    """Equal, beginning with what stands before a last `*`, or an expression; case does not count."""
    if wanted.endswith("*"):
        start = wanted[:-1]
        return version.lower().startswith(start.lower()) or matches(start, version)
    return version.lower() == wanted.lower() or matches(wanted, version)


def matches(pattern: str, text: str) -> bool:
    """As apt's ExpressionMatches: `/regular expression/` or a shell pattern; case does not count."""
    expression = _expression(pattern)
    return expression is not None and expression.search(text) is not None


@lru_cache(10_000)
def _expression(pattern: str) -> re.Pattern[str] | None:
    """None if it is no regular expression."""
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        inner = pattern[1:-1]
        for name, members in CLASSES.items():
            inner = inner.replace(f"[:{name}:]", members)
    else:
        inner = rf"\A(?:{_shell(pattern)})\Z"
    try:
        return re.compile(inner, re.IGNORECASE | re.DOTALL)
    except re.error:
        return None


CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": r"\s",
    "punct": r"!-/:-@\[-`{-~",
}


def _shell(pattern: str) -> str:
    """A shell pattern as a regular expression (fnmatch(3))."""
    found: list[str] = []
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        place += 1
        if sign == "*":
            found.append(".*")
        elif sign == "?":
            found.append(".")
        elif sign == "\\" and place < len(pattern):
            found.append(re.escape(pattern[place]))
            place += 1
        elif sign == "[" and (end := _end_of_set(pattern, place)) > 0:
            inner = pattern[place:end]
            is_negated = inner[0] in "!^"
            inner = inner[1:] if is_negated else inner
            for name, members in CLASSES.items():
                inner = inner.replace(f"[:{name}:]", members)
            escaped = re.sub(r"[\[\]^&~|]|\\(?![sdw\[\]`])", lambda m: "\\" + m[0], inner)
            found.append(f"[{'^' if is_negated else ''}{escaped}]")
            place = end + 1
        else:
            found.append(re.escape(sign))
    return "".join(found)


def _end_of_set(pattern: str, start: int) -> int:
    """Where the `]` of a set is, which may hold one as its first member; -1 if it does not end."""
    place = start
    if pattern[place : place + 1] in ("!", "^"):
        place += 1
    if pattern[place : place + 1] == "]":
        place += 1
    while place < len(pattern) and pattern[place] != "]":
        closing = pattern.find(":]", place + 2) if pattern.startswith("[:", place) else -1
        place = closing + 2 if closing > 0 else place + 1
    return place if place < len(pattern) else -1
