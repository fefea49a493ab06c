"""How long a claim takes: in a queue that is nearly empty, and in long ones."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection

from benchmarks.queue import filling
from benchmarks.queue.servers import catalogue, opened
from tests.support.postgres import Databases
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.registries.base import Lane
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.settling import Ending

NPM = Lane("npm", "http://127.0.0.1:9")
BATCH = Settings().worker.concurrency
WARM_UP = 20


def claim(connection: Connection) -> list[Claim]:
    """As many as an idle worker takes."""
    return queue.claim_requests(
        connection,
        worker="benchmark:0:0",
        lane=NPM,
        limit=BATCH,
        lease_seconds=30,
        max_attempts=5,
    )


def report(databases: Databases, *, pending: int, waiting: int, finished: int, claims: int) -> None:
    """p50 and p95 on both databases as ratios to the nearly empty queue."""
    stages: list[tuple[str, Callable[[Database], None]]] = [
        ("nearly empty", lambda database: None),
        (f"{waiting:,} wait for a retry", lambda d: filling.add_waiting(d, waiting)),
        (f"... {pending:,} pending", lambda d: filling.add_requests(d, pending)),
        (f"... {finished:,} finished", lambda d: filling.add_finished(d, finished)),
    ]
    print(f"\nA claim of {BATCH} requests, whole transaction (aim: at most 2 x)")
    print(f"  {'':34}{'p50 ms':>9}{'p95 ms':>9}{'p50':>9}{'p95':>9}")
    for name, server in (("SQLite", None), ("PostgreSQL", databases)):
        print(f"  {name}")
        with catalogue(server) as url, opened(url) as database:
            filling.add_packages(database)
            floor: tuple[float, float] | None = None
            for stage, fill in stages:
                fill(database)
                filling.settle_statistics(database)
                p50, p95 = measure(database, claims)
                floor = floor or (p50, p95)
                print(
                    f"    {stage:32}{p50 * 1e3:9.2f}{p95 * 1e3:9.2f}"
                    f"{p50 / floor[0]:7.2f} x{p95 / floor[1]:7.2f} x",
                    flush=True,
                )


def measure(database: Database, claims: int) -> tuple[float, float]:
    """Median and 95th percentile; what is claimed is completed, and as much is asked for anew, off the clock."""
    package_id = database.read_now(filling.package_ids)[0]
    times = []
    for number in range(WARM_UP + claims):
        filling.add_requests(database, BATCH)
        start = time.perf_counter()
        claimed = database.write_now(claim)
        if number >= WARM_UP:
            times.append(time.perf_counter() - start)
        assert len(claimed) == BATCH
        database.write_now(complete, claimed, package_id)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def complete(connection: Connection, claimed: list[Claim], package_id: UUID) -> None:
    for one in claimed:
        queue.end(connection, one, Ending("completed", package_id))
