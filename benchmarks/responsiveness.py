"""How long the app keeps a person waiting while it ingests: the event loop's stops, and keys to painted rows.

    python -m benchmarks.mirror record            # once
    python -m benchmarks.responsiveness [ROOT ...]
    python -m benchmarks.responsiveness --exporting [PACKAGES]

The real app runs in a pseudo-terminal with its worker on the recorded closures, next's 21 MB document among
them. Inside, a task that sleeps a millisecond notes how late it wakes. Outside, the cursor is moved down and
up and the clock stops when the row is written to the terminal. The same keys before anything is asked for,
with the worker idle, are the floor. `--exporting` makes a catalogue of so many packages (100,000), and `tgtui
analytics export` runs beside the app in place of the worker.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogue.filling import fill
from benchmarks.mirror import ROOTS, require_recordings, serve
from benchmarks.terminal import Terminal
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.search.results import search_packages
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.syntax.query import parse_search

DOWN, UP, TAB = "\x1b[B", "\x1b[A", "\t"
FIRST, SECOND = "vue", "express"
"""Neighbours in the list of a new catalogue."""
EVERYTHING = parse_search("")
PAUSE_S = 0.05
"""Between keys."""
TICK_S = 0.001


def main() -> None:
    """Print both distributions, idle and busy, and their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("roots", nargs="*", default=list(ROOTS))
    parser.add_argument(
        "--exporting", nargs="?", type=int, const=100_000, metavar="PACKAGES",
        help="while the catalogue is exported, instead",
    )  # fmt: skip
    asked = parser.parse_args()
    if asked.exporting:
        while_exporting(asked.exporting)
        return
    roots = asked.roots or list(ROOTS)
    require_recordings(roots)
    with serve() as mirror, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "TGTUI_DATA_DIR": folder,
            "TGTUI_NPM_REGISTRY": mirror.url,
            "TGTUI_BENCHMARK_LATE": f"{folder}/late",
        }
        command = [sys.executable, "-m", "benchmarks.responsiveness_app"]
        with Terminal(command, environment) as terminal:
            terminal.wait_for("typescript")
            settle(environment)
            for _ in range(2):  # out of the search box, then to the second row
                terminal.send(DOWN)
                time.sleep(1)
            take_late(folder)
            idle_keys, idle_late = presses(terminal, 40), take_late(folder)
            tgtui(environment, "ask", *(f"npm:{root}" for root in roots))
            busy_keys = list(presses_until_done(terminal, environment))
            busy_late = take_late(folder)
    report("event loop late", idle_late, busy_late)
    report("key to painted row", idle_keys, busy_keys)


def while_exporting(packages: int) -> None:
    """The app on a large catalogue, next to a real export of it."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder, "catalogue.sqlite3"))
        fill(url, packages)
        engine = open_engine(parse_url(url))
        with engine.connect() as connection:
            first, second = (row.name for row in search_packages(connection, EVERYTHING).rows[:2])
        engine.dispose()
        environment = {
            **os.environ,
            "TGTUI_DATA_DIR": folder,
            "TGTUI_WORKER_ENABLED": "false",
            "TGTUI_BENCHMARK_LATE": f"{folder}/late",
        }
        command = [sys.executable, "-m", "benchmarks.responsiveness_app"]
        with Terminal(command, environment) as terminal:
            terminal.wait_for(second)
            for _ in range(2):
                terminal.send(DOWN)
                time.sleep(1)
            take_late(folder)
            idle_keys, idle_late = presses(terminal, 60, first, second), take_late(folder)
            started = time.perf_counter()
            export = subprocess.Popen(
                [sys.executable, "-m", "tgtui", "analytics", "export", "--quiet"], env=environment
            )
            busy_keys = []
            while export.poll() is None:
                busy_keys += presses(terminal, 10, first, second)
            busy_late = take_late(folder)
            took = time.perf_counter() - started
    assert export.returncode == 0
    print(f"{packages:,} packages were exported in {took:.0f} s meanwhile")
    report("event loop late", idle_late, busy_late)
    report("key to painted row", idle_keys, busy_keys)


def presses(
    terminal: Terminal, count: int, first: str = FIRST, second: str = SECOND
) -> list[float]:
    """Seconds from key to row, down and up in turn."""
    times = []
    for number in range(count):
        key, row = (DOWN, second) if number % 2 == 0 else (UP, first)
        terminal.send(key)
        times.append(terminal.wait_for(row))
        time.sleep(PAUSE_S)
    return times


def presses_until_done(terminal: Terminal, environment: dict[str, str]) -> Iterator[float]:
    """As long as the worker has something to do."""
    while pending(environment):
        yield from presses(terminal, 20)


def settle(environment: dict[str, str]) -> None:
    """Wait until what a new catalogue starts with has been tried."""
    while pending(environment):
        time.sleep(0.5)


def pending(environment: dict[str, str]) -> bool:
    """Whether requests are queued or being worked on."""
    counts = json.loads(tgtui(environment, "db", "status", "--json"))["counts"]
    return any(counts.get(f"requests {state}", 0) for state in ("pending", "fetching"))


def tgtui(environment: dict[str, str], *words: str) -> str:
    """What a command printed."""
    command = [sys.executable, "-m", "tgtui", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def take_late(folder: str) -> list[float]:
    """What the app noted since the last call."""
    file = Path(folder, "late")
    late = [float(line) for line in file.read_text().split()]
    file.write_text("")
    return late


def report(name: str, idle: list[float], busy: list[float]) -> None:
    """Median, p99 and longest in milliseconds, with the ratio to idle."""
    for label, times in (("idle", idle), ("busy", busy)):
        ordered = sorted(times)
        p99 = ordered[int(len(ordered) * 0.99)]
        print(
            f"{name:20} {label}  median {statistics.median(ordered) * 1000:6.1f} ms"
            f"  p99 {p99 * 1000:6.1f} ms  longest {ordered[-1] * 1000:6.1f} ms  ({len(ordered)})"
        )
    ratio = statistics.median(busy) / statistics.median(idle)
    print(f"{name:20} busy / idle at the median: {ratio:.2f}")


async def note_lateness(file: Path) -> None:
    """For the app: append how late each tick came, in seconds."""
    with file.open("a", buffering=1) as notes:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK_S)
            notes.write(f"{max(time.perf_counter() - before - TICK_S, 0):.5f}\n")


if __name__ == "__main__":
    main()
