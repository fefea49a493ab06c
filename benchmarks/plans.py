"""How a database executes what the specification's performance checklist asks for, and each index's own query.

    python -m benchmarks.plans DATABASE_URL

On a catalogue that `benchmarks.catalogue` made. Every statement of each query is shown as the database plans it:
EXPLAIN (ANALYZE, BUFFERS) on PostgreSQL, EXPLAIN QUERY PLAN with the time it took on SQLite.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from benchmarks.catalogue.rows import package_id
from tgtui.data import graph, request_lists, requests
from tgtui.data.engine import open_engine, parse_url
from tgtui.data.facets import search_facets
from tgtui.data.models import Account, PackageInteraction
from tgtui.data.package_versions import versions_page
from tgtui.data.packages import dependents_page, package_detail
from tgtui.data.search import search_packages
from tgtui.searching import parse_search

WIDTH = 180
"""Characters of a statement that are shown."""
LIMITS = requests.Limits(200, timedelta(minutes=60))
Query = Callable[[Session], Any]


def searched(words: str) -> Query:
    return lambda session: search_packages(session, parse_search(words))


def counted(words: str) -> Query:
    return lambda session: search_facets(session, parse_search(words))


def closure(session: Session) -> Any:
    latest = package_detail(session, package_id(1_000))
    assert latest is not None
    assert latest.latest is not None
    return graph.closure_of(session, latest.latest.id)


def rate(session: Session) -> Any:
    account: UUID = session.scalars(select(Account.id).limit(1)).one()
    # The session is rolled back: nobody is asked for anything.
    return requests.ask(session, "npm", "not-there", account_id=account, limits=LIMITS)


def popularity(session: Session) -> Any:
    package = PackageInteraction.package_id == package_id(0)
    return session.scalar(select(func.count()).where(package))


CHECKLIST: dict[str, Query] = {
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
    "worker queue": request_lists.queue_counts,
    "package header": lambda session: package_detail(session, package_id(0)),
    "versions by date": lambda session: versions_page(session, package_id(0), order="latest"),
    "dependents": lambda session: dependents_page(session, package_id(0)),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    engine = open_engine(parse_url(parser.parse_args().url))
    is_sqlite = engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (ANALYZE, BUFFERS) "
    for name, query in CHECKLIST.items():
        print(f"\n== {name}")
        with Session(engine) as session:
            for statement, parameters, milliseconds in statements(session, query):
                print(f"\n{' '.join(statement.split())[:WIDTH]}")
                if is_sqlite:
                    print(f"  ({milliseconds:.1f} ms)")
                rows = session.connection().exec_driver_sql(explain + statement, parameters)
                for row in rows:
                    print(f"  {row[-1]}")


def statements(session: Session, query: Query) -> list[tuple[str, Any, float]]:
    """What `query` executes, with parameters and milliseconds."""
    seen: list[tuple[str, Any, float]] = []
    started = 0.0

    def before(*_: Any) -> None:
        nonlocal started
        started = time.perf_counter()

    def after(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, parameters, (time.perf_counter() - started) * 1000))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", before)
    event.listen(connection, "after_cursor_execute", after)
    try:
        query(session)
    finally:
        event.remove(connection, "before_cursor_execute", before)
        event.remove(connection, "after_cursor_execute", after)
    return seen


if __name__ == "__main__":
    main()
