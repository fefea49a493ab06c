"""Start to first paint, next to a hello-world Textual app.

    python -m benchmarks.start [--runs 10]

Each program starts in a pseudo-terminal in turn; the clock stops when its own text is written to it. tgtui
is measured on an empty data folder (it makes, migrates and fills the catalogue after the first paint) and on
one it has opened before; once more until the list shows its first package.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable

from benchmarks.terminal import Terminal

HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("Hello, terminal")

Hello().run()
"""
PAINTED = "TechGarden"
FIRST_PACKAGE = "typescript"


def seconds_until(text: str, command: list[str], folder: str) -> float:
    """From the start of the process until it wrote `text`."""
    environment = {
        **os.environ,
        "TGTUI_DATA_DIR": folder,
        "TGTUI_NPM_REGISTRY": "http://127.0.0.1:9",
    }
    with Terminal([sys.executable, *command], environment) as terminal:
        return terminal.wait_for(text)


def main() -> None:
    """Print medians and the ratios to hello world."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    app = ["-m", "tgtui"]
    with tempfile.TemporaryDirectory() as kept:
        seconds_until(FIRST_PACKAGE, app, kept)
        contenders: dict[str, Callable[[], float]] = {
            "hello world": lambda: seconds_until("Hello, terminal", ["-c", HELLO], kept),
            "tgtui, first paint": lambda: seconds_until(PAINTED, app, kept),
            "tgtui, first start": lambda: in_new_folder(PAINTED, app),
            "tgtui, packages shown": lambda: seconds_until(FIRST_PACKAGE, app, kept),
            "tgtui, first start, packages shown": lambda: in_new_folder(FIRST_PACKAGE, app),
        }
        found: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(runs):
            for name, run in contenders.items():
                found[name].append(run())
    floor = statistics.median(found["hello world"])
    for name, times in found.items():
        median = statistics.median(times)
        print(f"{name:36}{median * 1000:7.0f} ms  {median / floor:5.2f} x hello world")


def in_new_folder(text: str, command: list[str]) -> float:
    """A first start."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds_until(text, command, folder)


if __name__ == "__main__":
    main()
