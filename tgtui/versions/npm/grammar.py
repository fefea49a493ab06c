"""The characters and patterns of npm's version grammar, as JavaScript reads them.

Source: node-semver, README "Ranges" and "Functions", checked against its behaviour. JavaScript and
Python disagree on what white space and a digit are, so neither `\\s` nor `\\d` is used.
"""

from __future__ import annotations

import re

MAX_VERSION_CHARS = 256
"""A longer version is invalid."""
MAX_SAFE_INTEGER = 2**53 - 1
"""The largest major, minor or patch: what a JavaScript number holds exactly."""

SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""White space to JavaScript's `trim` and `\\s`, as the inside of a character class."""

# npm's limits on repetition: a longer run does not match at all.
_DIGITS = 256
_WORD = 250

_STRICT_NUMBER = f"(?:0|[1-9][0-9]{{0,{_DIGITS}}})"
_LOOSE_NUMBER = f"[0-9]{{1,{_DIGITS}}}"
_WORD_ID = f"[0-9]{{0,{_DIGITS}}}[a-zA-Z-][a-zA-Z0-9-]{{0,{_WORD}}}"
_BUILD_ID = f"[a-zA-Z0-9-]{{1,{_WORD}}}"
_LOOSE_PREFIX = f"[v={SPACE}]*"


def _dotted(identifier: str) -> str:
    return rf"{identifier}(?:\.{identifier})*"


def _prerelease(loose: bool) -> str:
    """One group: the identifiers. Loosely the hyphen may be missing (`1.0.0beta`)."""
    number = _LOOSE_NUMBER if loose else _STRICT_NUMBER
    return f"(?:-{'?' if loose else ''}({_dotted(f'(?:{_WORD_ID}|{number})')}))?"


def version_pattern(loose: bool) -> str:
    """Groups: major, minor, patch, prerelease, build."""
    number = _LOOSE_NUMBER if loose else _STRICT_NUMBER
    prefix = _LOOSE_PREFIX if loose else "v?"
    return (
        rf"{prefix}({number})\.({number})\.({number})"
        rf"{_prerelease(loose)}(?:\+({_dotted(_BUILD_ID)}))?"
    )


def partial_pattern(loose: bool) -> str:
    """A version whose parts may be `x`, `X`, `*` or missing. Groups: major, minor, patch, prerelease."""
    part = f"({_LOOSE_NUMBER if loose else _STRICT_NUMBER}|[xX*])"
    return (
        rf"{_LOOSE_PREFIX}{part}(?:\.{part}(?:\.{part}"
        rf"{_prerelease(loose)}(?:\+{_dotted(_BUILD_ID)})?)?)?"
    )


BUILD = re.compile(rf"\+{_dotted('[a-zA-Z0-9-]+')}")
"""Build metadata anywhere in a range: it has no meaning there and is removed."""

_SPACE_RUN = re.compile(f"[{SPACE}]+")
_SPACE_CHARS = SPACE.replace("\u2000-\u200a", "".join(map(chr, range(0x2000, 0x200B))))


def trim(text: str) -> str:
    """JavaScript's `String.trim`."""
    return text.strip(_SPACE_CHARS)


def collapse_spaces(text: str) -> str:
    """Trimmed, every run of white space one blank."""
    return _SPACE_RUN.sub(" ", text.strip(_SPACE_CHARS))
