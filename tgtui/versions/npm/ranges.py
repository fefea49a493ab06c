"""npm's version ranges: `^1.2`, `~1`, `1.x || >=2.5.0 <3`, `1.2 - 2`, read as node-semver reads them.

A range becomes intervals over version keys, one per `||` alternative, so that a test is two tuple
comparisons and a pick is a binary search. Rewriting rules: node-semver's README, "Advanced Range
Syntax"; the order of the steps, and what loose reading throws away, follow its behaviour.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from tgtui.versions.npm.comparators import comparators
from tgtui.versions.npm.grammar import collapse_spaces, version_pattern
from tgtui.versions.npm.semver import Key, Version, parse_version, version_from_groups

MAX_RANGE_CHARS = 4096
"""npm has no bound; hostile text needs one."""
MAX_COMPARATOR_CHARS = 300
"""As `MAX_RANGE_CHARS`: a longer run without a blank refuses the range. No version passes 256."""
MAX_PREFIX_CHARS = 32
"""As `MAX_RANGE_CHARS`, for runs of `v`, `=` and blanks."""
CACHED_RANGES = 8192
"""Compiled ranges kept in memory."""
MAX_CACHED_RANGE_CHARS = 256
"""A longer range is compiled each time, so that the cache stays small."""

_HOSTILE = re.compile(rf"[^ |]{{{MAX_COMPARATOR_CHARS + 1}}}|[v= ]{{{MAX_PREFIX_CHARS + 1}}}")


@cache
def _comparator(loose: bool) -> re.Pattern[str]:
    return re.compile(rf"([<>]?=?)({version_pattern(loose)})")


class InvalidRange(ValueError):
    """The text is not a range for npm."""


class Interval:
    """What one `||` alternative admits: an interval of keys, and the releases whose prereleases count."""

    __slots__ = ("high", "high_open", "low", "low_open", "prereleases_of")

    def __init__(self) -> None:
        self.low: Key = ()
        """The empty key is below every version."""
        self.low_open = False
        self.high: Key | None = None
        """None: no upper bound."""
        self.high_open = False
        self.prereleases_of: frozenset[Key] = frozenset()
        """(major, minor, patch) of every bound that is itself a prerelease."""

    def narrow(self, operator: str, key: Key) -> None:
        """Keep only versions that are also in this relation to `key`."""
        is_open = operator in ("<", ">")
        if operator[:1] != "<" and (key, is_open) > (self.low, self.low_open):
            self.low, self.low_open = key, is_open
        if operator[:1] != ">" and (
            self.high is None or (key, not is_open) < (self.high, not self.high_open)
        ):
            self.high, self.high_open = key, is_open

    def contains(self, key: Key) -> bool:
        """Whether the key is between the bounds; the caller checks prereleases."""
        if key < self.low or (self.low_open and key == self.low):
            return False
        high = self.high
        return high is None or key < high or (not self.high_open and key == high)


class Range:
    """A compiled range; immutable once built, so threads may share it."""

    __slots__ = ("include_prerelease", "intervals", "text")

    def __init__(
        self, text: str, intervals: tuple[Interval, ...], include_prerelease: bool
    ) -> None:
        self.text = text
        """As it was given."""
        self.intervals = intervals
        """One per alternative; a version in any of them is admitted."""
        self.include_prerelease = include_prerelease
        """Whether prereleases count like any other version."""

    def admits(self, version: Version) -> bool:
        """A prerelease needs a bound that is a prerelease of the same major.minor.patch."""
        key = version.key
        check_prerelease = key[3] == 0 and not self.include_prerelease
        return any(
            interval.contains(key) and (not check_prerelease or key[:3] in interval.prereleases_of)
            for interval in self.intervals
        )


def compile_range(text: str, *, loose: bool = True, include_prerelease: bool = False) -> Range:
    """Read a range, from a bounded cache if possible. InvalidRange if npm refuses it."""
    compiled = _read(text, loose, include_prerelease)
    if compiled is None:
        raise InvalidRange(f"{text[:80]!r} is not a version range.")
    return compiled


def is_range(text: str) -> bool:
    """Whether npm reads the text as a range."""
    return _read(text, True, False) is not None


def satisfies(
    version: str | Version,
    range_: str | Range,
    *,
    loose: bool = True,
    include_prerelease: bool = False,
) -> bool:
    """Whether the range admits the version; False if either can't be read.

    A compiled range keeps its own `include_prerelease`.
    """
    parsed = version if isinstance(version, Version) else parse_version(version, loose=loose)
    if parsed is None:
        return False
    if isinstance(range_, str):
        try:
            range_ = compile_range(range_, loose=loose, include_prerelease=include_prerelease)
        except InvalidRange:
            return False
    return range_.admits(parsed)


def _compile(text: str, loose: bool, include_prerelease: bool) -> Range | None:
    if len(text) > MAX_RANGE_CHARS:
        return None
    text_read = collapse_spaces(text)
    if len(text_read) > MAX_PREFIX_CHARS and _HOSTILE.search(text_read):
        return None
    intervals: list[Interval] = []
    for alternative in text_read.split("||"):
        try:
            interval = _interval(alternative.strip(" "), loose, include_prerelease)
        except InvalidRange:
            return None
        if interval is not None:
            intervals.append(interval)
    for interval in intervals:
        if not interval.low and interval.high is None:
            # Next to `*` the other alternatives are dropped, with the prereleases they would admit.
            intervals = [interval]
            break
    return Range(text, tuple(intervals), include_prerelease) if intervals else None


_cached = lru_cache(CACHED_RANGES)(_compile)


def _read(text: str, loose: bool, include_prerelease: bool) -> Range | None:
    read = _cached if len(text) <= MAX_CACHED_RANGE_CHARS else _compile
    return read(text, loose, include_prerelease)


def _interval(text: str, loose: bool, include_prerelease: bool) -> Interval | None:
    """One alternative; None if loose reading leaves nothing of it."""
    interval = Interval()
    prereleases: set[Key] = set()
    read_any = False
    for comparator in comparators(text, loose, include_prerelease):
        match = _comparator(loose).fullmatch(comparator)
        if match is None and comparator and loose:
            continue  # in loose reading, what is not a comparator is ignored
        read_any = True
        if not comparator or comparator == (">=0.0.0-0" if include_prerelease else ">=0.0.0"):
            continue
        version = version_from_groups(*match.groups()[1:]) if match else None
        if match is None or version is None:
            raise InvalidRange(comparator)
        interval.narrow(match[1], version.key)
        if version.is_prerelease:
            prereleases.add(version.release)
    interval.prereleases_of = frozenset(prereleases)
    return interval if read_any else None
