"""Names that are nearly what was typed: `raect`, `lodahs`, `typscript`.

The best known names are kept in memory, those of 50,000 packages, and compared there: a database
finds transposed letters slowly or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Engine, not_, select
from sqlalchemy.orm import Session

from tgtui.data.search_conditions import ROWS
from tgtui.data.search_pages import Search

KNOWN_NAMES = 50_000
MIN_LENGTH = 4
"""Shorter words have too many neighbours."""
TWO_EDITS_FROM = 8
"""Characters from which two mistakes are forgiven, not one."""
MAX_SIMILAR = 20
KEPT_FOR = 1_000
"""Names are read again after this many times what reading them took ..."""
KEPT_AT_MOST_S = 600


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Best known first."""

    ids: Sequence[int]
    keys: Sequence[str]
    good_until: float


_known: WeakKeyDictionary[object, KnownNames] = WeakKeyDictionary()
"""By an engine's pool: an engine with other options shares it."""


def similar_names(session: Session, search: Search) -> list[UUID]:
    """Packages whose name differs by a letter or two from what is searched for, best first.

    They fulfil the search's filters, and are not what the search itself finds.
    """
    typed = search.words.joined
    if len(typed) < MIN_LENGTH:
        return []
    names = _names(session)
    near = process.extract(
        typed,
        names.keys,
        scorer=OSA.distance,
        score_cutoff=2 if len(typed) >= TWO_EDITS_FROM else 1,
        limit=MAX_SIMILAR,
    )
    if not near:
        return []
    order = {names.ids[index]: (distance, index) for _name, distance, index in near}
    p = ROWS
    rows = session.execute(
        select(p.id, p.package_id).where(
            p.id.in_(order),
            not_(search.words.condition(p)),
            *(each.condition(p) for each in search.filters),
        )
    ).all()
    return [row.package_id for row in sorted(rows, key=lambda row: order[row.id])]


def _names(session: Session) -> KnownNames:
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    names = _known.get(engine.pool)
    started = time.monotonic()
    if names is None or names.good_until < started:
        p = ROWS
        rows = session.execute(
            select(p.id, p.key).order_by(p.rank.desc(), p.name, p.id).limit(KNOWN_NAMES)
        ).all()
        took = time.monotonic() - started
        good_until = started + min(KEPT_FOR * took, KEPT_AT_MOST_S)
        names = KnownNames([row.id for row in rows], [row.key for row in rows], good_until)
        _known[engine.pool] = names
    return names
