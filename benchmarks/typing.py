"""Key press to new rows on the screen, in a real pseudo-terminal.

    python -m benchmarks.typing FILE [--presses 120]

FILE is a SQLite catalogue that `benchmarks.search --folder` made. A letter is typed into the empty search box and
the clock stops when the best known package that begins with it is written to the terminal; then the letter is
taken back until the whole list is there again. The floor is the same on the smallest catalogue there is.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.catalogue.filling import fill
from benchmarks.search import percentiles
from benchmarks.terminal import Terminal
from tgtui.basics.files.paths import sqlite_url

KEYS = {"k": "koa", "h": "hono", "j": "jest", "l": "lodash", "t": "typescript", "e": "express"}
"""A letter and a package of the first rows that it brings."""
FLOOR = 120
"""Packages of the small catalogue."""
BACKSPACE = "\x7f"
PAUSE_S = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--presses", type=int, default=120)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small.sqlite3")
        fill(sqlite_url(small), FLOOR)
        floor, found = (presses(file, given.presses, folder) for file in (small, given.file))
    for name, times in (("floor", floor), ("catalogue", found)):
        p50, p95, p99 = percentiles(times)
        print(f"{name:10} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f} ms  ({len(times)})")
    print(f"p95 {percentiles(found)[1] / percentiles(floor)[1]:.2f} x the floor")


def presses(file: Path, count: int, folder: str) -> list[float]:
    """Milliseconds from each letter to its rows."""
    environment = {
        **os.environ,
        "TGTUI_DATABASE_URL": sqlite_url(file.absolute()),
        "TGTUI_DATA_DIR": folder,
        "TGTUI_WORKER_ENABLED": "false",
    }
    times = []
    with Terminal([sys.executable, "-m", "tgtui"], environment) as terminal:
        terminal.wait_for("packages")
        time.sleep(3)
        for number in range(count):
            letter, name = list(KEYS.items())[number % len(KEYS)]
            terminal.send(letter)
            times.append(terminal.wait_for(name) * 1000)
            time.sleep(PAUSE_S)
            terminal.send(BACKSPACE)
            terminal.wait_for("react")
            time.sleep(PAUSE_S)
    return times


if __name__ == "__main__":
    main()
