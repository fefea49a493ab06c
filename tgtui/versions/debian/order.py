"""dpkg's version order, and the VersionRules of apt.

Source: Debian policy 5.6.12 and deb-version(7). `[epoch:]upstream[-revision]`; each part is read as text and
number by turns; `~` sorts before everything, the end of a part included, letters before other signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from tgtui.versions.candidate import CandidateIndex, CandidateRules
from tgtui.versions.rules import NotPicked, Picked

CACHED_KEYS = 1 << 16
"""About the number of different versions in a release's relations."""
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.-]*")
MAX_NAME_CHARS = 214
PRERELEASE = re.compile(r"~(?=(?:a|b|rc|alpha|beta)[0-9])")
RELATION = re.compile(r"\s*(<<|<=|=|>=|>>|<|>)\s*(\S+)\s*")
"""`>= 1.2`. A single < or > is an old spelling of <= and >= (Debian policy 7.1)."""

_TILDE, _END, _LETTERS, _OTHERS = 0x01, 0x02, 0x10, 0x80
_LONG = 0xFF
_PART = re.compile(rb"([^0-9]*)([0-9]*)")


def _order_of_bytes() -> bytes:
    """The order of bytes: the tilde, the letters, then every other sign in ASCII's order."""
    order = bytearray(range(256))
    place = _OTHERS
    for byte in range(256):
        character = chr(byte)
        if character == "~":
            order[byte] = _TILDE
        elif character.isascii() and character.isalpha():
            order[byte] = _LETTERS + byte - ord("A")
        else:
            order[byte] = place
            place = min(place + 1, _LONG)
    return bytes(order)


_ORDER = _order_of_bytes()

HOLDS: Mapping[str, Callable[[bytes, bytes], bool]] = {
    "<<": lambda version, bound: version < bound,
    "<=": lambda version, bound: version <= bound,
    "=": lambda version, bound: version == bound,
    ">=": lambda version, bound: version >= bound,
    ">>": lambda version, bound: version > bound,
    "<": lambda version, bound: version <= bound,
    ">": lambda version, bound: version >= bound,
}
"""Whether a version stands in a relation to a bound, both as `order_key`."""


@lru_cache(CACHED_KEYS)
def order_key(version: str) -> bytes:
    """Bytes that compare as dpkg compares the versions; equal where dpkg says equal (`1.0` and `1.0-0`)."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdigit():
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return _number(epoch.encode("ascii", "replace")) + _part(upstream) + _part(revision)


def sort_key(version: str) -> bytes:
    """Like `order_key`, but different for spellings that dpkg considers equal."""
    return order_key(version) + version.encode("utf-8", "surrogatepass")


def upstream_versions(version: str) -> tuple[str, ...]:
    """Spellings of what was packaged: without epoch, revision and what says how it was packed (`+dfsg`, `~ds`), the mark
    of a prerelease plain, a last zero left out or added."""
    epoch, colon, rest = version.partition(":")
    text = rest if colon and epoch.isdigit() else version
    text = (text.rpartition("-")[0] or text).partition("+")[0]
    text = PRERELEASE.sub("", text).partition("~")[0]
    return tuple(dict.fromkeys((text, text.removesuffix(".0"), f"{text}.0")))


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Whether `version relation bound` holds; `relation` is a key of HOLDS."""
    return HOLDS[relation](order_key(version), order_key(bound))


def _part(text: str) -> bytes:
    out = bytearray()
    # For dpkg an empty part is the number 0.
    for signs, digits in _PART.findall(text.encode("utf-8", "surrogatepass") or b"0"):
        if signs or digits:
            out += signs.translate(_ORDER)
            out.append(_END)
            out += _number(digits)
    # What ends here is followed by nothing: below any sign but the tilde.
    out.append(_END)
    out.append(0)
    return bytes(out)


def _number(digits: bytes) -> bytes:
    """Length and digits; zero, and no number at all, is the length 0."""
    plain = digits.lstrip(b"0")
    size = len(plain)
    if size < _LONG:
        return bytes((size,)) + plain
    return bytes((_LONG,)) + size.to_bytes(3, "big") + plain


class DebianIndex(CandidateIndex):
    """The versions of one package. apt takes the candidate, the highest unless a suite is held back."""

    __slots__ = ()

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """The candidate, if `wanted` (`>= 1.2`, or nothing) admits it: apt looks at no other version."""
        if self.candidate is None:
            return NotPicked("The package has no versions.", "ENOVERSIONS")
        if not wanted:
            return Picked(self.candidate)
        match = RELATION.fullmatch(wanted)
        if match is None:
            return NotPicked(f"{wanted[:80]!r} is not a version relation.", "UNSUPPORTED")
        if satisfies(self.candidate, match[1], match[2]):
            return Picked(self.candidate)
        return NotPicked(f"The candidate version {self.candidate} is not {wanted[:80]}.", "ETARGET")


class DebianRules(CandidateRules):
    """See `docs/resolution.md`."""

    def __init__(self) -> None:
        super().__init__(sort_key, DebianIndex)


def debian_name_problem(name: str) -> str | None:
    """Why no Debian package can have this name, a sentence; None if one can."""
    if len(name) > MAX_NAME_CHARS:
        return f"The name has {len(name)} characters; at most {MAX_NAME_CHARS} are allowed."
    if not NAME.fullmatch(name):
        return "A Debian package name has letters, digits and +-. and does not begin with one of these signs."
    return None
