"""npm's version ranges: `^1.2`, `~1`, `1.x || >=2.5.0 <3`, `1.2 - 2`, read as node-semver reads them.

A range becomes intervals over version keys, one per `||` alternative, so that a test is two tuple
comparisons and a pick is a binary search. Rewriting rules: node-semver's README, "Advanced Range
Syntax"; the order of the steps, and what loose reading throws away, follow its behaviour.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tgtui.versions.grammar import BUILD, SPACE, collapse_spaces, partial_pattern, version_pattern
from tgtui.versions.semver import Key, Version, parse_version, version_from_groups

MAX_RANGE_CHARS = 4096
"""npm has no bound; hostile text needs one."""
CACHED_RANGES = 8192
"""Compiled ranges kept in memory."""
MAX_CACHED_RANGE_CHARS = 256
"""A longer range is compiled each time, so that the cache stays small."""

_PARTIAL = {
    loose: re.compile(rf"(\^|~>?|[<>]?=?){partial_pattern(loose)}") for loose in (False, True)
}
_COMPARATOR = {
    loose: re.compile(rf"([<>]?=?)({version_pattern(loose)})") for loose in (False, True)
}
_HYPHEN = {
    loose: re.compile(rf" ?({partial_pattern(loose)}) - ({partial_pattern(loose)}) ?")
    for loose in (False, True)
}
_SPACED_OPERATOR = re.compile(
    rf"([{SPACE}]?)([<>]?=?) ?((?:{version_pattern(True)})|(?:{partial_pattern(False)}))"
)
_SPACED_TILDE = re.compile("~>? ")
_STAR = re.compile(r"[<>]?=?\*")
_NOTHING = "<0.0.0-0"


class InvalidRange(ValueError):
    """The text is no range to npm."""


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
        """Keep only what also stands in this relation to `key`."""
        is_open = operator in ("<", ">")
        if operator[:1] != "<" and (key, is_open) > (self.low, self.low_open):
            self.low, self.low_open = key, is_open
        if operator[:1] != ">" and (
            self.high is None or (key, not is_open) < (self.high, not self.high_open)
        ):
            self.high, self.high_open = key, is_open

    def contains(self, key: Key) -> bool:
        """Whether the key lies between the bounds; prereleases are the caller's business."""
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
    """Read a range, from a bounded cache where it was read before. InvalidRange where npm refuses it."""
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
    """Whether the range admits the version; False where either cannot be read.

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
    intervals: list[Interval] = []
    for alternative in collapse_spaces(text).split("||"):
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
    """One alternative; None where loose reading leaves nothing of it."""
    interval = Interval()
    prereleases: set[Key] = set()
    read_any = False
    for comparator in _comparators(text, loose, include_prerelease):
        match = _COMPARATOR[loose].fullmatch(comparator)
        if match is None and comparator and loose:
            continue  # loosely, what is no comparator is as if it were not there
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


def _comparators(text: str, loose: bool, include_prerelease: bool) -> list[str]:
    """Rewrite an alternative into `<`, `<=`, `>`, `>=` and exact comparators; '' admits everything."""
    if "+" in text:
        text = BUILD.sub("", text)
    if " " not in text:
        return _expand(text, loose, include_prerelease).split(" ")
    hyphen = _HYPHEN[loose].fullmatch(text)
    if hyphen:
        text = _from_hyphen(hyphen, include_prerelease)
    text = _SPACED_OPERATOR.sub(r"\1\2\3", text)
    text = _SPACED_TILDE.sub("~", text).replace("^ ", "^")
    expanded = " ".join(_expand(token, loose, include_prerelease) for token in text.split(" "))
    # An empty expansion between two others vanishes, at an end it stays and admits everything.
    return re.split(" +", expanded)


def _expand(token: str, loose: bool, include_prerelease: bool) -> str:
    """Rewrite one blank-free token; the result may hold two comparators with a blank between."""
    if "+" in token:
        token = BUILD.sub("", token, count=1)
    match = _PARTIAL[loose].fullmatch(token)
    if match is None:
        return _STAR.sub("", token, count=1)
    operator, major, minor, patch, prerelease = match.groups()
    lowest = "-0" if include_prerelease else ""
    if operator == "^":
        return _caret(major, minor, patch, prerelease, lowest)
    if operator[:1] == "~":
        return _tilde(major, minor, patch, prerelease, lowest)
    if (_is_x(major) and not _is_x(minor)) or (_is_x(minor) and patch and not _is_x(patch)):
        return _STAR.sub("", token, count=1)  # `x.1` and `1.x.2` mean nothing
    if not _is_x(patch):
        return token
    return _partial(operator, major, minor, lowest)


def _is_x(part: str | None) -> bool:
    return part is None or part in "xX*"


def _caret(major: str, minor: str, patch: str, prerelease: str | None, lowest: str) -> str:
    """`^`: up to the next change of the leftmost non-zero part."""
    if _is_x(major):
        return ""
    if _is_x(minor):
        return f">={major}.0.0{lowest} <{_next(major)}.0.0-0"
    if major != "0":
        high = f"{_next(major)}.0.0"
    elif _is_x(patch) or minor != "0":
        high = f"{major}.{_next(minor)}.0"
    else:
        high = f"{major}.{minor}.{_next(patch)}"
    low = f"{major}.{minor}.0{lowest}" if _is_x(patch) else _with(major, minor, patch, prerelease)
    return f">={low} <{high}-0"


def _tilde(major: str, minor: str, patch: str, prerelease: str | None, lowest: str) -> str:
    """`~`: patch changes where a minor is given, minor changes where not."""
    if _is_x(major):
        return ""
    if _is_x(minor):
        return f">={major}.0.0{lowest} <{_next(major)}.0.0-0"
    low = f"{major}.{minor}.0{lowest}" if _is_x(patch) else _with(major, minor, patch, prerelease)
    return f">={low} <{major}.{_next(minor)}.0-0"


def _partial(operator: str, major: str, minor: str | None, lowest: str) -> str:
    """A comparator on a version whose patch, or more, is left open."""
    if _is_x(major):
        return _NOTHING if operator in ("<", ">") else ""
    whole = minor is None or _is_x(minor)
    following = f"{_next(major)}.0.0" if whole else f"{major}.{_next(minor or '0')}.0"
    first = f"{major}.0.0" if whole else f"{major}.{minor}.0"
    if operator == ">":
        return f">={following}{lowest}"
    if operator == "<=":
        return f"<{following}-0"
    if operator == "<":
        return f"<{first}-0"
    if operator == ">=":
        return f">={first}{lowest}"
    return f">={first}{lowest} <{following}-0"


def _from_hyphen(match: re.Match[str], include_prerelease: bool) -> str:
    """`1.2 - 2`: from the first, through the second with its open parts filled up."""
    low, low_major, low_minor, low_patch, low_pre, high, major, minor, patch, prerelease = (
        match.groups()
    )
    lowest = "-0" if include_prerelease else ""
    if _is_x(low_major):
        low = ""
    elif _is_x(low_minor):
        low = f">={low_major}.0.0{lowest}"
    elif _is_x(low_patch):
        low = f">={low_major}.{low_minor}.0{lowest}"
    else:
        low = f">={low}" if low_pre else f">={low}{lowest}"
    if _is_x(major):
        high = ""
    elif _is_x(minor):
        high = f"<{_next(major)}.0.0-0"
    elif _is_x(patch):
        high = f"<{major}.{_next(minor)}.0-0"
    elif prerelease:
        high = f"<={major}.{minor}.{patch}-{prerelease}"
    else:
        high = f"<{major}.{minor}.{_next(patch)}-0" if include_prerelease else f"<={high}"
    return f"{low} {high}".strip(" ")


def _with(major: str, minor: str, patch: str, prerelease: str | None) -> str:
    release = f"{major}.{minor}.{patch}"
    return f"{release}-{prerelease}" if prerelease else release


def _next(number: str) -> str:
    """One more, as JavaScript adds and prints: from 1e21 on it prints an exponent, which is no version."""
    following = float(number) + 1
    return "exponent" if following >= 1e21 else str(int(following))
