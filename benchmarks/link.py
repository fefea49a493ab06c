"""What the app costs a link and a processor: bytes, repainted cells, processor time, wake-ups, memory.

    python -m benchmarks.link [--beside CHECKOUT] [--rounds 300] [PART ...]

The real app runs in a pseudo-terminal of 120 x 36 over a catalogue of 2,000 made-up packages. The floor of a key is the
text that it changed on the screen, which an emulator (pyte) finds out. `--beside` measures another checkout in the same
way, before the one it is run from. Parts: idle keys screens queue unreachable slow memory.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogue.filling import fill
from benchmarks.terminal import HEIGHT, WIDTH, Terminal
from tests.support.emulator import Emulator, changed
from tests.support.fake_registry import FakeRegistry
from tgtui.basics.files.paths import sqlite_url

PACKAGES = 2_000
ROOT = Path(__file__).resolve().parent.parent
REST_S = 12.0
"""After the start, and before a measurement at rest."""
WATCH_S = 20.0
QUIET_S = 0.35
"""Nothing more comes for a key after this; a cursor that blinks writes every 0.5 s."""
OPENED_S = 1.5
"""The same for a screen; no cursor blinks there."""
SLOW = 2_000
"""Bytes a second of a slow link."""
QUEUED = 300
"""Packages of the queue that is watched."""
ROUND = ("/\x15", "\x1b[B", "\r", "\x1b", "d", "\x1b", "q", "\x1b")
"""Search, package, tree, requests, and back each time."""
STEP_S = 0.25
SCREENS = {
    "help": "?",
    "package": "\r",
    "tree": "d",
    "requests": "q",
    "tags": "T",
    "palette": "\x10",
}
ESCAPE = re.compile(rb"\x1b\[[<>=?]?[0-9;:]*\$?[A-Za-z]|\x1b[=>78]")


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has used so far."""

    seconds: float
    wakeups: int

    @classmethod
    def by(cls, pid: int) -> Used:
        """All of its threads that still live."""
        spent = wakeups = 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
            found = re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text())
            assert found
            wakeups += int(found[1])
        return cls(spent / 1e9, wakeups)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--rounds", type=int, default=300)
    given = parser.parse_args()
    parts: dict[str, Callable[[Path, Path], None]] = {
        "idle": idle,
        "keys": keys,
        "screens": screens,
        "queue": queue,
        "unreachable": unreachable,
        "slow": slow,
        "memory": lambda checkout, file: memory(checkout, file, given.rounds),
    }
    if unknown := set(given.parts) - parts.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; they are {' '.join(parts)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "full.sqlite3")
        fill(sqlite_url(file), PACKAGES)
        for checkout in filter(None, (given.beside, ROOT)):
            print(f"{checkout}" if given.beside else "", flush=True)
            for name in given.parts or parts:
                parts[name](checkout, file)


def idle(checkout: Path, file: Path) -> None:
    """Nothing is pressed: the cursor stands in the search line."""
    with app(checkout, file) as terminal:
        at_rest("idle search line", terminal)
        terminal.send("\x1b[B")
        at_rest("idle list", terminal)


def keys(checkout: Path, file: Path) -> None:
    """A letter in the search line, and j in the list."""
    with app(checkout, file) as terminal:
        screen = showing(terminal)
        pressed("letter", terminal, screen, list("react"))
        terminal.send("\x15\x1b[B")
        terminal.written(QUIET_S)
        screen = showing(terminal)
        pressed("j", terminal, screen, ["j"] * 20)
        pressed("k", terminal, screen, ["k"] * 10)
        pressed("page down", terminal, screen, ["\x1b[6~"] * 4)


def screens(checkout: Path, file: Path) -> None:
    """Each screen and dialog, opened from the list, and back."""
    with app(checkout, file) as terminal:
        terminal.send("\x1b[B")
        terminal.written(QUIET_S)
        screen = showing(terminal)
        for name, key in SCREENS.items():
            pressed(name, terminal, screen, [key], OPENED_S)
            pressed(f"{name}, back", terminal, screen, ["\x1b"], OPENED_S)


def queue(checkout: Path, file: Path) -> None:
    """The requests screen while the queue runs."""
    with FakeRegistry() as registry, tempfile.TemporaryDirectory() as folder:
        names = [f"queued-{number}" for number in range(QUEUED)]
        for name in names:
            registry.add_package(name, {"1.0.0": {"dependencies": {}}})
        environment = {"TGTUI_NPM_REGISTRY": registry.url, "TGTUI_DATA_DIR": folder}
        with app(checkout, None, environment) as terminal:
            terminal.send("\x1b[Bq")
            terminal.written(QUIET_S)
            asked = asking(checkout, {**environment, "TGTUI_WORKER_ENABLED": "false"}, names)
            before, started = Used.by(terminal.pid), time.perf_counter()
            terminal.send("")
            while asked.poll() is None or time.perf_counter() - terminal.last < 1.5:
                time.sleep(0.1)
            data, took = terminal.written(0), time.perf_counter() - started - 1.5
            after = Used.by(terminal.pid)
            if asked.wait():
                sys.exit(f"Nothing could be asked for: exit code {asked.returncode}")
            say("requests while the queue runs", data, seconds=took, used=(before, after))


def unreachable(checkout: Path, file: Path) -> None:
    """Requests wait for a registry that can't be reached."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"TGTUI_NPM_REGISTRY": "http://127.0.0.1:9", "TGTUI_DATA_DIR": folder}
        with app(checkout, None, environment) as terminal:
            names = [f"queued-{number}" for number in range(20)]
            asking(checkout, {**environment, "TGTUI_WORKER_ENABLED": "false"}, names).wait()
            at_rest("unreachable, search line", terminal)
            terminal.send("\x1b[Bq")
            at_rest("unreachable, requests", terminal)


def slow(checkout: Path, file: Path) -> None:
    """Letters on a link of 2 kB/s, until the line shows them."""
    for answers in (False, True):
        times = []
        with app(checkout, file, rate=SLOW, answers=answers) as terminal:
            for typed in ("r", "e", "a"):
                time.sleep(6)
                terminal.send(typed)
                times.append(terminal.wait_for(typed))
            time.sleep(6)
            terminal.send("c")
            time.sleep(0.3)
            terminal.send("q")
            times.append(terminal.wait_for("q"))
        shown = "  ".join(f"{seconds:5.2f}" for seconds in times)
        print(
            f"{'slow link' + ', answering' * answers:32} letters shown after {shown} s", flush=True
        )


def memory(checkout: Path, file: Path, rounds: int) -> None:
    """Search, package, tree, requests, again and again."""
    with app(checkout, file) as terminal:
        print(f"{'memory at the start':32} {resident(terminal):6.1f} MB", flush=True)
        for number in range(1, rounds + 1):
            for step in ROUND:
                terminal.send(step)
                terminal.written(STEP_S)
            if number in {10, 30, 60, 100, 200, rounds}:
                time.sleep(REST_S)
                size = resident(terminal)
                print(f"{f'memory after {number} rounds':32} {size:6.1f} MB", flush=True)


@contextmanager
def app(
    checkout: Path,
    file: Path | None,
    environment: dict[str, str] | None = None,
    *,
    rate: int = 0,
    answers: bool = False,
) -> Iterator[Terminal]:
    """The app of a checkout at rest; `file` None for a new catalogue with a worker."""
    with tempfile.TemporaryDirectory() as folder:
        given = {**os.environ, "TGTUI_DATA_DIR": folder, **(environment or {})}
        given |= {"PYTHONPATH": str(checkout), "TGTUI_CONFIG": os.devnull}
        if file is not None:
            given |= {"TGTUI_DATABASE_URL": sqlite_url(file), "TGTUI_WORKER_ENABLED": "false"}
        command = [sys.executable, "-P", "-m", "tgtui"]
        with Terminal(command, given, rate=rate, answers=answers) as terminal:
            terminal.wait_for("help")
            time.sleep(REST_S)
            yield terminal


def showing(terminal: Terminal) -> Emulator:
    """What a terminal shows now."""
    screen = Emulator(WIDTH, HEIGHT)
    screen.feed(terminal.everything.decode("utf-8", "replace"))
    return screen


def asking(
    checkout: Path, environment: dict[str, str], names: list[str]
) -> subprocess.Popen[bytes]:
    """Another program asks for packages."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tgtui", "ask", *(f"npm:{name}" for name in names)],
        env={**os.environ, **environment, "PYTHONPATH": str(checkout), "TGTUI_CONFIG": os.devnull},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def at_rest(name: str, terminal: Terminal) -> None:
    time.sleep(REST_S)
    before = Used.by(terminal.pid)
    data = terminal.during(WATCH_S)
    say(name, data, seconds=WATCH_S, used=(before, Used.by(terminal.pid)))


def pressed(
    name: str, terminal: Terminal, screen: Emulator, given: list[str], quiet_s: float = QUIET_S
) -> None:
    """The median of these keys."""
    found = []
    for key in given:
        terminal.send(key)
        terminal.wait_for("\x1b[")
        data = terminal.written(quiet_s)
        before = screen.cells()
        screen.feed(data.decode())
        found.append((len(data), cells(data), changed(before, screen.cells())))
    size, painted, floor = (statistics.median(column) for column in zip(*found, strict=True))
    ratio = f"{size / floor:5.1f} x the {floor:,.0f} bytes that changed" if floor else ""
    print(
        f"{name:32} {size:9,.0f} bytes  {painted / WIDTH / HEIGHT:6.2f} repaints  {ratio}",
        flush=True,
    )


def say(name: str, data: bytes, *, seconds: float, used: tuple[Used, Used]) -> None:
    before, after = used
    print(
        f"{name:32} {len(data) / seconds:9,.0f} bytes/s"
        f"  {cells(data) / WIDTH / HEIGHT / seconds:6.2f} repaints/s"
        f"  {(after.seconds - before.seconds) / seconds:6.2%} processor"
        f"  {(after.wakeups - before.wakeups) / seconds:6.1f} wake-ups/s  ({seconds:.0f} s)",
        flush=True,
    )


def cells(data: bytes) -> int:
    """How many characters were written."""
    return len(ESCAPE.sub(b"", data).decode("utf-8", "replace"))


def resident(terminal: Terminal) -> float:
    """Megabytes."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{terminal.pid}/status").read_text())
    if found is None:
        said = ESCAPE.sub(b" ", bytes(terminal.everything[-20_000:])).decode("utf-8", "replace")
        sys.exit(f"The app has ended: {said[-3_000:]}")
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
