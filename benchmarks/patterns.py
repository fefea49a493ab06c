"""Every query of docs/queries.md as it stands, on a large catalogue: its time, the rows it finds and what it reads.

    python -m benchmarks.patterns DATABASE_URL [--plans]

On a catalogue that `benchmarks.catalogue` made, asked for what is frequent in it, and for an account of its own with
some requests, which are undone. Times are the least of three: the processor's on SQLite, the server's without its
planning on PostgreSQL. `--plans` shows the plans too.
"""

from __future__ import annotations

import argparse
import re
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, text

from benchmarks.plans import READS
from tests.data.test_queries_page import TYPES, Pattern, patterns
from tests.support import rows
from tgtui.basics import clock
from tgtui.data.storage.engine import open_engine, parse_url

ROUNDS = 3
REQUESTS = 200
MOST_NEEDED = """
SELECT dependency_name FROM package_dependencies WHERE dependency_registry = 'npm' AND resolved_version IS NOT NULL
GROUP BY dependency_name ORDER BY count(*) DESC LIMIT 1
"""
MOST_TAKEN = """
SELECT resolved_version FROM package_dependencies WHERE dependency_registry = 'npm' AND dependency_name = :name
GROUP BY resolved_version ORDER BY count(*) DESC LIMIT 1
"""
MOST_TAGGED = """
SELECT t.slug FROM tags AS t JOIN package_tags AS g ON g.tag_id = t.id
WHERE t.deleted_at IS NULL GROUP BY t.slug ORDER BY count(*) DESC LIMIT 1
"""
IN_THE_CIRCLE = """
SELECT p.name, v.version FROM package_dependencies AS e
JOIN package_versions AS v ON v.id = e.version_id JOIN packages AS p ON p.id = v.package_id
WHERE e.dependency_registry = 'npm' AND e.dependency_name = :name AND p.registry = 'npm' AND p.deleted_at IS NULL
ORDER BY p.name LIMIT 1
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--plans", action="store_true")
    asked = parser.parse_args()
    engine = open_engine(parse_url(asked.url))
    print("| asked | ms | rows | read through |\n|---|---|---|---|")
    with engine.connect() as connection:
        given = frequent(connection)
        for each in patterns():
            if each.is_for_both or connection.dialect.name == "postgresql":
                shown(connection, each, given, with_plan=asked.plans)
        connection.rollback()
    engine.dispose()


def frequent(connection: Connection) -> dict[str, Any]:
    """The parameters of the page; an account with requests is added."""
    dependency = connection.scalar(text(MOST_NEEDED))
    name, version = connection.execute(text(IN_THE_CIRCLE), {"name": dependency}).one()
    account = rows.add_account(connection)
    for number in range(REQUESTS):
        request = rows.add_request(connection, f"asked-for-{number}", requested_by=account)
        chain = rows.add_chain(connection, requested_by=account, charged_at=clock.now())
        rows.add_member(connection, chain, request, is_root=True)
    return {
        "registry": "npm", "name": name, "version": version, "dependency": dependency,
        "resolved": connection.scalar(text(MOST_TAKEN), {"name": dependency}),
        "slug": connection.scalar(text(MOST_TAGGED)), "start": "react", "end": "reacu",
        "account": account, "since": clock.now() - timedelta(hours=1),
    }  # fmt: skip


def shown(connection: Connection, each: Pattern, given: dict[str, Any], *, with_plan: bool) -> None:
    """Prints a line of the table."""
    names = re.findall(r"(?<!:):(\w+)", each.sql)
    parameters = {name: given[name] for name in names}

    def typed(sql: str) -> TextClause:
        some = [bindparam(name, type_=TYPES.get(name)) for name in names if name in TYPES]
        return text(sql).bindparams(*some)

    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (ANALYZE, TIMING OFF, BUFFERS) "
    milliseconds: list[float] = []
    found, lines = 0, [""]
    for _ in range(ROUNDS):
        started = time.process_time()
        found = len(connection.execute(typed(each.sql), parameters).all())
        milliseconds.append((time.process_time() - started) * 1000)
        plan = connection.execute(typed(explain + each.sql), parameters)
        lines = [str(row[-1]) for row in plan]
        if not is_sqlite:
            told = lines[-1].removeprefix("Execution Time: ").removesuffix(" ms")
            milliseconds[-1] = float(told)
    through = filter(None, map(READS.search, lines))
    read = dict.fromkeys(next(filter(None, one.groups())) for one in through)
    reads = ", ".join(f"`{one}`" for one in read)
    print(f"| {each.name} | {min(milliseconds):.2g} | {found:,} | {reads} |")
    if with_plan:
        print("\n".join(f"  {line}" for line in lines))


if __name__ == "__main__":
    main()
