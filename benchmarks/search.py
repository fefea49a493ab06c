"""Searches of a catalogue at the size of a registry, next to `LIKE` and `apt-cache search`.

    python -m benchmarks.search [--packages 10000 100000 1000000] [--server postgresql://user@host/postgres]
                                [--folder FOLDER] [--only sqlite|postgresql] [--quick]

For each size and database: every letter of some names typed, each operator, each order on page 1 and page 1,000,
typos, the facets beside each, jumps to the middle and the end, and what the package screen reads; then the same letters while another process
stores packages as fast as it can. Printed are p50, p95 and p99 of the time and, from the second size on, the
growth of the p95. `LIKE` is what the first version did, on the same rows. Catalogues are made by
`benchmarks.catalogue`; `--folder` keeps the SQLite files for the next run. The machine should do nothing else.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.catalogue.filling import fill
from benchmarks.catalogue.rows import edge_row, package_id, package_row, version_row
from benchmarks.servers import server
from tgtui.basics.files.paths import sqlite_url
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.search.facets import search_facets
from tgtui.data.search.index import packages_stored
from tgtui.data.search.jumps import count_matches, search_cuts
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.versions.edges import edges_of
from tgtui.data.versions.listing import versions_page
from tgtui.screens.search.pages import FIRST_PAGE, PAGE
from tgtui.syntax.query import SORTS, parse_search

SIZES = (10_000, 100_000, 1_000_000)
TYPED = ("react-router", "typescript", "lodash", "@babel/core", "webpack plugin", "eslint-config",
         "socket", "zuzeza-api", "graphql cache")  # fmt: skip
"""Letter by letter."""
LETTERS = tuple(name[:end] for name in TYPED for end in range(1, len(name) + 1))
TYPOS = ("raect", "lodahs", "typscript", "expres", "webpakc", "eslnt")
OPERATORS = (
    "npm:", "brew:", "tag:frontend", "-tag:frontend", "tag:topic-9", "dep:react", "dep:left-pad",
    "dep:express@1.5.0", "-dep:react", "updated:<7d", "updated:>1y", "is:deprecated", "is:missing",
    "is:failed", "license:mit", "license:gpl-*", "-license:copyleft", "license:unlicense", "keyword:topic-1",
    "keyword:topic-900", "maintainer:person-7", "size:>1mb", "size:<1kb", "license:mit keyword:topic-1 size:>100kb",
    "-react", "brew: react", "tag:frontend react", "updated:>1y react", "is:missing npm: api",
)  # fmt: skip
FAR = ("", "npm:", "npm: sort:name", "react", "react sort:name", "tag:frontend react", "-react")
ROUNDS = 5
DEEP = 10
"""Pages of 10,000 that are skipped to come to page 1,000."""
Times = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--packages", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--server")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--quick", action="store_true", help="One round in place of five.")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="Processor time in place of time; of SQLite, on a busy machine.",
    )
    parser.add_argument("--write", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        store_for_ever(given.write)
    rounds = 1 if given.quick else ROUNDS
    clock = time.thread_time if given.cpu else time.perf_counter
    if given.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            report(
                "SQLite", {size: measure(url, rounds, clock) for size, url in files(given, folder)}
            )
    if given.only != "sqlite":
        with server(given.server) as databases:
            found: dict[int, Times] = {}
            for size in given.packages:
                with databases.fresh() as url:
                    fill(url, size)
                    found[size] = measure(url, rounds, clock)
            report("PostgreSQL", found)
    apt_cache()


def files(given: Any, folder: str) -> Iterator[tuple[int, str]]:
    """A SQLite catalogue for each size, made where it is not there yet."""
    for size in given.packages:
        file = (given.folder or Path(folder)) / f"catalogue-{size}.sqlite3"
        url = sqlite_url(file.absolute())
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            fill(url, size)
        yield size, url


def measure(url: str, rounds: int, clock: Callable[[], float]) -> Times:
    """Milliseconds of everything, by what it is."""
    database = Database(open_engine(parse_url(url)))
    times: Times = {}

    def timed(name: str, query: Callable[..., Any], *args: Any, **more: Any) -> Any:
        started = clock()
        answer = database.read_now(query, *args, **more)
        times.setdefault(name, []).append((clock() - started) * 1000)
        return answer

    one_round(database, lambda _name, *asked, **more: database.read_now(*asked, **more))
    for _ in range(rounds):
        one_round(database, timed)
    for sort in SORTS:
        query = parse_search(f"sort:{sort}")
        cursor = None
        for _ in range(DEEP):
            page = database.read_now(search_packages, query, after=cursor, limit=10_000)
            cursor = page.next_cursor or cursor
        for _ in range(rounds):
            timed(f"sort:{sort} page 1,000", search_packages, query, after=cursor, limit=PAGE)
    with writing(url):
        for words in LETTERS:
            timed(
                "typed while storing: rows", search_packages, parse_search(words), limit=FIRST_PAGE
            )
    database.close()
    return times


def one_round(database: Database, timed: Callable[..., Any]) -> None:
    """Everything once. Before it is timed that is done too: a program that runs has what it reads in memory, and
    what nobody read since the machine started comes from its disk."""
    for words in LETTERS:
        timed("typed: rows", search_packages, parse_search(words), limit=FIRST_PAGE)
        timed("typed: facets", search_facets, parse_search(words))
        timed("typed: LIKE", like, words)
    for words in TYPOS:
        timed("typos", search_packages, parse_search(words), limit=FIRST_PAGE)
    for words in OPERATORS:
        timed(f"rows of {words}", search_packages, parse_search(words), limit=FIRST_PAGE)
        timed(f"facets of {words}", search_facets, parse_search(words))
    for sort in SORTS:
        query = parse_search(f"sort:{sort}")
        timed(f"sort:{sort} page 1", search_packages, query, limit=FIRST_PAGE)
    far(timed)
    package_screen(database, timed)


def far(timed: Callable[..., Any]) -> None:
    """To the end of a list and into its middle, without reading what lies between."""
    for words in FAR:
        query = parse_search(words)
        total = timed(f"count of {words or 'everything'}", count_matches, query)
        for place, before in (("middle", total // 2), ("end", total)):
            page = max(0, before - FIRST_PAGE - 1) // PAGE * PAGE + FIRST_PAGE
            name = f"{place} of {words or 'everything'}"
            timed(name, search_cuts, query, range(page, page + 1, PAGE), total=total)


def package_screen(database: Database, timed: Callable[..., Any]) -> None:
    """The most used package, and one with 20,000 versions."""
    for words in ("react", "many-versions"):
        package = database.read_now(search_packages, parse_search(words)).rows[0].id
        detail = timed(f"package screen: {words}, header", package_detail, package)
        timed(f"package screen: {words}, versions", versions_page, package)
        timed(f"package screen: {words}, by date", versions_page, package, order="latest")
        timed(f"package screen: {words}, dependents", dependents_page, package)
        timed(f"package screen: {words}, dependencies", edges_of, detail.latest.id)


def like(connection: Connection, words: str) -> int:
    """What searches did before they had an index: every name is looked at."""
    pattern = f"%{words.replace(' ', '%')}%"
    found = connection.execute(
        text(
            "SELECT id, name FROM packages WHERE deleted_at IS NULL AND search_name LIKE :pattern"
            " ORDER BY length(search_name), search_name, id LIMIT 100"
        ),
        {"pattern": pattern},
    )
    return len(found.all())


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Another process stores packages meanwhile."""
    command = [sys.executable, "-m", "benchmarks.search", "--write", url]
    writer = subprocess.Popen(command)
    try:
        time.sleep(2)
        yield
    finally:
        writer.terminate()
        writer.wait()


def store_for_ever(url: str) -> None:
    """One package of twenty versions and five dependencies in each transaction, as an ingest writes it."""
    database = Database(open_engine(parse_url(url)))
    number = 0
    while True:
        number += 1
        database.write_now(_store, f"stored-{uuid7().hex[-12:]}", number)


def _store(connection: Connection, name: str, number: int) -> None:
    package, versions = uuid7(), [uuid7() for _ in range(20)]
    row = package_row(package, name, "npm", "Stored by a benchmark")
    connection.execute(tables.packages.insert(), row)
    connection.execute(
        tables.package_versions.insert(),
        [version_row(id, package, place) for place, id in enumerate(versions)],
    )
    targets = [package_id((number * 31 + place) % 1_000) for place in range(5)]
    connection.execute(
        tables.package_dependencies.insert(),
        [edge_row(package, versions[-1], target) for target in targets],
    )
    packages_stored(connection, [package])


def report(database: str, found: dict[int, Times]) -> None:
    """Each line's percentiles by size, and how much the p95 grew from the first size to the last."""
    sizes = list(found)
    print(f"\n{database}: p50 / p95 / p99 in ms")
    print(f"{'':38}" + "".join(f"{size:>24,}" for size in sizes) + f"{'growth':>10}")
    for name in found[sizes[0]]:
        cells = [percentiles(found[size][name]) for size in sizes]
        line = "".join(f"{a:9.1f} {b:6.1f} {c:7.1f}" for a, b, c in cells)
        print(f"{name:38}{line}{cells[-1][1] / cells[0][1]:9.1f}x")


def percentiles(times: list[float]) -> tuple[float, float, float]:
    ordered = sorted(times)

    def at(part: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]

    return at(0.5), at(0.95), at(0.99)


def apt_cache() -> None:
    """How long the machine's own package search takes, a process each, where there is one."""
    program = shutil.which("apt-cache")
    if program is None:
        return
    times = []
    for words in TYPED:
        started = time.perf_counter()
        found = subprocess.run([program, "search", words], capture_output=True, check=False)
        times.append((time.perf_counter() - started) * 1000)
    count = len(found.stdout.splitlines())
    print(f"\napt-cache search: p50 {percentiles(times)[0]:.0f} ms (last found {count} packages)")


if __name__ == "__main__":
    main()
