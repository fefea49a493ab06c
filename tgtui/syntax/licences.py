"""Licences: what a registry says of one, as an SPDX expression where it is one, and of which kind that is.

A guide, no advice. Source: SPDX's list by `packaging.licenses`; kinds by the categories of license-expression's data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from msgspec import Struct

from tgtui.syntax.names import term_of

LicenceKind = Literal["permissive", "weak", "strong", "restricted", "unknown"]
"""The mildest first. `weak` copyleft covers the files themselves (MPL, LGPL, EPL), `strong` what is built with them (GPL, AGPL);
`restricted` forbids some uses, or grants none."""
KINDS: tuple[LicenceKind, ...] = get_args(LicenceKind)
MAX_CHARS = 1_000
"""Longer words are no expression."""
NO_RIGHTS = "UNLICENSED"
"""npm's word for a package that grants no rights; not the licence called Unlicense."""
FILE = re.compile(r"SEE LICEN[SC]E IN (?P<file>\S.*)", re.IGNORECASE)
"""npm's words for a licence of the package's own."""

COPYLEFT = "copyleft"
"""Both kinds of it, weak and strong, as a search asks for them."""
MAX_NAMES = 50
"""Names of one licence that a search finds it by."""

_COMMON: dict[str, LicenceKind] = {
    "MIT": "permissive",
    "ISC": "permissive",
    "BSD-2-Clause": "permissive",
    "BSD-3-Clause": "permissive",
    "Apache-2.0": "permissive",
    "0BSD": "permissive",
    "Unlicense": "permissive",
    "CC0-1.0": "permissive",
    "CC-BY-4.0": "permissive",
    "BlueOak-1.0.0": "permissive",
    "Python-2.0": "permissive",
    "MPL-2.0": "weak",
    "LGPL-3.0-or-later": "weak",
    "GPL-2.0": "strong",
    "GPL-3.0": "strong",
    "GPL-2.0-only": "strong",
    "GPL-3.0-only": "strong",
    "GPL-2.0-or-later": "strong",
    "GPL-3.0-or-later": "strong",
    "AGPL-3.0-only": "strong",
    "AGPL-3.0-or-later": "strong",
}
"""What nearly all packages have: SPDX's list is read for others only, which takes a tenth of a second."""
_AS_UNDERSTOOD = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "boost software license 1.0": "BSL-1.0",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "gplv2": "GPL-2.0",
    "gplv3": "GPL-3.0",
    "isc license": "ISC",
    "lgplv2.1": "LGPL-2.1",
    "lgplv3": "LGPL-3.0",
    "mit license": "MIT",
    "mit licensed": "MIT",
    "mit/x11": "MIT",
    "mozilla public license 2.0": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "mplv2": "MPL-2.0",
    "the mit license": "MIT",
    "the unlicense": "Unlicense",
    "unlicensed (public domain)": "Unlicense",
    "x11/mit": "MIT",
}
"""Words that people write for a licence, and mean only one."""
_BY_CATEGORY: dict[str, LicenceKind] = {
    "Permissive": "permissive",
    "Public Domain": "permissive",
    "Copyleft Limited": "weak",
    "Copyleft": "strong",
    "Source-available": "restricted",
    "Proprietary Free": "restricted",
    "Commercial": "restricted",
    "Free Restricted": "restricted",
}
_NAME = re.compile(r"[^\s()]+")
_OPERATORS = frozenset({"AND", "OR", "WITH"})
_PUBLIC_DOMAIN = "LicenseRef-Homebrew-public-domain"


class Licence(Struct, frozen=True):
    """What a package may be used for, as far as its registry says it."""

    words: str
    """The registry's own; '' if it says nothing. Hostile."""
    expression: str = ""
    """The SPDX expression, spelled as SPDX spells it; '' if the words are none."""
    is_understood: bool = False
    """The words are not SPDX's own, but mean only one licence."""
    kind: LicenceKind = "unknown"

    @property
    def shown(self) -> str:
        """The expression, else the words."""
        return self.expression or self.words


NOTHING_SAID = Licence("")


@lru_cache(4_096)
def read_licence(words: str) -> Licence:
    """The licence that these words mean."""
    words = " ".join(words.split())
    if not words:
        return NOTHING_SAID
    if words.upper() == NO_RIGHTS:
        return Licence(words, kind="restricted")
    if FILE.fullmatch(words) or len(words) > MAX_CHARS:
        return Licence(words)
    if words in _COMMON:
        return Licence(words, words, kind=_COMMON[words])
    if expression := _canonical(words):
        return Licence(words, expression, kind=_kind_of(expression))
    meant = _AS_UNDERSTOOD.get(words.casefold())
    return Licence(words, meant, True, _kind_of(meant)) if meant else Licence(words)


def licence_of(words: str, expression: str, kind: LicenceKind) -> Licence:
    """One that was read before, from what was stored of it."""
    is_understood = bool(expression) and words.casefold() in _AS_UNDERSTOOD
    return Licence(words, expression, is_understood, kind)


def names_of(licence: Licence) -> tuple[str, ...]:
    """What a search finds it by, folded: its kind, then each licence of its expression, else the words in one."""
    copyleft = (COPYLEFT,) if licence.kind in ("weak", "strong") else ()
    if licence.expression:
        parts = [each for each in _NAME.findall(licence.expression) if each not in _OPERATORS]
    else:
        parts = [licence.words] if licence.words else []
    named = [term for each in parts[:MAX_NAMES] if (term := term_of(each))]
    return tuple(dict.fromkeys((licence.kind, *copyleft, *named)))


def file_of(words: str) -> str | None:
    """The file that has the licence, if the words say so."""
    found = FILE.fullmatch(" ".join(words.split()))
    return found["file"] if found else None


def strictest(kinds: Iterable[LicenceKind]) -> LicenceKind:
    """Of licences that all hold; `unknown` if one of them is."""
    return max(kinds, key=KINDS.index, default="unknown")


def by_kind(licences: Iterable[Licence]) -> dict[LicenceKind, int]:
    """How many are of each kind, all kinds in order."""
    counted = Counter(licence.kind for licence in licences)
    return {kind: counted[kind] for kind in KINDS}


def _canonical(words: str) -> str:
    # Here, because only what reads or shows licences needs it.
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(words)
    except InvalidLicenseExpression:
        return ""


@lru_cache(4_096)
def _kind_of(expression: str) -> LicenceKind:
    from license_expression import ExpressionError, Licensing

    try:
        tree = Licensing().parse(expression)
    except ExpressionError:
        return "unknown"
    return _kind_of_tree(tree)


def _kind_of_tree(tree: Any) -> LicenceKind:
    """Of several to choose from the mildest, of several that all hold the strictest."""
    if tree.isliteral:
        # An exception only ever permits more; it is shown with its licence.
        licence = getattr(tree, "license_symbol", tree)
        return _kinds().get(licence.key.removesuffix("+").casefold(), "unknown")
    kinds = [_kind_of_tree(part) for part in tree.args]
    if tree.operator.strip() == "OR":
        return min(kinds, key=KINDS.index)
    return strictest(kinds)


@cache
def _kinds() -> dict[str, LicenceKind]:
    from license_expression import get_license_index

    found: dict[str, LicenceKind] = {_PUBLIC_DOMAIN.casefold(): "permissive"}
    for entry in get_license_index():
        kind = _BY_CATEGORY.get(entry["category"], "unknown")
        for key in (entry.get("spdx_license_key"), *entry.get("other_spdx_license_keys", ())):
            if key:
                found.setdefault(key.casefold(), kind)
    return found
