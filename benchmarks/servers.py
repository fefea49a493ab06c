"""A PostgreSQL for benchmarks where none is given: the tests' one, with the memory that a team's server has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import postgres

MEMORY = {
    "shared_buffers": "1GB",
    "work_mem": "32MB",
    "effective_cache_size": "3GB",
    "random_page_cost": "1.1",
    "autovacuum": "on",
    "max_wal_size": "8GB",
}


@contextmanager
def server(given: str | None = None) -> Iterator[postgres.Databases]:
    """Makes and drops databases on the server whose URL is `given`, else on one that lives as long."""
    postgres.SPEED.update(MEMORY)
    if given:
        import os

        os.environ[postgres.SERVER_SETTING] = given
    running = postgres.PostgresServer.create()
    try:
        with postgres.Databases(running) as databases:
            yield databases
    finally:
        running.stop()
