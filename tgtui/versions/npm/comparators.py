"""Rewrites one alternative of a range (`^1.2`, `1.x`, `1 - 2`) into plain comparators.

Source: node-semver's README, "Advanced Range Syntax"; the order of the steps follows its behaviour, which
shows in odd texts only.
"""

from __future__ import annotations

import re
from functools import cache

from tgtui.versions.npm.grammar import BUILD, SPACE, partial_pattern, version_pattern

_SPACED_TILDE = re.compile("~>? ")
_STAR = re.compile(r"[<>]?=?\*")
_NOTHING = "<0.0.0-0"


@cache
def _partial_version(loose: bool) -> re.Pattern[str]:
    """Made when it is used, as those below: compiled with the import they would be a part of every start."""
    return re.compile(rf"(\^|~>?|[<>]?=?){partial_pattern(loose)}")


@cache
def _hyphenated(loose: bool) -> re.Pattern[str]:
    partial = partial_pattern(loose)
    return re.compile(rf" ?({partial}) - ({partial}) ?")


@cache
def _spaced_operator() -> re.Pattern[str]:
    return re.compile(
        rf"([{SPACE}]?)([<>]?=?) ?((?:{version_pattern(True)})|(?:{partial_pattern(False)}))"
    )


def comparators(text: str, loose: bool, include_prerelease: bool) -> list[str]:
    """Rewrite an alternative into `<`, `<=`, `>`, `>=` and exact comparators; '' admits everything."""
    if "+" in text:
        text = BUILD.sub("", text)
    if " " not in text:
        return _expand(text, loose, include_prerelease).split(" ")
    hyphen = _hyphenated(loose).fullmatch(text)
    if hyphen:
        text = _from_hyphen(hyphen, include_prerelease)
    text = _spaced_operator().sub(r"\1\2\3", text)
    text = _SPACED_TILDE.sub("~", text).replace("^ ", "^")
    expanded = " ".join(_expand(token, loose, include_prerelease) for token in text.split(" "))
    # An empty expansion between two others vanishes, at an end it stays and admits everything.
    return re.split(" +", expanded)


def _expand(token: str, loose: bool, include_prerelease: bool) -> str:
    """Rewrite one blank-free token; the result may hold two comparators with a blank between."""
    if "+" in token:
        token = BUILD.sub("", token, count=1)
    match = _partial_version(loose).fullmatch(token)
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
    """`~`: patch changes if a minor is given, else minor changes."""
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
    """One more, as JavaScript adds and prints: from 1e21 on with an exponent, which is not a version."""
    following = float(number) + 1
    return "exponent" if following >= 1e21 else str(int(following))
