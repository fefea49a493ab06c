"""Who contributes most: experience points, levels and badges, computed from what was recorded and never stored as facts.

People are pseudonyms here. Who stays out of it is decided where names are known (`data/insights/storing.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from math import isqrt
from typing import TYPE_CHECKING

from tgtui.analytics.answers.aggregates import statement
from tgtui.data.views.insights import PERIODS, Result
from tgtui.registries.base import REGISTRIES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

POINTS = {"request": 10, "tag": 5}
"""For each package and day. Looking at packages earns nothing: it could be done all day."""
LEVEL_STEP = 50
"""Points from the first level to the second; each level after that takes so many more than the one before."""
BADGES = (
    ("first request", "requests", 1),
    ("10 requests", "requests", 10),
    ("100 requests", "requests", 100),
    ("first tag", "tags", 1),
    ("10 tags", "tags", 10),
    ("100 tags", "tags", 100),
    ("every registry", "registries", len(REGISTRIES)),
    ("30 days", "days", 30),
)
"""(badge, what is counted, how many it takes)"""


def points(requests: int, tags: int) -> int:
    """Experience points."""
    return requests * POINTS["request"] + tags * POINTS["tag"]


def level(xp: int) -> int:
    """1 at the beginning, 2 from 50 points on, 3 from 150, 4 from 300, and so on."""
    # The highest n with LEVEL_STEP * n * (n - 1) / 2 <= xp, in whole numbers: no rounding at a border.
    return (1 + isqrt(1 + 8 * xp // LEVEL_STEP)) // 2


def badges(counts: dict[str, int]) -> list[str]:
    """In the order of BADGES; of one series only the highest."""
    found = {
        what: badge for badge, what, least in BADGES if counts[what] >= least
    }  # the last one stays
    return list(found.values())


def about_people(connection: DuckDBPyConnection, day: date) -> Iterator[Result]:
    """For each window, whoever contributed in it, most points first."""
    for window in PERIODS:
        rows = connection.execute(statement("people", day, window)).fetchall()
        told = []
        for person, requests, tags, registries, days in rows:
            counts = {
                "requests": int(requests),
                "tags": int(tags),
                "registries": int(registries),
                "days": int(days),
            }
            told.append((points(counts["requests"], counts["tags"]), person, counts))
        told.sort(key=lambda each: (-each[0], each[1]))
        for rank, (xp, person, counts) in enumerate(told, start=1):
            details = {
                "level": level(xp),
                "request": counts["requests"],
                "tag": counts["tags"],
                "badges": badges(counts),
            }
            yield Result(
                "people", "", window, rank, None, "", person, float(xp), json.dumps(details)
            )
