"""The words of a search: how well a package matches them, and the indexes that find matches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    column,
    exists,
    intersect,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    union,
    union_all,
)
from sqlalchemy.sql.selectable import Subquery

from tgtui.data.models.search import FULL_TEXT, package_search
from tgtui.data.models.tables import packages
from tgtui.data.search.conditions import ROWS, Driver, Way
from tgtui.data.storage.sql import behind_scope, contains, slash_in
from tgtui.syntax.names import fold, name_key

SHORT = 3
"""Characters of a trigram: a shorter word is only searched at the start of words."""
LAST = "\U0010ffff"
"""Sorts after every character."""

WRITTEN, SPELLED, EXACT, PREFIX, WORD, SUBSTRING, ABOUT = range(7)
"""How well a package matches the words, best first: WRITTEN in the same case, SPELLED in any. A scoped name that equals them without its scope is a PREFIX too."""

Size: TypeAlias = Literal["short", "plain", "scoped"]


class Words:
    def __init__(self, words: Sequence[str], *, is_sqlite: bool) -> None:
        keys = [name_key(word) for word in words if fold(word)]
        self.joined = "".join(keys)
        """`react router` is compared as `reactrouter`."""
        self.shape = _shape(_sizes(keys), is_sqlite)
        starts = [f"  {key}" for key in keys]
        named = [key if len(key) >= SHORT else f"  {key}" for key in keys]
        self.values = {
            "written": " ".join(words).replace("\0", "").strip(),
            "spelled": fold(" ".join(words)).strip(),
            "joined": self.joined,
            "joined_end": self.joined + LAST,
            "behind_scope": f"/{self.joined}",
            "starts": " AND ".join(map(_quoted, starts)),
            "named": " AND ".join(map(_quoted, named)),
            **{f"word_{number}": key for number, key in enumerate(keys)},
            **{f"match_{number}": _quoted(key) for number, key in enumerate(keys)},
            **{f"start_{number}": start for number, start in enumerate(starts)},
        }
        """Values of the parameters of the shape's statements."""

    def __bool__(self) -> bool:
        return bool(self.shape.sizes)


class WordsShape(Struct, frozen=True, eq=False):
    """The properties of the words that statements depend on; the words are parameters. There is one of each kind,
    which is its own key in caches."""

    sizes: tuple[Size, ...]
    is_sqlite: bool

    @property
    def is_scoped(self) -> bool:
        """They are one word that begins with a scope, which can only be at the beginning of a name."""
        return self.sizes == ("scoped",)

    @property
    def is_prefix_enough(self) -> bool:
        """A name that begins with the joined words has each of them where it must be."""
        return len(self.sizes) == 1 or "short" not in self.sizes

    def condition(self, p: Any) -> ColumnElement[bool]:
        """Every word is in the name or the description; a short one begins a word of the name."""
        if self.is_scoped:
            return _begins(p)
        return and_(*(_is_in(p, size, number) for number, size in enumerate(self.sizes)))

    def kind(self, p: Any) -> ColumnElement[int]:
        """WRITTEN to ABOUT, for a package that meets the condition."""
        numbers = range(len(self.sizes))
        return case(
            (p.name == bindparam("spelled"), _spelled(p)),
            (p.key == bindparam("joined"), EXACT),
            (self._is_prefix(p), PREFIX),
            (and_(*(contains(p.words, f"start_{number}") for number in numbers)), WORD),
            (and_(*(contains(p.words, f"word_{number}") for number in numbers)), SUBSTRING),
            else_=ABOUT,
        )

    def is_of_prefix(self, p: Any) -> ColumnElement[bool]:
        """`kind(p) == PREFIX`, from the keys alone."""
        is_other = p.key != bindparam("joined"), p.name != bindparam("spelled")
        return and_(self._is_prefix(p), *is_other)

    def best(self) -> Subquery:
        """Every row of a kind up to PREFIX: id, kind, rank and name, from indexes alone."""
        p = ROWS
        kind = case(
            (p.name == bindparam("spelled"), _spelled(p)),
            (p.key == bindparam("joined"), EXACT),
            else_=PREFIX,
        )
        named = select(p.id, kind.label("kind"), p.rank, p.name).where(_begins(p))
        if self.is_scoped:
            return named.subquery("best")
        scoped = select(p.id, literal(PREFIX), p.rank, p.name).where(_is_behind_scope(p))
        scoped = scoped.where(not_(_begins(p)))  # as `core/core` does, too
        return union_all(named, scoped).subquery("best")

    def ways(self) -> tuple[Way, ...]:
        """Ways that each lead to all matches: the rarer its word, the shorter."""
        return _ways(self)

    def way_together(self) -> Way | None:
        """A way to packages with all words, each in the name or the description; slow for frequent words. None if
        there is no index for it."""
        return _way_together(self)

    def ways_of(self, kind: int) -> tuple[Way, ...]:
        """Ways that each lead to all packages of this kind or a better one, and perhaps more; for ABOUT to all candidates."""
        return _ways_of(self, kind)

    def way_of(self, kind: int) -> Way:
        """The only way to a kind up to SUBSTRING."""
        (way,) = _ways_of(self, kind)
        return way

    def _is_prefix(self, p: Any) -> ColumnElement[bool]:
        """The name begins with the words, or equals them after a scope: `core` of `@babel/core`."""
        return _begins(p) if self.is_scoped else or_(_begins(p), _is_behind_scope(p))


@cache
def _shape(sizes: tuple[Size, ...], is_sqlite: bool) -> WordsShape:
    return WordsShape(sizes, is_sqlite)


@cache
def _ways(shape: WordsShape) -> tuple[Way, ...]:
    if shape.is_scoped:
        return _ways_of(shape, PREFIX)
    if not shape.is_sqlite:
        return (Way.where(shape.condition(ROWS)),)  # which trigram indexes serve
    ways = []
    for number, size in enumerate(shape.sizes):
        if size == "plain":
            either = _either(number).c
            ways.append(Way(select(either.rowid).distinct(), select(either.rowid)))
        elif size == "scoped":
            ways.append(Way.of(_matches("words", f"match_{number}")))
    return tuple(ways) or _ways_of(shape, SUBSTRING)


@cache
def _way_together(shape: WordsShape) -> Way | None:
    plain = [number for number, size in enumerate(shape.sizes) if size == "plain"]
    if not shape.is_sqlite or len(plain) < 2:
        return None
    return Way.of(intersect(*(select(_either(number)) for number in plain)))  # type: ignore[arg-type]


@cache
def _ways_of(shape: WordsShape, kind: int) -> tuple[Way, ...]:
    if kind <= EXACT:
        return (Way.where(ROWS.key == bindparam("joined")),)
    if shape.is_scoped:
        return (Way.where(_begins(ROWS)),)
    if kind == PREFIX:
        begins = select(ROWS.id).where(_begins(ROWS))
        scoped = select(ROWS.id).where(_is_behind_scope(ROWS))
        condition = or_(_begins(ROWS), _is_behind_scope(ROWS))
        return (Way(select(union(begins, scoped).subquery().c[0]), begins, condition),)
    if kind in (WORD, SUBSTRING):
        return (_way_of_names(shape, kind),)
    if len(shape.sizes) > 1 or shape.sizes[0] != "plain":
        return _ways(shape)
    if shape.is_sqlite:
        return (Way.of(_matches("about", "match_0")),)
    return (Way.where(contains(ROWS.about, "word_0")),)


def _way_of_names(shape: WordsShape, kind: int) -> Way:
    if shape.is_sqlite:
        return Way.of(_matches("words", "starts" if kind == WORD else "named"))
    names = (
        f"start_{number}" if kind == WORD or size == "short" else f"word_{number}"
        for number, size in enumerate(shape.sizes)
    )
    return Way.where(and_(*(contains(ROWS.words, name) for name in names)))


def _either(number: int) -> Subquery:
    """On SQLite: rows with a word in the name or in the description."""
    matches = (_matches(name, f"match_{number}") for name in ("words", "about"))
    return union_all(*matches).subquery()


def _is_in(p: Any, size: Size, number: int) -> ColumnElement[bool]:
    if size == "short":
        return contains(p.words, f"start_{number}")
    in_name = contains(p.words, f"word_{number}")
    return in_name if size == "scoped" else or_(in_name, contains(p.about, f"word_{number}"))


def _spelled(p: Any) -> ColumnElement[int]:
    """WRITTEN or SPELLED, for a row whose folded name is that of the words. By the id, which every index has: the
    package is looked up for these few rows alone."""
    row, package = package_search.alias("spelled"), packages.alias("written")
    is_written = (
        exists()
        .where(
            row.c.id == p.id,
            package.c.id == row.c.package_id,
            package.c.name == bindparam("written"),
        )
        .correlate_except(row, package)
    )
    return case((is_written, WRITTEN), else_=SPELLED)


def _begins(p: Any) -> ColumnElement[bool]:
    return and_(p.key >= bindparam("joined"), p.key < bindparam("joined_end"))


def _is_behind_scope(p: Any) -> ColumnElement[bool]:
    has_scope = slash_in(p.key) > literal_column("0")  # written like the partial index
    return and_(has_scope, behind_scope(p.key) == bindparam("behind_scope"))


def _matches(name: str, parameter: str) -> Driver:
    """Rows whose column matches the parameter, from SQLite's full text."""
    full_text = f"{FULL_TEXT}_{name}"
    found = table(full_text, column("rowid"), column(full_text)).c
    return select(found.rowid).where(found[full_text].op("MATCH")(bindparam(parameter)))


def _sizes(keys: Sequence[str]) -> tuple[Size, ...]:
    """`@babel/`: a scope is not searched in descriptions, and alone not in the middle of names."""
    if len(keys) == 1 and keys[0].startswith("@"):
        return ("scoped",)
    return tuple(map(_size, keys))


def _size(key: str) -> Size:
    return "short" if len(key) < SHORT else "scoped" if key.startswith("@") else "plain"


def _quoted(text: str) -> str:
    """Quoted for FTS5, so that nothing in it is syntax."""
    return '"' + text.replace('"', '""') + '"'
