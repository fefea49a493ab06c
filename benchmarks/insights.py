"""How long an insight takes to open, and what recording an interaction costs beside what it stands beside.

    python -m benchmarks.insights DATABASE_URL

On a catalogue that has results (`tgtui analytics refresh`). Every list of the insights screen is read as the screen
reads it, and one package's own; processor time on SQLite, else the clock. Then the packages that are needed most are
opened, read as their screen reads them, without and with noting and storing that they were. It leaves the interactions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.basics import clock
from tgtui.data.insights.reading import answer, package_insights
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import accounts
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.interactions import Interaction, record
from tgtui.data.versions.listing import versions_page
from tgtui.data.views.insights import INSIGHTS, PERIODS
from tgtui.registries.base import REGISTRIES

ROUNDS = 5
OPENED = 200
"""Packages that are opened."""
BATCH = 20
"""Interactions that are stored together: the app writes each few seconds, whatever was noted by then."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    database = Database(open_engine(parse_url(parser.parse_args().url)))
    opening(database)
    recording(database)
    database.close()


def opening(database: Database) -> None:
    times = []
    for insight in INSIGHTS:
        for registry in ("", *REGISTRIES) if insight.by_registry else ("",):
            for window in PERIODS if insight.by_window else ("",):
                work = lambda c: answer(c, insight.name, registry, window)  # noqa: B023, E731 - called at once
                took, found = least(database, work)
                times.append((took, f"{insight.name} {registry} {window}", len(found.rows)))
    for package in most_needed(database)[:10]:
        took, _found = least(database, lambda c: package_insights(c, package))  # noqa: B023
        times.append((took, "one package", 1))
    times.sort()
    (middle, *_), (longest, name, rows) = times[len(times) // 2], times[-1]
    print(
        f"an insight opens in {middle:.1f} ms at the median of {len(times)};"
        f" the longest is {name.strip()} with {rows} rows: {longest:.1f} ms (aim 50)"
    )


def recording(database: Database) -> None:
    packages = most_needed(database)
    account = database.read_now(lambda c: c.scalar(select(accounts.c.id).limit(1)))
    assert account is not None, "nobody is there to have opened anything"
    started = time.process_time()
    for package in packages:
        database.read_now(package_detail, package)
        database.read_now(versions_page, package)
        database.read_now(dependents_page, package)
    beside = time.process_time() - started
    day = clock.now().date()
    noted = [Interaction(package, account, "view", day) for package in packages]
    started = time.process_time()
    for start in range(0, len(noted), BATCH):
        database.write_now(record, noted[start : start + BATCH])
    took = time.process_time() - started
    each = 1_000 / len(packages)
    print(
        f"opening a package takes {beside * each:.2f} ms of this processor, recording it {took * each:.3f} more:"
        f" {took / beside:.1%} (aim 2 %)"
    )


def most_needed(database: Database) -> list[UUID]:
    def read(connection: Connection) -> list[UUID]:
        s = package_search
        return list(
            connection.scalars(select(s.c.package_id).order_by(s.c.rank.desc()).limit(OPENED))
        )

    return database.read_now(read)


def least(database: Database, work: Callable[[Connection], Any]) -> tuple[float, Any]:
    """Milliseconds, and the result."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    now = time.process_time if is_sqlite else time.perf_counter
    times = []
    for _ in range(ROUNDS):
        started = now()
        found = database.read_now(work)
        times.append((now() - started) * 1_000)
    return min(times), found


if __name__ == "__main__":
    main()
