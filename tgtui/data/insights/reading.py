"""The newest results, as screens and commands show them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.models.insights import (
    insight_refreshes,
    insight_results,
    package_measures,
    package_use_weeks,
)
from tgtui.data.models.live import DELETED_PACKAGES, is_here
from tgtui.data.models.tables import packages
from tgtui.data.views.insights import (
    BY_NAME,
    Answer,
    InsightRow,
    Measure,
    PackageInsights,
    Period,
)

WEEK = timedelta(days=7)


def newest_refresh(connection: Connection) -> tuple[date, datetime] | None:
    """The day of the export that the newest results were computed from, and when they were stored."""
    r = insight_refreshes
    found = connection.execute(
        select(r.c.day, r.c.created_at).order_by(r.c.day.desc()).limit(1)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def answer(
    connection: Connection, name: str, registry: str = "", window: Period = "", limit: int = 1_000
) -> Answer:
    """The rows of an insight in order. Packages deleted meanwhile are not among them."""
    r = insight_results
    rows = connection.execute(
        select(
            r.c.rank, r.c.name, r.c.key, r.c.value, r.c.package_id, packages.c.registry, r.c.details
        )
        .outerjoin(packages, packages.c.id == r.c.package_id)
        .where(
            r.c.insight == name,
            r.c.registry == registry,
            r.c.period == window,
            r.c.package_id.is_(None) | r.c.package_id.not_in(DELETED_PACKAGES),
        )
        .order_by(r.c.rank)
        .limit(limit)
    )
    refresh = newest_refresh(connection)
    return Answer(
        BY_NAME[name],
        registry,
        window,
        tuple(
            InsightRow(rank, told, key, value, package_id, of or "", json.loads(details))
            for rank, told, key, value, package_id, of, details in rows
        ),
        *(refresh or (None, None)),
    )


def package_insights(connection: Connection, package_id: UUID) -> PackageInsights:
    """A package's counts and uses over time."""
    m, w = package_measures, package_use_weeks
    measures = connection.execute(
        select(m.c.day, m.c.packages, m.c.depth, m.c.dependents, m.c.dependents_all)
        .where(m.c.package_id == package_id, is_here(m.c.package_id))
        .order_by(m.c.day)
    )
    rows = connection.execute(
        select(w.c.week, w.c.uses).where(w.c.package_id == package_id, is_here(w.c.package_id))
    )
    weeks = {row.week: row.uses for row in rows}
    refresh = newest_refresh(connection)
    last = _monday(refresh[0]) if refresh else max(weeks, default=date.min)
    uses: list[tuple[date, int]] = []
    week = min(weeks, default=date.max)
    while week <= last:
        uses.append((week, weeks.get(week, 0)))
        week += WEEK
    return PackageInsights(
        tuple(Measure(*row) for row in measures), tuple(uses), refresh[0] if refresh else None
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
