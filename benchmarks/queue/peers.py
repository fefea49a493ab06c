"""procrastinate and pgqueuer: their own workers with jobs that do nothing, as their manuals run them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from benchmarks.queue.processes import Job, Shift, clocked
from benchmarks.queue.servers import plain

TASK = "nothing"
CONNECTIONS = 9
"""Of one worker of procrastinate: as many as one of tgtui may open."""


def procrastinate_app(url: str) -> Any:
    """With psycopg and a pool, as its manual advises."""
    import procrastinate

    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    connector = procrastinate.PsycopgConnector(conninfo=plain(url), max_size=CONNECTIONS)
    app = procrastinate.App(connector=connector)

    app.task(name=TASK)(_nothing)
    return app


def fill_procrastinate(url: str, count: int) -> None:
    """Its tables, and this many jobs."""

    async def fill() -> None:
        app = procrastinate_app(url)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            for start in range(0, count, 5_000):
                jobs: list[dict[str, str]] = [{}] * min(5_000, count - start)
                await app.configure_task(TASK).batch_defer_async(*jobs)
        await _settle_statistics(url, "procrastinate_jobs")

    asyncio.run(fill())


def work_procrastinate(job: Job) -> Shift:
    """Fetches a job at a time, runs `at_once` of them, keeps what is finished: its defaults but for concurrency."""

    async def work() -> Shift:
        app = procrastinate_app(job.url)
        async with app.open_async():
            with clocked() as shift:
                working = asyncio.ensure_future(
                    app.run_worker_async(
                        concurrency=job.at_once, wait=False, install_signal_handlers=False
                    )
                )
                asyncio.get_running_loop().call_later(job.seconds, working.cancel)
                with contextlib.suppress(asyncio.CancelledError):
                    await working
        return shift

    return asyncio.run(work())


PROCRASTINATE_DONE = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"


def fill_pgqueuer(url: str, count: int) -> None:
    """Its tables, and this many jobs."""

    async def fill() -> None:
        import asyncpg
        from pgqueuer.db import AsyncpgDriver
        from pgqueuer.queries import Queries

        connection = await asyncpg.connect(dsn=plain(url))
        queries = Queries(AsyncpgDriver(connection))
        await queries.install()
        for start in range(0, count, 20_000):
            size = min(20_000, count - start)
            await queries.enqueue([TASK] * size, [None] * size, [0] * size)
        await connection.close()
        await _settle_statistics(url, "pgqueuer")

    asyncio.run(fill())


def work_pgqueuer(job: Job) -> Shift:
    """asyncpg and uvloop, the quickest of its drivers; `at_once` is its batch size, of claims and of completions."""
    import uvloop

    async def work() -> Shift:
        import asyncpg
        from pgqueuer import PgQueuer
        from pgqueuer.types import QueueExecutionMode

        connection = await asyncpg.connect(dsn=plain(job.url))
        queuer = PgQueuer.from_asyncpg_connection(connection)

        queuer.entrypoint(TASK)(_nothing_of)
        with clocked() as shift:
            asyncio.get_running_loop().call_later(job.seconds, queuer.shutdown.set)
            await queuer.run(batch_size=job.at_once, mode=QueueExecutionMode.drain)
        await connection.close()
        return shift

    shift: Shift = uvloop.run(work())
    return shift


PGQUEUER_DONE = "SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'"


async def _settle_statistics(url: str, table: str) -> None:
    import psycopg

    connection = await psycopg.AsyncConnection.connect(plain(url), autocommit=True)
    async with connection:
        await connection.execute(f"VACUUM ANALYZE {table}")
        await connection.execute("CHECKPOINT")


async def _nothing() -> None:
    pass


async def _nothing_of(job: object) -> None:
    pass
