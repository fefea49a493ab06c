"""Many workers on one queue: no contention collapse, nothing done twice, nothing left."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks.queue import filling, ours, processes
from benchmarks.queue.processes import Job, Shift
from benchmarks.queue.servers import catalogue, opened
from benchmarks.queue.throughput import fill_own
from tests.support.postgres import Databases
from tgtui.data.storage.database import Database

NO_LIMIT_S = 3_600.0


def report(
    databases: Databases, *, requests: int, workers: int, sqlite: int, at_once: int, seconds: float
) -> None:
    """PostgreSQL with `workers`, one SQLite file with `sqlite` of them, each next to one worker."""
    for name, server, count in (("PostgreSQL", databases, workers), ("SQLite", None, sqlite)):
        size = requests if server else requests // 5
        with catalogue(server) as url:
            fill_own(url, size)
            alone = processes.run(ours.work, Job(url, at_once, seconds), 1)
        with catalogue(server) as url:
            fill_own(url, size)
            shifts = processes.run(ours.work, Job(url, at_once, NO_LIMIT_S), count)
            print(f"\n{size:,} requests shared by {count} worker processes, {name}")
            with opened(url) as database:
                tell(database, alone, shifts, size)


def tell(database: Database, alone: list[Shift], shifts: list[Shift], size: int) -> None:
    """Throughput, shares, and what went wrong; SystemExit if a request was not done exactly once."""
    done = [request for shift in shifts for request in shift.done]
    rate = len(done) / processes.seconds(shifts)
    rate_alone = len(alone[0].done) / processes.seconds(alone)
    shares = sorted(len(shift.done) / size for shift in shifts)
    warnings = [line for shift in shifts for line in shift.warnings]
    print(f"  requests/s, all together        {rate:9.0f}  {rate / rate_alone:5.2f} x one worker")
    print(f"  share of a worker, least, most  {shares[0]:9.1%}  {shares[-1]:5.1%}")
    print(f"  deadlocks the server saw        {deadlocks(database):>9}")
    print(
        f"  warnings in the workers' logs   {len(warnings):>9}  {'; '.join(sorted(set(warnings)))}"
    )
    row = filling.requests.c
    attempts = database.read_now(lambda s: s.scalar(select(func.max(row.attempt_count))))
    statuses = filling.count_by_status(database)
    once = len(done) == len(set(done)) == size and statuses == {"completed": size}
    print(f"  each done exactly once          {'yes' if once and attempts == 1 else 'NO':>9}")
    if not once or attempts != 1:
        raise SystemExit(
            f"done {len(done)}, of them different {len(set(done))}, {statuses}, {attempts=}"
        )


def deadlocks(database: Database) -> str:
    """Since the database was made; SQLite knows none."""
    if database.is_sqlite:
        return "-"
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    count = database.read_now(lambda connection: connection.exec_driver_sql(query).scalar_one())
    return str(count)
