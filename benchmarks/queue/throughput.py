"""Jobs a second, claimed and completed, next to procrastinate and pgqueuer."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import create_engine

from benchmarks.queue import filling, ours, peers, processes
from benchmarks.queue.processes import Job, Work
from benchmarks.queue.servers import catalogue, opened
from tests.support.postgres import Databases

OWN = "tgtui"


@dataclass(frozen=True, slots=True)
class Contender:
    """A queue."""

    name: str
    fill: Callable[[str, int], None]
    work: Work
    done: str
    """How many jobs are finished, as SQL."""
    share: float = 1.0
    """Of the jobs that are filled in: what would take too long to fill and is never reached."""


def fill_own(url: str, count: int) -> None:
    """A catalogue whose queue holds this many requests."""
    with opened(url) as database:
        filling.add_packages(database)
        filling.add_requests(database, count)
        filling.settle_statistics(database)


OWN_DONE = "SELECT count(*) FROM package_requests WHERE status = 'completed'"
CONTENDERS = (
    Contender(OWN, fill_own, ours.work, OWN_DONE),
    Contender("pgqueuer", peers.fill_pgqueuer, peers.work_pgqueuer, peers.PGQUEUER_DONE),
    Contender(
        "procrastinate",
        peers.fill_procrastinate,
        peers.work_procrastinate,
        peers.PROCRASTINATE_DONE,
        share=0.3,
    ),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured."""

    requests: int
    seconds: float
    rounds: int
    workers: tuple[int, ...]
    at_once: tuple[int, ...]


def report(databases: Databases, plan: Plan) -> None:
    """A block for each number of jobs at once and of workers; the contenders take turns."""
    print("\nClaim and complete, jobs that do nothing; a worker is a process")
    print(f"  {'':34}{'jobs/s':>9}{'tgtui / it':>12}{'client us/job':>15}")
    for at_once in plan.at_once:
        for workers in plan.workers:
            found: dict[str, list[tuple[float, float]]] = {}
            for _ in range(plan.rounds):
                for contender in CONTENDERS:
                    run = measure(databases, contender, plan, at_once, workers)
                    found.setdefault(contender.name, []).append(run)
                run = measure(None, CONTENDERS[0], plan, at_once, workers)
                found.setdefault("tgtui, SQLite", []).append(run)
            own = statistics.median(rate for rate, _cpu in found[OWN])
            print(f"  {workers} {'worker' if workers == 1 else 'workers'}, {at_once} jobs at once")
            for name, runs in found.items():
                rate = statistics.median(rate for rate, _cpu in runs)
                cpu = statistics.median(cpu for _rate, cpu in runs)
                print(f"    {name:32}{rate:9.0f}{own / rate:12.2f}{cpu * 1e6:15.0f}", flush=True)


def measure(
    databases: Databases | None, contender: Contender, plan: Plan, at_once: int, workers: int
) -> tuple[float, float]:
    """Jobs a second, and seconds of the workers' processors for a job."""
    count = int(plan.requests * contender.share)
    with own_or_bare(databases, contender) as url:
        contender.fill(url, count)
        shifts = processes.run(contender.work, Job(url, at_once, plan.seconds), workers)
        done = finished(url, contender.done)
    return done / processes.seconds(shifts), sum(shift.cpu_s for shift in shifts) / done


def own_or_bare(databases: Databases | None, contender: Contender) -> AbstractContextManager[str]:
    """A catalogue for ours, an empty database for a peer."""
    if databases is None or contender.name == OWN:
        return catalogue(databases)
    return databases.fresh()


def finished(url: str, query: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        count: int = connection.exec_driver_sql(query).scalar_one()
    engine.dispose()
    return count
