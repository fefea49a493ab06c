"""One run: a registry, a catalogue with its audit, programs that work on it, and the proof at the end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg

from tests.chaos import audit, verdict, whole
from tests.chaos.closure import Closure
from tests.chaos.disk import Disk
from tests.chaos.flaky import FlakyRegistry
from tests.chaos.processes import Program
from tests.chaos.queue import LONG_AGO, Queue
from tests.chaos.stores import PostgresStore, Store
from tests.support.databases import migrate
from tests.support.isolation import FOREIGN_SETTINGS, HOME_FOLDERS
from tests.support.postgres import PostgresServer
from tgtui.data.requests import asking
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

PATIENCE_S = 180.0
"""After so long a state that must come counts as never coming."""
LOOK_S = 0.05
"""Between looks at the database, unless a program says something sooner."""
LONG_HANG_S = 40.0
"""Longer than programs wait for a silent registry."""
SHORT_HANG_S = 1.0
STOP_S = 30.0
"""Within this time a program that is asked to stop must have ended; a loaded machine is slow."""
TERMINATED = 143
"""Exit code of a program that SIGTERM ended: 128 and its number."""
JITTER_S = 0.15
"""A strike comes up to so long after the state it waited for: about the time a few packages take."""
NEVER_SAID = ("Traceback", "level=error", "database is locked", "Unexpected error")
"""By no program, whatever is broken."""
LEASE_S = 5
SETTINGS = {
    "WORKER_LEASE_SECONDS": str(LEASE_S),
    "WORKER_CONCURRENCY": "4",
    "LIMITS_REQUESTS_PER_HOUR": "100000",
}


class NeverHappened(Exception):
    """A state that must come did not."""


class Arena:
    """Use it as a context manager: leaving it ends every program."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        seed: int,
        packages: int,
        workers: int,
        is_patient: bool,
        server: PostgresServer | None = None,
        disk: Disk | None = None,
    ) -> None:
        """`workers` at once; `is_patient` where a registry may hang, and a lease run out, for as long as they do.

        `server` may be halted, `disk` filled.
        """
        self.store = store
        self.queue = Queue(store)
        self.size = workers
        self.is_patient = is_patient
        self.server = server
        self.disk = disk
        self.folder = folder
        self.data_folder = disk.folder if disk else folder
        """Of the programs' own files."""
        self.seed = seed
        self.random = Random(seed)
        self.closure = Closure(Random(seed), packages)
        self.registry = FlakyRegistry(str(seed), LONG_HANG_S if is_patient else SHORT_HANG_S)
        self.programs: list[Program] = []
        self.workers: list[Program] = []
        """Those that must be at work; by slot."""
        self.may_not_start = False
        """Whether a worker may end before it has begun, because what it stands on is broken: it is started again."""
        self.problems: list[str] = []
        self.figures: Counter[str] = Counter()
        self.never_said: tuple[str, ...] = NEVER_SAID
        self._logins: set[str] = set()
        self._came = threading.Condition()

    def __enter__(self) -> Self:
        self.closure.publish(self.registry)
        self.registry.__enter__()
        migrate(self.store.url())
        # A catalogue with a tag is not filled with popular packages.
        id = uuid4()
        self.store.change(
            "INSERT INTO tags (id, name, slug, created_at, updated_at) VALUES (?, 'C', 'c', ?, ?)",
            id if self.store.kind == "postgresql" else id.bytes,
            LONG_AGO,
            LONG_AGO,
        )
        audit.install(self.store)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in self.programs:
            program.close()
        self.registry.stop()

    def environment(self, slot: int | None = None) -> dict[str, str]:
        """Of a program. `slot` tells those apart that run at once."""
        kept = {k: v for k, v in os.environ.items() if not FOREIGN_SETTINGS.match(k)}
        home = {name: str(self.folder / "home" / sub) for name, sub in HOME_FOLDERS.items()}
        own = {
            "DATABASE_URL": self.store.url(slot),
            "DATA_DIR": str(self.data_folder),
            "NPM_REGISTRY": self.registry.url,
            "PYPI_INDEX": f"{self.registry.url}/simple/",
            **SETTINGS,
        }
        return {**kept, **home, **{f"TGTUI_{name}": value for name, value in own.items()}}

    def start(self, *args: str, slot: int | None = None, on_terminal: bool = False) -> Program:
        """`tgtui ARGS...`"""
        if isinstance(self.store, PostgresStore) and slot is not None and self.store.has_logins:
            self._logins.add(self.store.login(slot))
        log = self.folder / f"{len(self.programs):03}-{args[0] if args else 'app'}.log"
        program = Program(
            list(args), self.environment(slot), log, self._tell, on_terminal=on_terminal
        )
        self.programs.append(program)
        return program

    def start_workers(self, number: int | None = None) -> None:
        """As many as are missing to that number, or to all."""
        for slot in range(len(self.workers), number or self.size):
            self.workers.append(self.start("worker", slot=slot))

    def kill_worker(self, slot: int) -> None:
        """And start another in its place."""
        self.workers[slot].kill()
        self.workers[slot] = self.start("worker", slot=slot)

    def stop_workers(self) -> None:
        """SIGTERM to all of them."""
        workers, self.workers = self.workers, []
        self.stop(*workers)

    def ask(self, *names: str, force: bool = False) -> None:
        """Somebody asks for packages."""
        self.closure.asked.update(names)
        database = Database(open_engine(parse_url(self.store.url())))
        for name in names:
            database.write_now(asking.ask, "npm", name, account_id=None, force=force)
        database.close()

    def expect_exit(self, program: Program, code: int = 0) -> None:
        """It ends by itself, and keeps nothing."""
        self.until(f"the end of {program.args}", lambda: not program.is_running)
        if program.process.wait() != code:
            said = " | ".join(program.lines[-3:])
            self.problems.append(f"{program.args} ended with {program.process.returncode}: {said}")
        if self.queue.held_by(program):
            self.problems.append(f"{program.log.name} kept a claim when it ended")

    def until(self, what: str, is_so: Callable[[], bool], patience: float = PATIENCE_S) -> None:
        """NeverHappened where it does not come. Requests that wait for their next try are made due meanwhile."""
        if not self.wait(is_so, patience):
            raise NeverHappened(f"{what} did not come within {patience:.0f} s")

    def wait(self, is_so: Callable[[], bool], patience: float) -> bool:
        """Whether it came; looks whenever a program says something, and now and then."""
        deadline = time.monotonic() + patience
        while not self._look(is_so):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._came:
                self._came.wait(min(LOOK_S, left))
        return True

    def moment(self, longest: float = JITTER_S) -> None:
        """Let a random time pass."""
        self.wait(lambda: False, self.random.uniform(0, longest))

    def strikes(self, rounds: int) -> Iterator[int]:
        """Comes back this many times, at random moments spread over the work."""
        total = len({name for name, _version in self.closure.loaded()})
        for strike in range(rounds):
            goal = total * (strike + self.random.random()) / (rounds + 1)
            self.until(
                f"{goal:.0f} of {total} packages",
                lambda goal=goal: self.queue.completed() >= goal or self.queue.is_settled(),  # type: ignore[misc]
            )
            self.moment()
            yield strike

    def stop(self, *programs: Program) -> None:
        """SIGTERM to all at once, which must end each in order within seconds."""
        # Before it has begun nothing has to be put in order, and the signal ends it as it ends any program.
        begun = [program.has_said("started") for program in programs]
        for program in programs:
            program.terminate()
        for program, has_begun in zip(programs, begun, strict=True):
            try:
                code = program.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.problems.append(f"{program.log.name} did not stop when asked to")
                program.kill()
                continue
            allowed = (0,) if has_begun else (0, -signal.SIGTERM, TERMINATED)
            if code not in allowed:
                self.problems.append(f"{program.log.name} ended with {code} when asked to stop")

    def finish(self) -> None:
        """No more faults: the workers that are there do what is left."""
        self.registry.heal()
        if isinstance(self.store, PostgresStore):
            self.store.port = None
        self.may_not_start = False
        self.start_workers(1)
        self.until("the end of the queue", self.queue.is_settled)
        self.stop_workers()

    def check(self) -> None:
        """The proof: what is wrong goes to `problems`. Programs that still run are ended first."""
        for program in self.programs:
            program.close()
        found = verdict.judge(audit.read(self.store), frozenset(self._logins))
        self.figures += found.figures
        self.problems += found.problems
        self.problems += whole.differences(self.store, self.closure)
        self.problems += self.store.damage()
        for program in self.programs:
            for line in program.lines:
                if any(text in line for text in self.never_said):
                    self.problems.append(f"{program.log.name}: {line[:300]}")
                    break

    def _look(self, is_so: Callable[[], bool]) -> bool:
        """A database that is away for a moment has nothing to say."""
        self._look_after_workers()
        self.registry.release_old()
        try:
            self.queue.make_due()
            return is_so()
        except (psycopg.OperationalError, sqlite3.OperationalError):
            return False

    def _look_after_workers(self) -> None:
        for slot, worker in enumerate(self.workers):
            if worker.is_running:
                continue
            if not self.may_not_start or worker.has_said("started"):
                raise NeverHappened(f"{worker.log.name} ended by itself: {worker.lines[-1:]}")
            self.figures["workers that could not start"] += 1
            self.workers[slot] = self.start("worker", slot=slot)

    def _tell(self) -> None:
        with self._came:
            self._came.notify_all()
