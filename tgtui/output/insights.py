"""Answers of the analytics in words: what a row is called, its figures, of which day it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from tgtui.basics.formatting import ago, number, size
from tgtui.data.views.insights import Answer, Insight, InsightRow, PackageInsights, Period

NOTHING_YET = "Nothing was computed yet. Compute it: tgtui analytics refresh"
BYTES = "bytes"
"""The unit whose values are told as `3.1 MB`."""
WINDOW_WORDS: dict[Period, str] = {
    "": "",
    "week": "last 7 days",
    "month": "last 30 days",
    "year": "last 365 days",
}


def label(row: InsightRow) -> str:
    """`npm:react`, `npm:b, for a`, a day, a person. Hostile."""
    package = f"{row.registry}:{row.name}" if row.registry else row.name
    if package and row.key:
        return f"{package}, for {row.key}"
    return package or row.key


def value_of(insight: Insight, row: InsightRow) -> str:
    """`1,234`, `3.1 MB`."""
    value = round(row.value)
    return size(value) if insight.unit == BYTES else number(value)


def figures(insight: Insight, row: InsightRow) -> list[str]:
    """What else is known, in the order of the insight's columns."""
    return [_figure(key, row.details.get(key)) for key, _heading in insight.columns]


def headings(insight: Insight) -> list[str]:
    """Of label, value and figures."""
    first = "day" if insight.is_series else "name"
    value = "size" if insight.unit == BYTES else insight.unit
    return [first, value, *(heading for _key, heading in insight.columns)]


def asked_in_words(answer: Answer) -> str:
    """`npm · last 7 days`; empty if there is no such choice."""
    registry = answer.registry or ("all registries" if answer.insight.by_registry else "")
    return " · ".join(part for part in (registry, WINDOW_WORDS[answer.window]) if part)


def as_of_in_words(answer: Answer, now: datetime) -> str:
    """`as of 2026-03-04 (2 h ago)`; how to get results if there are none."""
    if answer.as_of is None:
        return NOTHING_YET
    return f"as of {answer.as_of} ({ago(answer.stored_at, now)})"


def as_data(answer: Answer) -> dict[str, object]:
    """For JSON."""
    return {
        "insight": answer.insight.name,
        "question": answer.insight.question,
        "unit": answer.insight.unit,
        "registry": answer.registry or None,
        "window": answer.window or None,
        "as_of": answer.as_of,
        "rows": [
            {
                "rank": place,
                "package": f"{row.registry}:{row.name}" if row.registry else None,
                "person": row.name if row.name and not row.registry else None,
                "key": row.key or None,
                "value": row.value,
                **row.details,
            }
            for place, row in enumerate(answer.rows, start=1)
        ],
    }


def as_records(answer: Answer) -> tuple[list[str], list[list[str]]]:
    """For CSV: a head and its rows."""
    keys = [key for key, _heading in answer.insight.columns]
    return (
        ["rank", "package", "key", "value", *keys],
        [
            [
                str(place),
                f"{row.registry}:{row.name}" if row.registry else row.name,
                row.key,
                f"{row.value:.12g}",
                *(_plain(row.details.get(key)) for key in keys),
            ]
            for place, row in enumerate(answer.rows, start=1)
        ],
    )


def counts_in_words(found: PackageInsights) -> list[str]:
    """`brings 12 packages, 4 levels deep`, `needed by 3 packages, 1 of them directly`; empty if nothing is known."""
    if not found.measures:
        return []
    now = found.measures[-1]
    brings = f"brings {_packages(now.packages)}"
    if now.packages:
        brings += f", {number(now.depth)} {'level' if now.depth == 1 else 'levels'} deep"
    needed = f"needed by {_packages(now.dependents_all)}"
    if now.dependents_all:
        needed += f", {number(now.dependents)} of them directly"
    return [brings, needed]


def by_day(found: PackageInsights, name: str, days: Sequence[date]) -> list[int]:
    """A count of the package on each of these days; before the first that is known, as on that one."""
    values: list[int] = []
    for day in days:
        known = [each for each in found.measures if each.day <= day] or list(found.measures[:1])
        values.append(int(getattr(known[-1], name)) if known else 0)
    return values


def _packages(count: int) -> str:
    return f"{number(count)} {'package' if count == 1 else 'packages'}"


def _figure(key: str, value: object) -> str:
    if key == "share" and isinstance(value, int | float):
        return f"{value * 100:.0f} %"
    if isinstance(value, int | float):
        return number(round(value))
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
