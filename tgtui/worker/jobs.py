"""Works on claimed requests, several at once, and records the outcome of each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.basics.errors import DatabaseError, TgtuiError
from tgtui.basics.logfields import fields
from tgtui.data.access.limits import REMOVED, removed_sentence
from tgtui.data.requests.outages import EVERYBODY, record_outage
from tgtui.data.storage.database import Database
from tgtui.registries.adapters import Registries
from tgtui.registries.base import Lane
from tgtui.worker.events import Activity, Progress
from tgtui.worker.ingest.ingest import AskedLately, Ingest
from tgtui.worker.ingest.loading import RemovedByAdmin
from tgtui.worker.ingest.storing import record_attempt
from tgtui.worker.queue import claims as queue
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.outages import Outages
from tgtui.worker.queue.retry import Verdict, judge
from tgtui.worker.queue.settling import Ending

MOST_AHEAD = 8
"""Times `worker.concurrency`: claims of a lane, with those that wait to be written."""

log = logging.getLogger("tgtui.worker")


class Outcome(Struct, frozen=True):
    """A verdict, with the outage to be recorded."""

    verdict: Verdict
    outage: Lane | None
    machine: str


class Jobs:
    """One task for each claim. `on_end` is called when one has ended."""

    def __init__(
        self,
        database: Database,
        registries: Registries,
        activity: Activity,
        outages: Outages,
        ingest: Ingest,
        finishing: Finishing,
        *,
        machine: str,
        max_attempts: int,
        on_end: Callable[[Claim], None],
    ) -> None:
        self._database = database
        self._registries = registries
        self._activity = activity
        self._outages = outages
        self._ingest = ingest
        self._finishing = finishing
        self._machine = machine
        self._max_attempts = max_attempts
        self._on_end = on_end
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._is_at_work = asyncio.Event()
        self._lost: set[Claim] = set()
        self._moved: dict[Claim, tuple[Progress | None, float]] = {}
        """The last progress that was seen of each, and when it was new."""
        self._unsettled: dict[Claim, Outcome] = {}
        self.counts: Counter[str] = Counter()
        """How many ended since the start, by outcome: completed, retried, failed, cancelled, lost."""

    def start(self, claim: Claim) -> None:
        """Start to work on it."""
        name = f"{claim.registry}:{claim.name}"
        task = asyncio.create_task(self._work(claim), name=name)
        self._tasks[task] = claim
        self._is_at_work.set()
        task.add_done_callback(self._ended)

    async def wait_for_work(self) -> None:
        """Until something is at work."""
        await self._is_at_work.wait()

    def room_in(self, lane: Lane, concurrency: int) -> int:
        """How many more requests of the lane may be worked on: what only waits to be written takes no place."""
        if self._ingest.is_full:
            return 0
        at_work = [claim for claim in self._tasks.values() if claim.is_in(lane)]
        written = sum(claim.is_in(lane) for claim in self._ingest.being_written())
        return min(concurrency - (len(at_work) - written), concurrency * MOST_AHEAD - len(at_work))

    @property
    def held(self) -> tuple[Claim, ...]:
        """Claims whose leases must be renewed: at work, or with an outcome that is not recorded yet."""
        return (*self._tasks.values(), *self._unsettled)

    def still(self, for_s: float) -> set[Claim]:
        """Those at work that have made no progress for so long: what they wait for may never come."""
        now = time.monotonic()
        moved: dict[Claim, tuple[Progress | None, float]] = {}
        for claim in self._tasks.values():
            progress = self._activity.progress.get(claim.request_id)
            known = self._moved.get(claim)
            moved[claim] = known if known is not None and known[0] == progress else (progress, now)
        self._moved = moved
        return {claim for claim, (_, since) in moved.items() if now - since >= for_s}

    @property
    def is_one_alone(self) -> bool:
        """The request at work may be one that crashes workers: no other must run beside it."""
        return any(claim.is_suspect for claim in self._tasks.values())

    @property
    def is_busy(self) -> bool:
        """Whether anything is at work."""
        return bool(self._tasks)

    def lose(self, claims: set[Claim]) -> None:
        """Cancel the tasks of these: another worker has them now, and their results would be refused.

        One whose outcome is being written is left alone: the write tells whether it is lost.
        """
        claims = {claim for claim in claims if not self._finishing.has(claim)}
        self._lost |= claims
        for claim in claims:
            self._unsettled.pop(claim, None)
        for task, claim in self._tasks.items():
            if claim in claims:
                task.cancel()

    async def settle_left(self) -> None:
        """Record the outcomes that could not be recorded before."""
        for claim in tuple(self._unsettled):
            # Two calls may overlap, each taking what the other has not.
            outcome = self._unsettled.pop(claim, None)
            if outcome is not None:
                await self._record(claim, outcome)

    async def drain(self, grace_s: float) -> None:
        """Let what is nearly done finish, and hand back the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        await self.put_down()

    async def put_down(self) -> None:
        """Cancel what is at work, and hand it back."""
        left = [claim for claim in self._tasks.values() if claim not in self._lost]
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._ingest.close()
        await self.settle_left()
        await self._finishing.close()
        if left:
            try:
                await self._database.write(queue.hand_back, left)
            except DatabaseError as error:
                log.warning("unfinished requests go back when their leases run out: %s", error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        claim = self._tasks.pop(task)
        if not self._tasks:
            self._is_at_work.clear()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s ended; its lease runs out", task.get_name(), exc_info=error)
        self._activity.finished(claim.request_id)
        self._lost.discard(claim)
        self._on_end(claim)

    async def _work(self, claim: Claim) -> None:
        """Work on one request and record its outcome, whatever happens."""
        package = f"{claim.registry}:{claim.name}"
        try:
            await self._ingest.work_on(claim)
            self._tell(claim, "completed")
        except LeaseLost:
            self._tell(claim, "lost", logging.WARNING)
        except RemovedByAdmin:
            message = removed_sentence(claim.registry, claim.name)
            verdict = Verdict(REMOVED, message, None, costs_attempt=False)
            await self._settle(claim, verdict)
        except AskedLately as error:
            await self._settle(claim, Verdict(error.code, str(error), None, costs_attempt=False))
        except Exception as error:
            verdict = judge(error, claim.attempt, self._max_attempts)
            if verdict.code == "internal" and not isinstance(error, TgtuiError):
                log.exception("%s failed", package)
            await self._settle(claim, verdict)

    async def _settle(self, claim: Claim, verdict: Verdict) -> None:
        outage = self._lane(claim, verdict) if verdict.leave_host_s is not None else None
        if outage is not None and verdict.leave_host_s is not None:
            self._outages.leave_alone(outage, verdict.leave_host_s, verdict.message)
        machine = self._machine if verdict.is_local else EVERYBODY
        await self._record(claim, Outcome(verdict, outage, machine))

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        verdict = outcome.verdict
        try:
            ending = await self._finishing.finish(claim, partial(record_failure, claim, outcome))
        except LeaseLost:
            self._tell(claim, "lost", logging.WARNING)
        except DatabaseError as error:
            # Kept, with its lease, until it can be recorded; if this program stops first, the lease runs out.
            self._unsettled[claim] = outcome
            log.warning("%s:%s: not recorded yet: %s", claim.registry, claim.name, error)
        else:
            if ending is not None and ending.status == "cancelled":
                self._tell(claim, "cancelled", code=ending.code)
                return
            how = "failed" if verdict.wait_s is None else "retried"
            self._tell(claim, how, code=verdict.code, wait=verdict.wait_s, reason=verdict.message)

    def _lane(self, claim: Claim, verdict: Verdict) -> Lane:
        """The outage of the host to leave alone: the package's own, or a dependency's."""
        for lane in self._registries.lanes():
            if lane.host == verdict.host:
                return lane
        return self._registries.lane_of(claim.registry, claim.name)

    def _tell(self, claim: Claim, how: str, level: int = logging.INFO, **more: object) -> None:
        self.counts[how] += 1
        package = f"{claim.registry}:{claim.name}"
        facts: Mapping[str, object] = {"package": package, "attempt": claim.attempt, **more}
        log.log(level, how, extra=fields(**facts))


def record_failure(claim: Claim, outcome: Outcome, connection: Connection) -> Ending:
    """Record the outcome, and the attempt, which counts for the cooldown."""
    verdict = outcome.verdict
    if verdict.costs_attempt:
        record_attempt(connection, claim.registry, claim.name)
    if outcome.outage is not None and verdict.leave_host_s is not None:
        record_outage(
            connection,
            outcome.outage.registry,
            outcome.outage.host,
            machine=outcome.machine,
            reason=verdict.message,
            wait_s=verdict.leave_host_s,
            backs_off=verdict.is_local,
        )
    return Ending(
        "failed" if verdict.wait_s is None else "pending",
        code=verdict.code,
        message=verdict.message,
        wait_s=verdict.wait_s,
        costs_attempt=verdict.costs_attempt,
    )
