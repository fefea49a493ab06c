"""The answers that are aggregates: SQL over the exported views that DuckDB, Spark and Trino all read.

A statement is written once, with names in braces: `{day}` is the newest day as a date, `{since}` where the window
begins, `{among}` a condition on the registry. Each gives rows in order. `docs/analytics.md` shows them as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tgtui.data.views.insights import DAYS, LISTED, PERIODS, USE_WEEKS, Period, Result
from tgtui.registries.base import REGISTRIES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = ("view", "search", "request", "tag")
WEEKS = 53
"""How far back a package's uses are told by week."""

EACH_ONCE = """
SELECT DISTINCT package_id, registry, name, kind, day, person,
       CASE WHEN person IS NULL THEN interaction_id END AS by_no_one
FROM interactions
WHERE day > {since} AND day <= {day} AND {among}
"""
"""Each account counts once for each package, kind and day; what no one did counts for itself."""
_BY_KIND = ", ".join(
    f"sum(CASE WHEN kind = '{kind}' THEN 1 ELSE 0 END) AS {kind}_uses" for kind in KINDS
)

POPULAR = f"""
SELECT package_id, max(name) AS name, count(*) AS uses, count(DISTINCT person) AS people, {_BY_KIND}
FROM ({EACH_ONCE}) AS used
GROUP BY package_id
ORDER BY uses DESC, people DESC, name, package_id
LIMIT {LISTED}
"""
ACTIVITY = f"""
SELECT day, count(*) AS uses, count(DISTINCT person) AS people, {_BY_KIND}
FROM ({EACH_ONCE}) AS used
GROUP BY day
ORDER BY day
"""
USES_BY_WEEK = f"""
SELECT package_id, week, count(*) AS uses
FROM (SELECT package_id, CAST(date_trunc('week', day) AS DATE) AS week FROM ({EACH_ONCE}) AS used) AS weeks
GROUP BY package_id, week
ORDER BY package_id, week
"""
NEW_PACKAGES = """
SELECT CAST(first_seen AS DATE) AS day, count(*) AS packages
FROM packages
WHERE CAST(first_seen AS DATE) > {since} AND CAST(first_seen AS DATE) <= {day} AND {among}
GROUP BY CAST(first_seen AS DATE)
ORDER BY day
"""
NEW_VERSIONS = """
SELECT CAST(published_at AS DATE) AS day, count(*) AS versions
FROM versions
WHERE CAST(published_at AS DATE) > {since} AND CAST(published_at AS DATE) <= {day} AND {among}
GROUP BY CAST(published_at AS DATE)
ORDER BY day
"""
AGES = (
    ("a week", 7),
    ("a month", 30),
    ("half a year", 182),
    ("a year", 365),
    ("two years", 730),
    ("five years", 1_826),
    ("longer", 1_000_000),
)
"""Of the latest version, at most so many days."""
FRESHNESS = f"""
SELECT age, count(*) AS packages
FROM (
    SELECT CASE {
    " ".join(
        f"WHEN CAST(latest_published_at AS DATE) >= {{day}} - INTERVAL '{days}' DAY THEN {place}"
        for place, (_words, days) in enumerate(AGES[:-1])
    )
} WHEN latest_published_at IS NULL THEN {len(AGES)} ELSE {len(AGES) - 1} END AS age
    FROM packages WHERE latest_version_id IS NOT NULL AND {{among}}
) AS aged
GROUP BY age
ORDER BY age
"""
DEPRECATED = """
SELECT registry, sum(CASE WHEN is_deprecated THEN 1 ELSE 0 END) AS deprecated, count(*) AS packages
FROM packages
WHERE latest_version_id IS NOT NULL
GROUP BY registry
ORDER BY registry
"""
PEOPLE = """
SELECT person,
       sum(CASE WHEN kind = 'request' THEN 1 ELSE 0 END) AS requests,
       sum(CASE WHEN kind = 'tag' THEN 1 ELSE 0 END) AS tags,
       count(DISTINCT CASE WHEN kind IN ('request', 'tag') THEN registry END) AS registries,
       count(DISTINCT CASE WHEN kind IN ('request', 'tag') THEN day END) AS days
FROM (SELECT DISTINCT person, kind, package_id, registry, day FROM interactions
      WHERE person IS NOT NULL AND day > {since} AND day <= {day}) AS done
GROUP BY person
HAVING sum(CASE WHEN kind IN ('request', 'tag') THEN 1 ELSE 0 END) > 0
ORDER BY person
"""

STATEMENTS = {
    "popular": POPULAR,
    "activity": ACTIVITY,
    USE_WEEKS: USES_BY_WEEK,
    "new-packages": NEW_PACKAGES,
    "new-versions": NEW_VERSIONS,
    "freshness": FRESHNESS,
    "deprecated": DEPRECATED,
    "people": PEOPLE,
}
"""By insight."""


def statement(name: str, day: date, window: Period = "", registry: str = "") -> str:
    """As it is run. A registry is one of REGISTRIES: nothing else is ever written into it."""
    assert registry in ("", *REGISTRIES)
    days = DAYS.get(window, WEEKS * 7)
    since = day - timedelta(days=days)
    if name == USE_WEEKS:
        since -= timedelta(days=since.weekday() + 1)  # whole weeks, which begin on Mondays
    return STATEMENTS[name].format(
        day=f"DATE '{day.isoformat()}'",
        since=f"DATE '{since.isoformat()}'",
        among=f"registry = '{registry}'" if registry else "1 = 1",
    )


def about_use(connection: DuckDBPyConnection, day: date) -> Iterator[Result]:
    """Every answer that is an aggregate, except the one about people."""

    def rows(name: str, window: Period = "", registry: str = "") -> list[tuple[Any, ...]]:
        return connection.execute(statement(name, day, window, registry)).fetchall()

    for package_id, week, uses in rows(USE_WEEKS):
        yield Result(USE_WEEKS, "", "", 0, package_id, "", week.isoformat(), float(uses))
    here = [row[0] for row in rows("deprecated")]
    for registry in ("", *here):
        for window in PERIODS:
            yield from _popular(rows("popular", window, registry), window, registry)
            for name in ("activity", "new-packages", "new-versions"):
                told = rows(name, window, registry)
                yield from _series(name, told, day, window, registry)
        yield from _freshness(rows("freshness", "", registry), registry)
    yield from _deprecated(rows("deprecated"))


def _popular(rows: list[tuple[Any, ...]], window: Period, registry: str) -> Iterator[Result]:
    for rank, (package_id, name, uses, people, *kinds) in enumerate(rows, start=1):
        details = json.dumps({"people": people, **dict(zip(KINDS, map(int, kinds), strict=True))})
        yield Result("popular", registry, window, rank, package_id, name, "", float(uses), details)


def _series(
    name: str, rows: list[tuple[Any, ...]], day: date, window: Period, registry: str
) -> Iterator[Result]:
    """Days without anything are zero; a year is told by weeks, which one can look at."""
    found = {row[0]: row[1:] for row in rows}
    if not found:
        return
    begins = day - timedelta(days=DAYS[window] - 1)
    step = 7 if window == "year" else 1
    for rank, first in enumerate(range(0, DAYS[window], step), start=1):
        days = [begins + timedelta(days=n) for n in range(first, min(first + step, DAYS[window]))]
        of = [found[each] for each in days if each in found]
        details: dict[str, int] = {}
        if name == "activity" and of:
            sums = [int(sum(column)) for column in zip(*of, strict=True)]
            # Who came on two days is one person: only a day's own number is known here.
            people = {"people": sums[1]} if step == 1 else {}
            details = {**people, **dict(zip(KINDS, sums[2:], strict=True))}
        total = float(sum(row[0] for row in of))
        yield Result(
            name, registry, window, rank, None, "", days[0].isoformat(), total, json.dumps(details)
        )


def _freshness(rows: list[tuple[Any, ...]], registry: str) -> Iterator[Result]:
    counts = dict(rows)
    total = sum(counts.values())
    words = [*(words for words, _days in AGES), "unknown"]
    for place, each in enumerate(words):
        if total and (place < len(AGES) or place in counts):
            count = counts.get(place, 0)
            share = json.dumps({"share": round(count / total, 3)})
            yield Result("freshness", registry, "", place + 1, None, "", each, float(count), share)


def _deprecated(rows: list[tuple[Any, ...]]) -> Iterator[Result]:
    for rank, (registry, deprecated, packages) in enumerate(rows, start=1):
        details = {"packages": packages, "share": round(int(deprecated) / packages, 3)}
        yield Result(
            "deprecated", "", "", rank, None, "", registry, float(deprecated), json.dumps(details)
        )
