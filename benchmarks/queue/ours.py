"""tgtui's worker as `tgtui worker` runs it, whose jobs have nothing to do."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from benchmarks.queue import filling
from benchmarks.queue.processes import Job, Shift, clocked
from benchmarks.queue.servers import opened
from tgtui.basics.settings import NpmSettings, Settings
from tgtui.data.storage.database import Database
from tgtui.registries.adapters import Registries
from tgtui.registries.registration import RegistryOptions
from tgtui.worker.events import Activity
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.settling import Ending
from tgtui.worker.runner import Worker


def _nothing_to_do(
    database: Database, finishing: Finishing, done: list[UUID]
) -> Callable[[Claim], Awaitable[None]]:
    """In place of fetching and storing: the request ends as that for a package that is fresh does."""
    packages = database.read_now(filling.package_ids)

    async def work_on(claim: Claim) -> None:
        package_id = packages[claim.request_id.int % len(packages)]
        await finishing.finish(claim, Ending("completed", package_id))
        done.append(claim.request_id)

    return work_on


def work(job: Job) -> Shift:
    """A worker's process until the queue is empty or its time is over."""
    defaults = Settings()
    settings = msgspec.structs.replace(
        defaults, worker=msgspec.structs.replace(defaults.worker, concurrency=job.at_once)
    )
    with opened(job.url) as database, tempfile.TemporaryDirectory() as folder:
        registries = Registries(
            RegistryOptions(
                cache_folder=Path(folder), npm=NpmSettings(registry="http://127.0.0.1:9")
            )
        )
        worker: Any = Worker(database, registries, Activity(), settings)
        done: list[UUID] = []
        jobs = worker._jobs
        jobs._ingest.work_on = _nothing_to_do(database, jobs._finishing, done)
        with clocked() as shift:
            asyncio.run(_until(worker, job.seconds, shift))
        shift.done = done
    return shift


async def _until(worker: Worker, seconds: float, shift: Shift) -> None:
    log = logging.getLogger("tgtui")
    log.addHandler(_Kept(shift.warnings))
    log.propagate = False
    asyncio.get_running_loop().call_later(seconds, worker.stop)
    await worker.run(until_empty=True)


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
