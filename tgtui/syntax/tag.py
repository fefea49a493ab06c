"""Rules for tags' names, slugs and colours: checked during typing, and again before they are stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args
from zlib import crc32

from msgspec import Struct

from tgtui.basics.errors import UsageError
from tgtui.basics.text import clean

MAX_NAME = 40
MAX_SLUG = 40
MAX_DESCRIPTION = 200

COLORS = (
    "#38bdf8",
    "#34d399",
    "#fbbf24",
    "#f472b6",
    "#a78bfa",
    "#fb923c",
    "#f87171",
    "#2dd4bf",
    "#a3e635",
    "#818cf8",
    "#e879f9",
    "#94a3b8",
)
"""Colours to choose from, visible on light and dark backgrounds."""

SIGN_WORDS = {"+": " plus ", "#": " sharp ", "&": " and ", "@": " at "}
"""So that C++, C# and C get different slugs."""

Field = Literal["name", "slug", "description", "color"]
FIELDS: tuple[Field, ...] = get_args(Field)

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


class TagDraft(Struct, frozen=True):
    """A tag as it was typed."""

    name: str
    slug: str = ""
    """Empty to make it from the name."""
    description: str = ""
    color: str = ""
    """`#rrggbb` or `#rgb`; empty for none."""


class TagInvalid(UsageError):
    """A draft that can't be stored."""

    def __init__(self, problems: Mapping[Field, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = MappingProxyType(dict(problems))
        """A sentence for each field that is wrong."""


def tidied(draft: TagDraft) -> TagDraft:
    """The draft with spaces folded, letters composed, a slug, and the colour as `#rrggbb`."""
    name = _folded(draft.name)
    color = draft.color.strip().casefold()
    if _HEX.fullmatch(color) and len(color) == 4:
        color = "#" + "".join(2 * digit for digit in color[1:])
    return TagDraft(name, draft.slug.strip() or slug_of(name), _folded(draft.description), color)


def problems_of(draft: TagDraft) -> dict[Field, str]:
    """Problems of a tidied draft by itself, a sentence for each field."""
    found: dict[Field, str | None] = {
        "name": _name_problem(draft.name),
        "slug": _slug_problem(draft.slug, draft.name),
        "description": _text_problem("description", draft.description, MAX_DESCRIPTION),
        "color": _color_problem(draft.color),
    }
    return {field: problem for field, problem in found.items() if problem is not None}


def checked(draft: TagDraft) -> TagDraft:
    """The tidied draft; TagInvalid if it can't be stored."""
    draft = tidied(draft)
    if problems := problems_of(draft):
        raise TagInvalid(problems)
    return draft


def slug_of(name: str) -> str:
    """`C++ tools` is `c-plus-plus-tools`: lower-case letters and digits of any script, hyphens between words.

    Accents of Latin letters are dropped. Empty if the name has neither letters nor digits.
    """
    spelt = "".join(SIGN_WORDS.get(sign, sign) for sign in name)
    letters: list[str] = []
    for character in unicodedata.normalize("NFKD", spelt):
        is_accent = unicodedata.combining(character) and letters and letters[-1].isascii()
        if not is_accent:
            letters.append(character if _is_letter(character) else " ")
    small = unicodedata.normalize("NFKC", "".join(letters).casefold())
    return "-".join(small.split())[:MAX_SLUG].rstrip("-")


def color_for(slug: str) -> str:
    """The default colour of a tag: always the same for a slug."""
    return COLORS[crc32(slug.encode()) % len(COLORS)]


def _name_problem(name: str) -> str | None:
    return "Give the tag a name." if not name else _text_problem("name", name, MAX_NAME)


def _slug_problem(slug: str, name: str) -> str | None:
    if not slug:
        return "Give the tag a slug: letters and digits." if name else None
    if len(slug) > MAX_SLUG:
        return f"A slug has {MAX_SLUG} characters at most; this one has {len(slug)}."
    words = slug.split("-")
    is_right = all(word and all(map(_is_letter, word)) for word in words) and clean(slug) == slug
    if not is_right or slug != unicodedata.normalize("NFKC", slug.casefold()):
        better = slug_of(slug)
        hint = f", as in {better}" if better else ""
        return f"A slug consists of lower-case letters and digits with hyphens between words{hint}."
    return None


def _text_problem(field: str, text: str, limit: int) -> str | None:
    if len(text) > limit:
        return f"A {field} has {limit} characters at most; this one has {len(text)}."
    if clean(text, limit) == text:
        return None
    shown = clean(text, limit)
    place = next((i for i, (a, b) in enumerate(zip(text, shown, strict=False)) if a != b), None)
    which = f" (U+{ord(text[place]):04X})" if place is not None else ""
    return f"The {field} has an invisible character{which}; remove it."


def _color_problem(color: str) -> str | None:
    if not color or _HEX.fullmatch(color):
        return None
    return f"Write a colour as #rrggbb, as in {COLORS[0]}, or leave it empty."


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _is_letter(character: str) -> bool:
    """Letters, digits, and the marks that belong to letters."""
    return unicodedata.category(character)[0] in "LNM"
