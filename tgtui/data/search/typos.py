"""Names similar to what was typed: `raect`, `lodahs`, `typscript`.

The best known names are kept in memory, those of 50,000 packages, and compared there: a database
finds transposed letters slowly or not at all.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import Connection, bindparam, not_, select

from tgtui.data.search.conditions import ROWS, Condition
from tgtui.data.search.pages import Search
from tgtui.data.search.statements import KEPT
from tgtui.data.search.words import WordsShape
from tgtui.data.storage.sql import AnySelect

KNOWN_NAMES = 50_000
MIN_LENGTH = 4
"""Shorter words have too many neighbours."""
TWO_EDITS_FROM = 8
"""Characters from which two mistakes are tolerated instead of one."""
MAX_SIMILAR = 20
KEPT_FOR = 1_000
"""Names are read again after this many times the duration of reading them ..."""
KEPT_AT_MOST_S = 600
"""... and after ten minutes at the latest."""


class KnownNames(Struct, frozen=True):
    """Names by length, best known first."""

    by_length: dict[int, list[str]]
    places: dict[int, list[tuple[int, int]]]
    """In parallel: how many are better known, and the row's id."""
    good_until: float

    def near(self, typed: str, edits: int) -> list[tuple[int, int, int]]:
        """Names at most this many edits away: (edits, how many are better known, row id), best first."""
        # Here, because it takes 7 ms and most searches find what was typed.
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        found = []
        for length in range(len(typed) - edits, len(typed) + edits + 1):
            near = process.extract(
                typed,
                self.by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=edits,
                limit=MAX_SIMILAR,
            )
            places = self.places.get(length, ())
            found += [(distance, *places[index]) for _name, distance, index in near]
        return sorted(found)[:MAX_SIMILAR]


_known: WeakKeyDictionary[object, KnownNames] = WeakKeyDictionary()
"""By an engine's pool: an engine with other options shares it."""


def similar_names(connection: Connection, search: Search) -> list[UUID]:
    """Packages whose name differs from the words by a letter or two, best first.

    They match the search's filters, and are not among its own results.
    """
    typed = search.words.joined
    if len(typed) < MIN_LENGTH:
        return []
    edits = 2 if len(typed) >= TWO_EDITS_FROM else 1
    near = _names(connection).near(typed, edits)
    if not near:
        return []
    order = {id: place for place, (_edits, _better, id) in enumerate(near)}
    conditions = tuple(each.condition for each in search.filters)
    statement = _not_found(search.words.shape, conditions)
    rows = connection.execute(statement, {**search.values, "ids": list(order)}).all()
    return [row.package_id for row in sorted(rows, key=lambda row: order[row.id])]


@lru_cache(KEPT)
def _not_found(words: WordsShape, conditions: tuple[Condition, ...]) -> AnySelect:
    """Those of the rows `ids` that meet the conditions but do not match the words."""
    p = ROWS
    is_one: Any = p.id.in_(bindparam("ids", expanding=True))
    return select(p.id, p.package_id).where(
        is_one, not_(words.condition(p)), *(each(p) for each in conditions)
    )


def _names(connection: Connection) -> KnownNames:
    pool = connection.engine.pool
    names = _known.get(pool)
    started = time.monotonic()
    if names is None or names.good_until < started:
        p = ROWS
        rows = connection.execute(
            select(p.id, p.key).order_by(p.rank.desc(), p.name, p.id).limit(KNOWN_NAMES)
        ).all()
        took = time.monotonic() - started
        good_until = started + min(KEPT_FOR * took, KEPT_AT_MOST_S)
        names = KnownNames({}, {}, good_until)
        for better, (id, key) in enumerate(rows):
            names.by_length.setdefault(len(key), []).append(key)
            names.places.setdefault(len(key), []).append((better, id))
        _known[pool] = names
    return names
