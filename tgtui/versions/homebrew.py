"""Homebrew's version order, and the VersionRules of brew: there is only one version at a time.

Source: `Version`, `Version::Token` and `PkgVersion` of Homebrew/brew. A version is `1.2.3_1`, the last number being the
formula's revision, and the rest a row of tokens. Alpha, beta, pre and rc sort before the end, everything else after it:
`.post1`, then words by their letters, then numbers. Zeros that no other number follows do not count.

brew compares two versions at a time, and goes in circles where a word meets alpha, beta, pre or rc, which it compares by
their letters: 1.0rc1 < 1.0 < 1.0a < 1.0rc1. A list needs an order: there the word always comes later, as it does after
the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tgtui.versions.candidate import CandidateIndex, CandidateRules
from tgtui.versions.rules import NotPicked, Picked

MAX_NAME_CHARS = 214
NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9@+._-]*/){0,2}[A-Za-z0-9][A-Za-z0-9@+._-]*")
REVISION = re.compile(r"(.+?)(?:_([0-9]+))?", re.DOTALL)
HEAD = re.compile(r"HEAD(?:-.*)?", re.DOTALL)
TOKEN = re.compile(
    r"(?P<alpha>alpha[0-9]*|a[0-9]+)|(?P<beta>beta[0-9]*|b[0-9]+)|(?P<pre>pre[0-9]*)|(?P<rc>rc[0-9]*)"
    r"|(?P<patch>p[0-9]*)|(?P<post>.post[0-9]+)|(?P<number>[0-9]+)|(?P<word>[a-z]+)",
    re.IGNORECASE,
)
"""Any one character may stand before `post`: of `1.0post2` the zero belongs to it, and is its number."""
DIGITS = re.compile(r"[0-9]+")
MAX_DIGITS = 0xFFFF
"""A number's length is written in two bytes."""
PLACES = {"alpha": 1, "beta": 2, "pre": 3, "rc": 4, "post": 6, "patch": 7, "word": 7, "number": 8}
_END = 5
"""Sorts between words that announce a version and words that continue it."""
_HEAD = b"\xff"
_ZERO = (PLACES["number"], b"\0\0")

_Token = tuple[int, bytes]
"""Its place, and what tokens of one place compare by."""


def sort_key(version: str) -> bytes:
    """Bytes that compare as brew compares the versions of one version_scheme; different for different texts."""
    text = version.encode("utf-8", "surrogatepass")
    match = REVISION.fullmatch(version)
    upstream, revision = (match[1], match[2] or "") if match else (version, "")
    if HEAD.fullmatch(upstream):
        return _HEAD + _number(revision) + text
    out = bytearray()
    for place, value in _significant(_tokens(upstream)):
        out.append(place)
        out += value
    out.append(_END)
    return bytes(out) + _number(revision) + text


def _tokens(version: str) -> Iterator[_Token]:
    for match in TOKEN.finditer(version):
        kind, text = match.lastgroup or "word", match[0]
        if kind == "word":
            value = text.encode("utf-8") + b"\0"
        else:
            digits = DIGITS.search(text)
            value = _number(digits[0] if digits else "")
            # Patches meet words, none of which begins with p.
            value = b"p" + value if kind == "patch" else value
        yield PLACES[kind], value


def _significant(tokens: Iterable[_Token]) -> Iterable[_Token]:
    """Without zeros before something that is not a number: `1.0` is `1`, `2.1.0-p194` is `2.1-p194`."""
    kept: list[_Token] = []
    for token in reversed(list(tokens)):
        follows_number = bool(kept) and kept[-1][0] == PLACES["number"]
        if token == _ZERO and not follows_number:
            continue
        kept.append(token)
    return reversed(kept)


def _number(digits: str) -> bytes:
    """Bytes that compare as the number does; an empty one is zero."""
    found = digits.lstrip("0")[:MAX_DIGITS].encode("ascii")
    return len(found).to_bytes(2, "big") + found


class NewestIndex(CandidateIndex):
    """A formula's or cask's only version."""

    __slots__ = ()

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """Always the newest: formulae do not declare ranges."""
        if self.candidate is None:
            return NotPicked("The formula has no stable version.", "ENOVERSIONS")
        return Picked(self.candidate)


class HomebrewRules(CandidateRules):
    """See `docs/resolution.md`."""

    def __init__(self) -> None:
        super().__init__(sort_key, NewestIndex)


def homebrew_name_problem(name: str) -> str | None:
    """Why no formula or cask can have this name, a sentence; None if one can."""
    if len(name) > MAX_NAME_CHARS:
        return f"The name has {len(name)} characters; at most {MAX_NAME_CHARS} are allowed."
    if not NAME.fullmatch(name):
        return "A formula is written wget, python@3.12, and a cask firefox or cask/firefox."
    return None
