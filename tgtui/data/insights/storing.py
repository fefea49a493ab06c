"""Stores the results of a refresh. Lists are replaced in one transaction; what is kept by package is written in short
ones, so that nobody waits long for SQLite's one writer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, func, select, update

from tgtui.basics.ids import uuid7
from tgtui.data.models.insights import (
    insight_refreshes,
    insight_results,
    package_measures,
    package_use_weeks,
)
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import accounts, packages
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.changes import announce
from tgtui.data.storage.database import Database
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.insights import MEASURE_KEYS, MEASURES, USE_WEEKS, Result

T = TypeVar("T")

KEPT_DAYS = 400
"""How far back a package's counts and the days of refreshes are kept; the newest always."""
KEPT_WEEKS = 53
PACKAGES_AT_ONCE = 1_000
"""Packages whose counts are written in one transaction: some tens of milliseconds."""

Counts = tuple[int, ...]
"""In the order of MEASURE_KEYS."""
Weeks = dict[UUID, dict[date, int]]
"""Uses by package and Monday."""


def store(
    database: Database,
    day: date,
    results: Iterable[Result],
    *,
    people: Mapping[str, UUID] | None = None,
) -> int:
    """Make these the newest results; returns how many rows there were. Stored again, they change nothing.

    `people` tells the account of each pseudonym; rows about others are left out. The results are read once, in any
    order; they need not fit into memory if those of one package stand together, except for lists and uses. Killed before the end, the lists are as before. DatabaseError.
    """
    lists: list[Result] = []
    counted = 0

    def passing() -> Iterator[Result]:
        nonlocal counted
        for result in results:
            counted += 1
            if result.insight in (MEASURES, USE_WEEKS):
                yield result
            else:
                lists.append(result)

    weeks: Weeks = {}
    for some in _by_package(passing(), weeks):
        database.write_now(_store_of_packages, day, some)
    told = list(weeks)
    for start in range(0, len(told), PACKAGES_AT_ONCE):
        some_weeks = {id: weeks[id] for id in told[start : start + PACKAGES_AT_ONCE]}
        database.write_now(_store_weeks, some_weeks)
    database.write_now(_drop_unused, weeks.keys())
    database.write_now(_replace_lists, day, lists, people or {})
    while database.write_now(_forget_old, day):
        pass
    return counted


def _by_package(results: Iterable[Result], weeks: Weeks) -> Iterator[dict[UUID, Counts]]:
    """Portions of packages whose counts are complete, whatever the order of the rows; uses go into `weeks`."""
    open_counts: dict[UUID, dict[str, int]] = {}
    complete: dict[UUID, Counts] = {}
    for result in results:
        if result.package_id is None:
            continue
        id = UUID(result.package_id)
        if result.insight == USE_WEEKS:
            weeks.setdefault(id, {})[date.fromisoformat(result.key)] = int(result.value)
            continue
        counts = open_counts.setdefault(id, {})
        counts[result.key] = int(result.value)
        if len(counts) == len(MEASURE_KEYS):
            complete[id] = tuple(counts[key] for key in MEASURE_KEYS)
            del open_counts[id]
        if len(complete) >= PACKAGES_AT_ONCE:
            yield complete
            complete = {}
    yield complete


def _store_of_packages(connection: Connection, day: date, told: Mapping[UUID, Counts]) -> None:
    here = _existing(connection, told)
    counts = {id: of for id, of in told.items() if id in here}
    _store_counts(connection, day, counts)
    _order_search(connection, counts)


def _store_counts(connection: Connection, day: date, counts: Mapping[UUID, Counts]) -> None:
    """A row for each package whose newest one tells something else."""
    m = package_measures
    columns = (m.c.packages, m.c.depth, m.c.dependents, m.c.dependents_all)
    known: dict[UUID, Counts] = {}
    for some in slices(list(counts)):
        # Of the same day or later: it is told anew. The clock of the machine may have been set back.
        connection.execute(delete(m).where(m.c.package_id.in_(some), m.c.day >= day))
        newest = (
            select(m.c.package_id, func.max(m.c.day).label("day"))
            .where(m.c.package_id.in_(some))
            .group_by(m.c.package_id)
            .subquery()
        )
        rows = connection.execute(
            select(m.c.package_id, *columns).join(
                newest, (newest.c.package_id == m.c.package_id) & (newest.c.day == m.c.day)
            )
        )
        known.update((id, tuple(rest)) for id, *rest in rows)
    names = [column.name for column in columns]
    bulk_insert(
        connection,
        m,
        [
            {"id": uuid7(), "package_id": id, "day": day, **dict(zip(names, told, strict=True))}
            for id, told in counts.items()
            if known.get(id) != told
        ],
    )


def _order_search(connection: Connection, counts: Mapping[UUID, Counts]) -> None:
    """Only rows that change: each is an entry of two indexes."""
    s = package_search
    changed: list[dict[str, Any]] = []
    for some in slices(list(counts)):
        for id, of, *known in connection.execute(
            select(s.c.id, s.c.package_id, s.c.brings, s.c.dependents_all).where(
                s.c.package_id.in_(some)
            )
        ):
            brings, _depth, _direct, in_all = counts[of]
            if known != [brings, in_all]:
                changed.append({"of_id": id, "new_brings": brings, "new_in_all": in_all})
    if changed:
        connection.execute(_ORDERED, changed)


def _store_weeks(connection: Connection, told: Weeks) -> None:
    """In place of what was told of these packages since the first of their weeks."""
    w = package_use_weeks
    here = _existing(connection, told)
    weeks = {id: of for id, of in told.items() if id in here}
    for some in slices(list(weeks)):
        first = min(min(weeks[id]) for id in some)
        connection.execute(delete(w).where(w.c.package_id.in_(some), w.c.week >= first))
    bulk_insert(
        connection,
        w,
        [
            {"id": uuid7(), "package_id": id, "week": week, "uses": uses}
            for id, of in weeks.items()
            for week, uses in of.items()
        ],
    )


def _drop_unused(connection: Connection, used: Collection[UUID]) -> None:
    """Packages without any use in the last year, because it is long ago, or was deleted by whom it was."""
    w = package_use_weeks
    known = connection.scalars(select(w.c.package_id).distinct()).all()
    for some in slices([id for id in known if id not in used]):
        connection.execute(delete(w).where(w.c.package_id.in_(some)))


def _replace_lists(
    connection: Connection, day: date, results: Sequence[Result], people: Mapping[str, UUID]
) -> None:
    connection.execute(delete(insight_results))
    taking_part = _names(connection, people.values())
    here = _existing(connection, {UUID(r.package_id) for r in results if r.package_id})
    rows: list[dict[str, Any]] = []
    for result in results:
        package_id = UUID(result.package_id) if result.package_id else None
        if package_id is not None and package_id not in here:
            continue  # deleted for good since the export
        account_id = people.get(result.key) if result.insight == "people" else None
        if result.insight == "people" and account_id not in taking_part:
            continue
        rows.append(
            {
                "id": uuid7(),
                "insight": result.insight,
                "registry": result.registry,
                "period": result.window,
                "rank": result.rank,
                "package_id": package_id,
                "account_id": account_id,
                "name": taking_part[account_id] if account_id is not None else result.name,
                "key": "" if account_id is not None else result.key,
                "value": float(result.value),
                "details": result.details,
            }
        )
    bulk_insert(connection, insight_results, rows)
    # With a clock set back, later days are of the future: what is stored last is the newest.
    connection.execute(delete(insight_refreshes).where(insight_refreshes.c.day >= day))
    now = database_now(connection)
    bulk_insert(connection, insight_refreshes, [{"id": uuid7(), "day": day, "created_at": now}])
    announce(connection, "packages")


def _names(connection: Connection, account_ids: Iterable[UUID]) -> dict[UUID | None, str]:
    """Of people who take part."""
    found: dict[UUID | None, str] = {}
    for some in slices(list(account_ids)):
        rows = connection.execute(
            select(accounts.c.id, accounts.c.display_name).where(
                accounts.c.id.in_(some), accounts.c.stays_out_since.is_(None)
            )
        )
        found.update((id, name) for id, name in rows)
    return found


def _existing(connection: Connection, package_ids: Iterable[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for some in slices(list(package_ids)):
        found.update(connection.scalars(select(packages.c.id).where(packages.c.id.in_(some))))
    return found


def _forget_old(connection: Connection, day: date) -> int:
    """Some of what is older than is kept; returns how many rows."""
    m, w, r = package_measures, package_use_weeks, insight_refreshes
    oldest = day - timedelta(days=KEPT_DAYS)
    newer = m.alias()
    # The newest row before the bound still says how it was at the bound, so only those with a successor there go.
    old = (
        select(m.c.id)
        .where(
            m.c.day < oldest,
            select(newer.c.id)
            .where(
                newer.c.package_id == m.c.package_id, newer.c.day > m.c.day, newer.c.day <= oldest
            )
            .exists(),
        )
        .limit(PACKAGES_AT_ONCE)
    )
    ids = connection.scalars(old).all()
    for some in slices(ids):
        connection.execute(delete(m).where(m.c.id.in_(some)))
    weeks = connection.scalars(
        select(w.c.id).where(w.c.week < day - timedelta(weeks=KEPT_WEEKS)).limit(PACKAGES_AT_ONCE)
    ).all()
    for some in slices(weeks):
        connection.execute(delete(w).where(w.c.id.in_(some)))
    connection.execute(delete(r).where(r.c.day < oldest))
    return len(ids) + len(weeks)


_ORDERED = (
    update(package_search)
    .where(package_search.c.id == bindparam("of_id"))
    .values(brings=bindparam("new_brings"), dependents_all=bindparam("new_in_all"))
)
