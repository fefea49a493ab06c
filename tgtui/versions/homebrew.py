"""Homebrew's version order, and the VersionRules of brew: there is only one version at a time.

Source: `Version`, `Version::Token` and `PkgVersion` of Homebrew/brew. A version is `1.2.3_1`, the last number
being the formula's revision. Words such as alpha and rc sort before the end, other words after it, numbers
after both; zeros that no other number follows do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tgtui.versions.candidate import CandidateIndex, CandidateRules
from tgtui.versions.npm.pick import NotPicked, Picked

MAX_NAME_CHARS = 214
NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9@+._-]*/){0,2}[A-Za-z0-9][A-Za-z0-9@+._-]*")
REVISION = re.compile(r"(.+?)(?:_([0-9]+))?")
HEAD = re.compile(r"HEAD(?:-.*)?")
TOKEN = re.compile(
    r"(?P<alpha>alpha[0-9]*|a[0-9]+)|(?P<beta>beta[0-9]*|b[0-9]+)|(?P<pre>pre[0-9]*)|(?P<rc>rc[0-9]*)"
    r"|(?P<patch>p[0-9]*|\.post[0-9]+)|(?P<number>[0-9]+)|(?P<word>[a-z]+)",
    re.IGNORECASE,
)
CLASSES = {"alpha": 1, "beta": 2, "pre": 3, "rc": 4, "patch": 6, "word": 6, "number": 7}
_END = 5
"""Sorts between words that announce a version and words that continue it."""

_Token = tuple[int, int | str]


def sort_key(version: str) -> bytes:
    """Bytes that compare as brew compares the versions of one version_scheme; different for different texts."""
    text = version.encode("utf-8", "surrogatepass")
    if HEAD.fullmatch(version):
        return b"\xff" + text
    match = REVISION.fullmatch(version)
    upstream, revision = (match[1], int(match[2] or 0)) if match else (version, 0)
    out = bytearray()
    for kind, value in _significant(_tokens(upstream)):
        out.append(kind)
        out += _number(value) if isinstance(value, int) else value.encode("utf-8") + b"\0"
    out.append(_END)
    return bytes(out) + _number(revision) + text


def _tokens(version: str) -> list[_Token]:
    found: list[_Token] = []
    for match in TOKEN.finditer(version):
        kind, text = match.lastgroup or "word", match[0]
        if kind == "number":
            found.append((CLASSES[kind], int(text[:400])))
        elif kind == "word":
            found.append((CLASSES[kind], text))
        else:
            found.append((CLASSES[kind], int(re.sub(r"[^0-9]", "", text)[:400] or 0)))
    return found


def _significant(tokens: list[_Token]) -> Iterable[_Token]:
    """Without zeros before something that is not a number: `1.0` is `1`, `2.1.0-p194` is `2.1-p194`."""
    kept: list[_Token] = []
    for token in reversed(tokens):
        follows_number = bool(kept) and kept[-1][0] == CLASSES["number"]
        if token == (CLASSES["number"], 0) and not follows_number:
            continue
        kept.append(token)
    return reversed(kept)


def _number(value: int) -> bytes:
    digits = str(value).encode("ascii")
    return len(digits).to_bytes(2, "big") + digits


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
