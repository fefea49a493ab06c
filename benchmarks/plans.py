"""How a database executes what the specification's performance checklist asks for, and each index's own query.

    python -m benchmarks.plans DATABASE_URL [--brief]

On a catalogue that `benchmarks.catalogue` made. Every statement of each query is shown as the database plans it:
EXPLAIN (ANALYZE, BUFFERS) on PostgreSQL, EXPLAIN QUERY PLAN with the time it took on SQLite. `--brief` is a table of
what each query reads: how many statements, their time in the database, the indexes and tables they go through.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event, func, select

from benchmarks.catalogue.rows import package_id
from tgtui.data.graph import reach
from tgtui.data.models.tables import accounts, package_interactions
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.requests import asking, lists
from tgtui.data.search.facets import search_facets
from tgtui.data.search.results import package_rows, search_packages
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.versions.listing import versions_page
from tgtui.syntax.query import parse_search

READS = re.compile(
    r"using (?:covering )?index (\S+)|^scan (\w+) virtual|^(scan (?!led|gath|slice|met|match|anon|best|top|wanted|keys|tail|numbered)\w+)$"
    r"|index (?:only )?scan (?:backward )?using (\S+)|bitmap index scan on (\S+)|(seq scan on \S+)",
    re.IGNORECASE,
)
"""What a line of a plan says it reads."""
WIDTH = 180
"""Characters of a statement that are shown."""
LIMITS = asking.Limits(200, timedelta(minutes=60))
Query = Callable[[Connection], Any]


def searched(words: str) -> Query:
    return lambda connection: search_packages(connection, parse_search(words))


def counted(words: str) -> Query:
    return lambda connection: search_facets(connection, parse_search(words))


def closure(connection: Connection) -> Any:
    latest = package_detail(connection, package_id(1_000))
    assert latest is not None
    assert latest.latest is not None
    return reach.closure_of(connection, latest.latest.id)


def rate(connection: Connection) -> Any:
    account: UUID = connection.scalars(select(accounts.c.id).limit(1)).one()
    # The session is rolled back: nobody is asked for anything.
    return asking.ask(connection, "npm", "not-there", account_id=account, limits=LIMITS)


def popularity(connection: Connection) -> Any:
    package = package_interactions.c.package_id == package_id(0)
    return connection.scalar(select(func.count()).where(package))


ROWS = "a page's rows and their tags"
"""Of every search; left out of those that follow."""
CHECKLIST: dict[str, Query] = {
    ROWS: lambda connection: package_rows(connection, [package_id(number) for number in range(50)]),
    "search, a frequent prefix": searched("react"),
    "search, a rare name": searched("zuzeza"),
    "search, part of many names": searched("script"),
    "search, a mistyped name": searched("raect"),
    "tag filter, frequent": searched("tag:frontend"),
    "tag filter, rare, with a word": searched("tag:topic-9 react"),
    "who depends on it": searched("dep:react"),
    "who has exactly this version": searched("dep:express@1.20.0"),
    "states": searched("is:deprecated"),
    "ages": searched("updated:<7d"),
    "sort by name": searched("sort:name"),
    "sort by update": searched("sort:updated"),
    "sort by dependents": searched("sort:dependents"),
    "sort by popularity": searched("sort:popular"),
    "counts beside a search": counted("react"),
    "counts of the catalogue": counted(""),
    "dependency graph": closure,
    "one package's use": popularity,
    "rate limit": rate,
    "worker queue": lists.queue_counts,
    "package header": lambda connection: package_detail(connection, package_id(0)),
    "versions by date": lambda connection: versions_page(connection, package_id(0), order="latest"),
    "dependents": lambda connection: dependents_page(connection, package_id(0)),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--brief", action="store_true")
    given = parser.parse_args()
    engine = open_engine(parse_url(given.url))
    shown_once: set[str] = set()
    if given.brief:
        print("| asked | statements | ms | read through |\n|---|---|---|---|")
    for name, query in CHECKLIST.items():
        with engine.connect() as connection:
            query(connection)  # what it reads is in memory from here on
            connection.rollback()
            plans = [explained(connection, *each) for each in statements(connection, query)]
            if name != ROWS:
                plans = [plan for plan in plans if plan.shape not in shown_once]
        if name == ROWS:
            shown_once = {plan.shape for plan in plans}
        if given.brief:
            print(brief(name, plans))
            continue
        print(f"\n== {name}")
        for plan in plans:
            print(f"\n{plan.statement[:WIDTH]}\n  ({plan.milliseconds:.1f} ms)")
            print("\n".join(f"  {line}" for line in plan.lines))


@dataclass(frozen=True, slots=True)
class Plan:
    """How one statement is executed."""

    statement: str
    milliseconds: float
    """Without its planning on PostgreSQL, until the first row on SQLite."""
    lines: list[str]

    @property
    def shape(self) -> str:
        """The same for lists of any length."""
        return re.sub(r"\(\?(, \?)*\)", "(...)", self.statement)


def explained(connection: Connection, statement: str, parameters: Any, milliseconds: float) -> Plan:
    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (ANALYZE, BUFFERS) "
    rows = connection.exec_driver_sql(explain + statement, parameters)
    lines = [str(row[-1]) for row in rows]
    if not is_sqlite:
        milliseconds = float(lines[-1].removeprefix("Execution Time: ").removesuffix(" ms"))
    return Plan(" ".join(statement.split()), milliseconds, lines)


def brief(name: str, plans: list[Plan]) -> str:
    """A line of the table. Tables are what is left in memory of an index, or read whole."""
    through = [READS.search(line) for plan in plans for line in plan.lines]
    names = dict.fromkeys(next(filter(None, found.groups())) for found in through if found)
    total = sum(plan.milliseconds for plan in plans)
    shown = ", ".join(f"`{each}`" for each in names)
    return f"| {name} | {len(plans)} | {total:.1f} | {shown} |"


def statements(connection: Connection, query: Query) -> list[tuple[str, Any, float]]:
    """What `query` executes, with parameters and milliseconds."""
    seen: list[tuple[str, Any, float]] = []
    started = 0.0

    def before(*_: Any) -> None:
        nonlocal started
        started = time.perf_counter()

    def after(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, parameters, (time.perf_counter() - started) * 1000))

    connection = connection
    event.listen(connection, "before_cursor_execute", before)
    event.listen(connection, "after_cursor_execute", after)
    try:
        query(connection)
    finally:
        event.remove(connection, "before_cursor_execute", before)
        event.remove(connection, "after_cursor_execute", after)
    return seen


if __name__ == "__main__":
    main()
