"""The words of a search: how well a package matches them, and by which index those that do are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    column,
    or_,
    select,
    table,
    union,
    union_all,
)

from tgtui.data.search_conditions import ROWS, Driver, Way
from tgtui.data.search_models import FULL_TEXT
from tgtui.data.sql import contains, like_pattern
from tgtui.names import fold, name_key

SHORT = 3
"""Characters of a trigram: a shorter word is looked for at the starts of words only."""
LAST = "\U0010ffff"
"""Sorts after every character."""

SPELLED, EXACT, PREFIX, WORD, SUBSTRING, ABOUT = range(6)
"""How well a package matches the words, best first. A scoped name that is they, less its scope, is a PREFIX too."""


class Words:
    """The words of a search: which packages they match, and how well."""

    def __init__(self, words: Sequence[str], *, is_sqlite: bool) -> None:
        self._keys = [name_key(word) for word in words if fold(word)]
        self._spelled = fold(" ".join(words)).strip()
        self._is_sqlite = is_sqlite

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def joined(self) -> str:
        """`react router` is compared as `reactrouter`."""
        return "".join(self._keys)

    def condition(self, p: Any) -> ColumnElement[bool]:
        """Every word is in the name or the description; a short one begins a word of the name."""
        return and_(
            *(
                _starts_word(p, key)
                if len(key) < SHORT
                else contains(p.words, key)
                if _is_scoped(key)
                else or_(contains(p.words, key), contains(p.about, key))
                for key in self._keys
            )
        )

    def kind(self, p: Any) -> ColumnElement[int]:
        """SPELLED to ABOUT, of one that fulfils the condition."""
        return case(
            (p.name == self._spelled, SPELLED),
            (p.key == self.joined, EXACT),
            (self._is_prefix(p), PREFIX),
            (and_(*(_starts_word(p, key) for key in self._keys)), WORD),
            (and_(*(contains(p.words, key) for key in self._keys)), SUBSTRING),
            else_=ABOUT,
        )

    def way(self) -> Way:
        """All that fulfil the condition."""
        if not self._is_sqlite and not _is_scoped(self.joined):
            return Way.where(self.condition(ROWS))  # which trigram indexes serve
        key = max(self._keys, key=len)
        if len(key) < SHORT or _is_scoped(key):
            return self.way_of(PREFIX if _is_scoped(self.joined) else SUBSTRING)
        either = union_all(_matches("words", key), _matches("about", key)).subquery()
        return Way.of(select(either.c.rowid).distinct())

    def way_of(self, kind: int) -> Way:
        """All that are of this kind or a better one, and of some kinds more; by ABOUT, all that may be of it."""
        keys = self._keys
        if kind <= EXACT:
            return Way.where(ROWS.key == self.joined)
        if kind == PREFIX or _is_scoped(self.joined):
            # A scope stands at the beginning and nowhere else.
            return self._way_of_prefix()
        if kind == WORD:
            return self._named([f"  {key}" for key in keys])
        if kind == SUBSTRING:
            return self._named([key if len(key) >= SHORT else f"  {key}" for key in keys])
        if len(keys) > 1 or len(keys[0]) < SHORT:
            return self.way()
        if self._is_sqlite:
            return Way.of(_matches("about", keys[0]))
        return Way.where(contains(ROWS.about, keys[0]))

    @property
    def is_prefix_enough(self) -> bool:
        """A name that begins with the words, put together, has each of them where it must be."""
        return len(self._keys) == 1 or all(len(key) >= SHORT for key in self._keys)

    def is_of_prefix(self, p: Any) -> ColumnElement[bool]:
        """`kind(p) == PREFIX`, from the keys alone."""
        return and_(self._is_prefix(p), p.key != self.joined, p.name != self._spelled)

    def _is_prefix(self, p: Any) -> ColumnElement[bool]:
        """The name begins with the words; or it is they, behind a scope: `core` of `@babel/core`."""
        begins = self._begins(p)
        if self._behind_scope is None:
            return begins
        return or_(begins, p.key.like(f"%{like_pattern(self._behind_scope)}", escape="\\"))

    def _begins(self, p: Any) -> ColumnElement[bool]:
        return and_(p.key >= self.joined, p.key < self.joined + LAST)

    @property
    def _behind_scope(self) -> str | None:
        """What the key of a scoped package ends with; None where no index finds it."""
        tail = f"/{self.joined}"
        return None if _is_scoped(self.joined) or len(tail) < SHORT else tail

    def _way_of_prefix(self) -> Way:
        begins = select(ROWS.id).where(self._begins(ROWS))
        tail = self._behind_scope
        if tail is None:
            return Way.where(self._begins(ROWS))
        if self._is_sqlite:
            both = union(begins, _matches("words", tail)).subquery()
            return Way(select(both.c[0]), begins)
        either = or_(self._begins(ROWS), contains(ROWS.words, tail))
        return Way(select(ROWS.id).where(either), begins, either)

    def _named(self, texts: Sequence[str]) -> Way:
        if self._is_sqlite:
            return Way.of(_matches("words", *texts))
        return Way.where(and_(*(contains(ROWS.words, text) for text in texts)))


def _matches(name: str, *texts: str) -> Driver:
    """Rows of SQLite's full text of a column that have all of these in it."""
    full_text = f"{FULL_TEXT}_{name}"
    found = table(full_text, column("rowid"), column(full_text)).c
    wanted = " AND ".join(_quoted(text) for text in texts)
    return select(found.rowid).where(found[full_text].op("MATCH")(wanted))


def _is_scoped(key: str) -> bool:
    """`@babel/`: no description is searched for it, and no middle of a name."""
    return key.startswith("@")


def _starts_word(p: Any, key: str) -> ColumnElement[bool]:
    return contains(p.words, f"  {key}")


def _quoted(text: str) -> str:
    """For FTS5: nothing in it is syntax."""
    return '"' + text.replace('"', '""') + '"'
