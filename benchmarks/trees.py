"""The tree of a version: first screen, totals, why, dependents; next to npm and to a plain search in memory.

    python -m benchmarks.mirror record react-scripts        # once, for the part with npm
    python -m benchmarks.trees [--packages 50000 --edges 300000] [--server postgresql://user@host/postgres]
                               [--root react-scripts --dependency ms]

On a made-up closure with cycles: the time from opening the tree to its first lines, next to the same on a closure
of 60 packages; the queries, next to a breadth-first search in Python over the same rows in memory (its dictionary
included, which a program has to build, too). On a real package, whole processes: `tgtui tree` and `tgtui why` next
to `npm ls --all` and `npm explain`. Without --server the catalogue is SQLite, with it PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.exactness import lockfile_of_npm
from benchmarks.graphs import catalogue, gather_statistics, lay_out, make_closure
from benchmarks.ingest import empty_database
from benchmarks.mirror import require_recordings, serve
from tgtui.basics.files.paths import sqlite_url
from tgtui.basics.settings import Settings, WorkerSettings
from tgtui.data.graph.closure import Closure
from tgtui.data.graph.paths import ways_to
from tgtui.data.graph.reach import closure_of, dependents_closure
from tgtui.data.graph.tree import TreeQuery, overview
from tgtui.data.storage.database import Database
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.opening import OpenTree
from tgtui.screens.tree.screen import TreeScreen

RUNS = 5
SMALL = (60, 150)
"""Packages and edges of an ordinary closure."""
WAYS = 100


def median(run: Callable[[], Any]) -> float:
    """Seconds, of several runs after one that warms up."""
    run()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def search_in_memory(rows: list[tuple[str, str]], root: str) -> int:
    """What the query is held against: every version reached, with its level."""
    targets: dict[str, list[str]] = {}
    for source, target in rows:
        targets.setdefault(source, []).append(target)
    levels, present = {root: 0}, [root]
    while present:
        following = []
        for source in present:
            for target in targets.get(source, ()):
                if target not in levels:
                    levels[target] = levels[source] + 1
                    following.append(target)
        present = following
    return len(levels)


def rows_of(closure: Closure) -> list[tuple[str, str]]:
    keys = closure.keys
    return [
        (keys[n], keys[target]) for n, targets in enumerate(closure.targets) for target in targets
    ]


def turned(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(target, source) for source, target in rows]


async def first_lines(url: str, version_id: UUID) -> float:
    """Seconds from opening the tree screen to its first painted lines, in the running app."""
    settings = Settings(database_url=url, worker=WorkerSettings(enabled=False))
    taken = []
    app = TgtuiApp(settings)
    async with app.run_test(size=(120, 36)) as pilot:
        while app.catalogue is None:
            await pilot.pause(0.01)
        for _ in range(RUNS + 1):
            start = time.perf_counter()
            app.open(OpenTree(version_id, "package-0@1.0.0"))
            while not (isinstance(app.screen, TreeScreen) and app.screen.pane.view.model.rows):
                await pilot.pause()
            await pilot.pause()
            taken.append(time.perf_counter() - start)
            while app.screen.knowledge.seen is None:
                await pilot.pause(0.05)  # so that the next round is measured alone
            app.pop_screen()
            await pilot.pause()
    return statistics.median(taken[1:])


def measure_queries(database: Database, url: str, versions: list[UUID], small_root: UUID) -> None:
    """The made-up closure."""
    root = versions[0]
    closure = database.read_now(closure_of, root)
    hot = max(range(1, len(closure)), key=lambda number: len(closure.sources[number]))
    far = max(range(len(closure)), key=lambda number: closure.levels[number])
    rows = rows_of(closure)
    print(f"\n{len(closure):,} packages, {closure.edge_count:,} edges, depth {max(closure.levels)}")

    small = asyncio.run(first_lines(url, small_root))
    large = asyncio.run(first_lines(url, root))
    say("first lines of the tree", large, small, f"a closure of {SMALL[0]} packages")

    down = median(lambda: search_in_memory(rows, closure.keys[0]))
    say("closure", median(lambda: database.read_now(closure_of, root)), down, "search in memory")
    say(
        "totals",
        median(lambda: database.read_now(overview, TreeQuery(root))),
        down,
        "search in memory",
    )

    def why() -> None:
        ways_to(database.read_now(closure_of, root), far, WAYS)

    say(f"why, {WAYS} paths", median(why), down, "search in memory")
    rows_up = turned(rows)
    up = median(lambda: search_in_memory(rows_up, closure.keys[hot]))
    hot_id = closure.id_of(hot)
    found = database.read_now(dependents_closure, [hot_id])
    label = f"dependents of a hot package ({len(found) - 1:,})"
    say(
        label,
        median(lambda: database.read_now(dependents_closure, [hot_id])),
        up,
        "search in memory",
    )


def measure_commands(root: str, dependency: str, url: str | None) -> None:
    """Whole processes on a real closure."""
    with tempfile.TemporaryDirectory() as folder, serve() as mirror:
        env = {**os.environ, "TGTUI_NPM_REGISTRY": mirror.url, "TGTUI_DATA_DIR": folder}
        env |= {"TGTUI_DATABASE_URL": url} if url else {}
        tgtui = [sys.executable, "-m", "tgtui"]
        subprocess.run([*tgtui, "ask", f"npm:{root}", "--wait", "--quiet"], env=env)
        place = Path(folder, "project")
        place.mkdir()
        packages = lockfile_of_npm(root, mirror, str(place))
        lay_out(place / "package-lock.json", place)
        print(f"\n{root}, {len(packages):,} packages in npm's lockfile; whole processes")

        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

        def run(*command: str) -> Callable[[], Any]:
            return lambda: subprocess.run(command, cwd=place, env=env, **quiet)

        listed = median(run("npm", "ls", "--all"))
        explained = median(run("npm", "explain", dependency))
        say("tgtui tree", median(run(*tgtui, "tree", f"npm:{root}")), listed, "npm ls --all")
        why = [*tgtui, "why", f"npm:{root}", dependency]
        say("tgtui why", median(run(*why)), explained, f"npm explain {dependency}")
        users = [*tgtui, "dependents", f"npm:{dependency}"]
        say("tgtui dependents", median(run(*users)), explained, f"npm explain {dependency}")


def say(what: str, seconds: float, peer: float, label: str) -> None:
    print(
        f"  {what:42}{seconds * 1000:9.1f} ms   {seconds / peer:6.2f} x {label} ({peer * 1000:.1f} ms)",
        flush=True,
    )


def main() -> None:
    """Both parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--packages", type=int, default=50_000)
    parser.add_argument("--edges", type=int, default=300_000)
    parser.add_argument("--server", help="PostgreSQL in place of SQLite")
    parser.add_argument("--root", default="jest", help="of the part with npm")
    parser.add_argument("--dependency", default="ms")
    options = parser.parse_args()
    if shutil.which("npm"):
        require_recordings([options.root])
    with tempfile.TemporaryDirectory() as folder, empty_database(options.server) as server_url:
        url = server_url or sqlite_url(Path(folder, "catalogue.sqlite3"))
        with catalogue(url) as database:
            versions = database.write_now(make_closure, options.packages, options.edges)
            small = database.write_now(make_small)
            database.write_now(gather_statistics)
            measure_queries(database, url, versions, small)
    if shutil.which("npm"):
        with empty_database(options.server) as server_url:
            measure_commands(options.root, options.dependency, server_url)
    else:
        print("\nnpm is not here, so the commands are not measured")


def make_small(connection: Any) -> UUID:
    """In the same catalogue; the packages have names of their own."""
    from sqlalchemy import update

    from tgtui.data.models.tables import packages

    # Names are unique: those of the large closure step aside.
    connection.execute(update(packages).values(name="large-" + packages.c.name))
    return make_closure(connection, *SMALL)[0]


if __name__ == "__main__":
    main()
