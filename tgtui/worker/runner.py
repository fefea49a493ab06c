"""The worker: claims requests, works on several at once, keeps their leases alive, stops when asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from tgtui.data.database import Database
from tgtui.errors import DatabaseError, TgtuiError
from tgtui.registries import Registries
from tgtui.settings import Settings
from tgtui.worker import queue
from tgtui.worker.autoqueue import Bounds
from tgtui.worker.events import Activity
from tgtui.worker.ingest import Ingest, RememberedFailure
from tgtui.worker.outages import Outages
from tgtui.worker.processes import is_dead_here
from tgtui.worker.queue import Claim, LeaseLost
from tgtui.worker.retry import Verdict, judge
from tgtui.worker.storing import RemovedByAdmin, record_attempt

POLL_S = 1.0
"""Between looks at an empty queue; a hint of a change comes sooner."""
STOP_GRACE_S = 2.0
"""What is nearly done when a stop is asked for may finish within this time."""
RENEWALS_PER_LEASE = 3

log = logging.getLogger("tgtui.worker")


class Worker:
    """One worker of one program. `run` returns after `stop` was asked for, with nothing lost."""

    def __init__(
        self,
        database: Database,
        registries: Registries,
        activity: Activity,
        settings: Settings,
        *,
        max_priority: int | None = None,
    ) -> None:
        """`max_priority` leaves alone what is less urgent, None takes everything."""
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._database = database
        self._registries = registries
        self._activity = activity
        self._outages = Outages(activity)
        self._settings = settings.worker
        self._max_priority = max_priority
        self._ingest = Ingest(
            database,
            registries,
            activity,
            cooldown=timedelta(minutes=settings.limits.cooldown_minutes),
            lease_seconds=settings.worker.lease_seconds,
            max_attempts=settings.worker.max_attempts,
            bounds=Bounds(settings.worker.max_depth, settings.worker.max_packages),
            node_version=settings.npm.node_version,
            on_answer=self._outages.answered,
        )
        self._jobs: dict[asyncio.Task[None], Claim] = {}
        self._lost: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Ask for the end: no new claims, and `run` returns within a few seconds."""
        self._stopping.set()
        self._wake.set()

    async def run(self, *, until_empty: bool = False) -> None:
        """Work until stopped, or with `until_empty` until nothing is due and nothing is under way."""
        self._activity.is_running = True
        self._activity.changed()
        heartbeat = asyncio.create_task(self._keep_leases(), name="tgtui-heartbeat")
        try:
            await self._release_dead()
            while not self._stopping.is_set():
                # A job that ends while claims are looked for may queue more than they saw.
                was_busy = bool(self._jobs)
                may_be_more = await self._start_due()
                if until_empty and not may_be_more and not was_busy:
                    return
                await self._pause()
        finally:
            await self._drain()
            heartbeat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heartbeat
            self._activity.is_running = False
            self._activity.changed()

    async def _start_due(self) -> bool:
        """Claim what is due, as far as there is room; False when nothing was, for certain."""
        room = self._settings.concurrency - len(self._jobs)
        if room <= 0:
            return False
        try:
            claims = await self._database.write(
                queue.claim_requests,
                worker=self.name,
                registries=self._outages.reachable(self._registries.names),
                limit=room,
                lease_seconds=self._settings.lease_seconds,
                max_attempts=self._settings.max_attempts,
                max_priority=self._max_priority,
            )
        except DatabaseError as error:
            log.warning("no claim: %s", error)
            return True
        for claim in claims:
            job = asyncio.create_task(self._work(claim), name=f"{claim.registry}:{claim.name}")
            self._jobs[job] = claim
            job.add_done_callback(self._ended)
        return bool(claims)

    def _ended(self, job: asyncio.Task[None]) -> None:
        if not job.cancelled() and (error := job.exception()):
            log.error("%s ended; its lease runs out", job.get_name(), exc_info=error)
        self._activity.finished(self._jobs.pop(job).request_id)
        self._lost.discard(job)
        self._wake.set()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_S)
        self._wake.clear()

    async def _work(self, claim: Claim) -> None:
        """One request to its end, whatever it meets."""
        package = f"{claim.registry}:{claim.name}"
        try:
            await self._ingest.work_on(claim)
            log.info("completed %s", package)
        except LeaseLost:
            log.warning("lost the lease of %s; nothing was written", package)
        except RemovedByAdmin:
            message = f"{package} was removed by an admin; ask an admin to restore it."
            verdict = Verdict("removed_by_admin", message, None, costs_attempt=False)
            await self._settle(claim, verdict)
        except RememberedFailure as error:
            await self._settle(claim, Verdict(error.code, str(error), None, costs_attempt=False))
        except Exception as error:
            verdict = judge(error, claim.attempt, self._settings.max_attempts)
            if verdict.code == "internal" and not isinstance(error, TgtuiError):
                log.exception("%s failed", package)
            await self._settle(claim, verdict)

    async def _settle(self, claim: Claim, verdict: Verdict) -> None:
        log.info("%s:%s %s: %s", claim.registry, claim.name, verdict.code, verdict.message)
        if verdict.leave_host_s is not None:
            self._outages.leave_alone(claim.registry, verdict.leave_host_s, verdict.message)
        try:
            await self._database.write(record_failure, claim, verdict)
        except LeaseLost:
            log.warning("lost the lease of %s:%s", claim.registry, claim.name)
        except DatabaseError as error:
            # Nothing can be recorded now: the lease runs out and the request is taken over.
            log.warning("%s:%s: %s", claim.registry, claim.name, error)

    async def _keep_leases(self) -> None:
        """A job whose lease is lost is ended: what it would write belongs to somebody else now."""
        while True:
            await asyncio.sleep(self._settings.lease_seconds / RENEWALS_PER_LEASE)
            jobs = dict(self._jobs)
            try:
                held = await self._database.write(
                    queue.renew_leases, list(jobs.values()), self._settings.lease_seconds
                )
            except DatabaseError as error:
                log.warning("leases were not renewed: %s", error)
                continue
            except Exception:
                log.exception("leases were not renewed")
                continue
            for job, claim in jobs.items():
                if claim.request_id not in held and not job.done():
                    self._lost.add(job)
                    job.cancel()

    async def _release_dead(self) -> None:
        with contextlib.suppress(DatabaseError):
            await self._database.write(queue.release_dead_workers, is_dead_here)

    async def _drain(self) -> None:
        """Let what is nearly done finish, end the rest, and hand back what was not finished."""
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=STOP_GRACE_S)
        left = {job: claim for job, claim in self._jobs.items() if job not in self._lost}
        for job in tuple(self._jobs):
            job.cancel()
        if self._jobs:
            await asyncio.wait(tuple(self._jobs))
        if left:
            try:
                await self._database.write(queue.hand_back, list(left.values()))
            except DatabaseError as error:
                log.warning("unfinished requests go back when their leases run out: %s", error)


def record_failure(session: Session, claim: Claim, verdict: Verdict) -> None:
    """The outcome, and that there was an attempt: it counts for the cooldown."""
    if verdict.costs_attempt:
        record_attempt(session, claim.registry, claim.name)
    if verdict.wait_s is None:
        queue.fail(
            session,
            claim,
            code=verdict.code,
            message=verdict.message,
            costs_attempt=verdict.costs_attempt,
        )
    else:
        queue.retry_later(
            session,
            claim,
            code=verdict.code,
            message=verdict.message,
            wait_s=verdict.wait_s,
            costs_attempt=verdict.costs_attempt,
        )
