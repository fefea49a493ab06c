"""How long a look at the queue takes when PostgreSQL has not cleaned up what is done: autovacuum is off, or can't."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from benchmarks.queue import filling
from benchmarks.queue.claims import BATCH, NPM, WARM_UP
from benchmarks.queue.servers import catalogue, opened
from tests.support.postgres import Databases
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.database import Database
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.claims import ANY_PRIORITY
from tgtui.worker.queue.heads import Heads
from tgtui.worker.queue.settling import Ending, settle
from tgtui.worker.queue.taking import Taken, Terms, take_due
from tgtui.worker.queue.turns import Suspects

AT_ONCE = 500
"""Requests that are claimed and completed together, off the clock."""
HISTORY = 5_000
"""Finished before, with statistics: PostgreSQL does not take the table for an empty one."""
LEASE_S = 1.0
"""So short that leases of what is done have run out when they are looked for."""
TERMS = Terms("benchmark:0:0", "benchmark", LEASE_S, 5, ANY_PRIORITY)
NO_VACUUM = "ALTER TABLE package_requests SET (autovacuum_enabled = off)"


def report(databases: Databases, *, completions: tuple[int, ...], looks: int) -> None:
    """p50 and p95 of a look that claims, as ratios to the time at the start."""
    print(f"\nA look that claims {BATCH} requests, autovacuum off, PostgreSQL")
    print("  (aim: flat; at most 2 x with a snapshot that another session holds)")
    print(f"  {'':34}{'p50 ms':>9}{'p95 ms':>9}{'p50':>9}{'p95':>9}")
    for is_held in (False, True):
        with catalogue(databases) as url, opened(url) as database:
            filling.add_packages(database)
            filling.add_finished(database, HISTORY)
            filling.settle_statistics(database)
            database.write_now(lambda connection: connection.execute(text(NO_VACUUM)))
            worker = Looking(database)
            worker.work(WARM_UP)
            floor = worker.measure(looks)
            tell("at the start", floor, floor)
            with snapshot(database) if is_held else nothing():
                done = 0
                for count in completions:
                    worker.complete_many(count - done)
                    done = count
                    name = f"{count:,} completed" + (", snapshot held" if is_held else "")
                    tell(name, worker.measure(looks), floor)


class Looking:
    """A worker that looks at the queue as `Worker` does with nothing at work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heads = Heads()
        self._package_id = database.read_now(filling.package_ids)[0]

    def look(self, room: int) -> Taken:
        return self._database.write_now(
            take_due,
            {NPM: room},
            TERMS,
            lanes=[NPM],
            suspects=Suspects.FIRST,
            heads=self._heads,
        )

    def complete(self, claims: tuple[Claim, ...]) -> None:
        ending = Ending("completed", self._package_id)
        self._database.write_now(settle, dict.fromkeys(claims, ending))

    def complete_many(self, count: int) -> None:
        for rows in filling.slices(count, {}):
            self._database.write_now(bulk_insert, filling.requests, rows)
        for start in range(0, count, AT_ONCE):
            self.complete(self.look(min(AT_ONCE, count - start)).claims)

    def work(self, looks: int) -> list[float]:
        """Seconds of each look. What it takes is asked for just before, and completed after."""
        times = []
        for _ in range(looks):
            filling.add_requests(self._database, BATCH)
            start = time.perf_counter()
            taken = self.look(BATCH)
            times.append(time.perf_counter() - start)
            assert len(taken.claims) == BATCH
            self.complete(taken.claims)
        return times

    def measure(self, looks: int) -> tuple[float, float]:
        times = self.work(looks)
        return statistics.median(times), statistics.quantiles(times, n=20)[-1]


@contextmanager
def snapshot(database: Database) -> Iterator[None]:
    """Another session reads in one long transaction, as a dump does: what it could see stays."""
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
        reader.execute(text("SET idle_in_transaction_session_timeout = 0"))
        reader.execute(text("SELECT count(*) FROM package_requests"))
        yield


@contextmanager
def nothing() -> Iterator[None]:
    """No such session."""
    yield


def tell(name: str, found: tuple[float, float], floor: tuple[float, float]) -> None:
    (p50, p95), (floor50, floor95) = found, floor
    print(
        f"    {name:32}{p50 * 1e3:9.2f}{p95 * 1e3:9.2f}{p50 / floor50:7.2f} x{p95 / floor95:7.2f} x",
        flush=True,
    )
