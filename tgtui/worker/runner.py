"""The worker: claims requests, works on several at once, keeps their leases alive, stops when asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from uuid import uuid4

from tgtui.basics.errors import (
    CatalogueLost,
    DatabaseError,
    DatabaseReadOnly,
    DatabaseStandby,
    SchemaChanged,
)
from tgtui.basics.settings import Settings
from tgtui.data.requests.asking import PRIORITY_WATCHED
from tgtui.data.storage.database import Database
from tgtui.registries.adapters import Registries
from tgtui.registries.base import Lane
from tgtui.worker.chains import Chains
from tgtui.worker.events import Activity
from tgtui.worker.ingest.ingest import Ingest
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.jobs import Jobs
from tgtui.worker.processes import is_dead_here, machine_name
from tgtui.worker.pulse import Pulse
from tgtui.worker.queue import claims
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.heads import Heads
from tgtui.worker.queue.outages import Outages
from tgtui.worker.queue.taking import Terms, take_due
from tgtui.worker.queue.turns import Turns
from tgtui.worker.upkeep import Upkeep

GATHER_S = 0.01
"""Seconds between two looks while most places are taken: those that become free meanwhile are filled together."""
POLL_S = 1.0
"""Seconds between looks at an empty queue; a hint of a change comes sooner."""
REST_POLL_S = 4.0
"""The same after some looks that found nothing; a retry comes so much later at most, which is little beside its wait."""
LONGEST_POLL_S = 15.0
"""Longest pause between looks while the database is away; doubled from `POLL_S`."""
PATIENCE_S = 60.0
"""How long `until_empty` waits for a database that is away."""
AFTER_S = 1.0
"""How long what comes first may hold up the work."""
STOP_GRACE_S = 2.0
"""What is nearly done at a stop may finish within this time."""

log = logging.getLogger("tgtui.worker")


class Worker:
    """One worker of one program. `run` returns after `stop`, with nothing lost."""

    def __init__(
        self,
        database: Database,
        registries: Registries,
        activity: Activity,
        settings: Settings,
        *,
        max_priority: int = claims.ANY_PRIORITY,
        only: Collection[str] = (),
    ) -> None:
        """`max_priority` leaves alone what is less urgent; `only` names its registries, empty means all."""
        machine = socket.gethostname()
        self.name = f"{machine_name()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._database = database
        self._registries = registries
        self._only = frozenset(only)
        self._activity = activity
        self._concurrency = settings.worker.concurrency
        self._outages = Outages(activity, registries.gate)
        self._terms = Terms(
            worker=self.name,
            machine=machine,
            lease_seconds=settings.worker.lease_seconds,
            max_attempts=settings.worker.max_attempts,
            max_priority=max_priority,
        )
        finishing = Finishing(database)
        bounds = Bounds(settings.worker.max_depth, settings.worker.max_packages)
        self._chains = Chains(
            database, bounds, on_queued=self.wake, on_settled=activity.settled.tell
        )
        ingest = Ingest(
            database,
            registries,
            activity,
            cooldown=timedelta(minutes=settings.limits.cooldown_minutes),
            max_attempts=settings.worker.max_attempts,
            bounds=bounds,
            node_version=settings.npm.node_version,
            on_answer=self._outages.answered,
            on_ready=self._look_for_more,
            finishing=finishing,
        )
        self._jobs = Jobs(
            database,
            registries,
            activity,
            self._outages,
            ingest,
            finishing,
            machine=machine,
            max_attempts=settings.worker.max_attempts,
            on_end=self._look_again,
        )
        self._pulse = Pulse(database, self.name)
        registries_here = sorted(self._only or registries.names)
        self._upkeep = Upkeep(
            database,
            activity,
            self._jobs,
            self._chains,
            settings,
            refreshes=registries_here if max_priority >= PRIORITY_WATCHED else (),
            on_queued=self.wake,
        )
        self._turns = Turns()
        self._heads = Heads()
        self._left: frozenset[Lane] = frozenset()
        """Lanes that the last look left for a look soon."""
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._away_s = 0.0
        self._idle_looks = 0
        """How many looks in a row were for nothing."""
        self._stopped_at: float | None = None
        self._away_since: float | None = None
        """Since when the queue can't be looked at."""
        self._unseen_since: float | None = None
        """The same of chains."""
        self._quiet: set[Lane] = set()
        """Lanes in which the last look filled the room only in part."""

    def wake(self) -> None:
        """Look at the queue: there may be something to do."""
        self._idle_looks = 0
        self._quiet.clear()
        self._chains.changed()
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns within a few seconds."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
        self._stopping.set()
        self._wake.set()

    async def run(
        self, *, until_empty: bool = False, after: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Work until stopped, or with `until_empty` until nothing is due and nothing is at work.

        What `after` waits for comes first, for a second at most.

        SchemaChanged if a newer program migrated the database, CatalogueLost if its file is gone; DatabaseError if it
        stays away for longer than `until_empty` waits. Unfinished work is handed back either way.
        """
        self._activity.is_running = True
        self._activity.changed()
        if after is not None:
            await self._wait_for(after)
        self._upkeep.start()
        self._pulse.start()
        try:
            await self._release_dead()
            while not self._stopping.is_set():
                # A job that ends during a look may queue more than the look saw.
                was_busy, queued_before = self._jobs.is_busy, self._times_queued
                if not was_busy:
                    self._quiet.clear()
                may_be_more = await self._start_due(gives_up=until_empty)
                self._idle_looks = 0 if may_be_more or was_busy else self._idle_looks + 1
                if not (may_be_more or was_busy):
                    is_looked_at = await self._complete_chains(until_empty)
                    if until_empty and is_looked_at:
                        await self._refresh_watched()
                        if self._times_queued == queued_before:
                            return
                await self._pause()
        finally:
            # Whatever the stop has waited for already, a database that does not answer for example.
            waited_s = time.monotonic() - (self._stopped_at or time.monotonic())
            await self._jobs.drain(max(0.0, STOP_GRACE_S - waited_s))
            await self._upkeep.stop()
            await self._pulse.stop()
            self._activity.is_running = False
            self._activity.changed()

    async def _wait_for(self, after: Callable[[], Awaitable[None]]) -> None:
        waits = [asyncio.ensure_future(after()), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(waits, timeout=AFTER_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _start_due(self, *, gives_up: bool) -> bool:
        """Claim what is due, as far as there is room; False if certainly nothing was."""
        self._left = frozenset()
        if self._jobs.is_one_alone:
            self._pulse.looked()
            return True
        is_busy = self._jobs.is_busy
        rooms = self._rooms()
        if not rooms and not is_busy:
            self._pulse.looked()
            return False
        answered = self._outages.take_answered()
        self._quiet |= rooms.keys()
        try:
            taken = await self._database.write(
                take_due,
                rooms,
                self._terms,
                lanes=self._lanes(),
                suspects=self._turns.about_suspects(is_busy=is_busy),
                answered=answered,
                heads=self._heads,
            )
        except (SchemaChanged, CatalogueLost):
            raise
        except DatabaseError as error:
            self._quiet.clear()
            log.warning("no claim: %s", error)
            self._activity.say(str(error) if isinstance(error, DatabaseReadOnly) else "")
            self._away_s += self._poll_s
            self._away_since = self._away_since or time.monotonic()
            if gives_up and _is_hopeless(error, self._away_since):
                raise
            return True
        self._away_s, self._away_since = 0.0, None
        self._pulse.looked()
        self._activity.say("")
        self._outages.learn(taken.outages)
        self._turns.looked(found=taken.is_suspect_due, is_busy=is_busy)
        found = Counter(lane for lane in rooms for claim in taken.claims if claim.is_in(lane))
        self._quiet -= {lane for lane, room in rooms.items() if found[lane] >= room}
        self._quiet -= taken.left
        self._left = taken.left
        if taken.is_suspect_due:
            self._quiet.clear()
        if taken.is_suspect_due and taken.claims and self._jobs.is_busy:
            # Taken first: of several busy programs only the one that has it hands back its jobs.
            await self._jobs.put_down()
        for claim in taken.claims:
            self._jobs.start(claim)
        return taken.is_suspect_due or bool(taken.claims) or bool(taken.left)

    async def _complete_chains(self, are_all: bool) -> bool:
        """There is nothing to do: chains may be complete, or need more. False if the database is away."""
        try:
            if are_all:
                await self._chains.look_at_all()
            elif self._chains.is_due:
                await self._chains.look()
        except DatabaseError as error:
            log.warning("chains: %s", error)
            self._unseen_since = self._unseen_since or time.monotonic()
            if are_all and _is_hopeless(error, self._unseen_since):
                raise
            return False
        self._unseen_since = None
        return True

    def _look_for_more(self) -> None:
        """There is room."""
        self._wake.set()

    def _look_again(self, ended: Claim) -> None:
        """A job has ended: there is room, and it may have queued more for its own lane."""
        self._chains.ended(ended.request_id)
        self._quiet -= {lane for lane in self._quiet if ended.is_in(lane)}
        self._wake.set()

    def _rooms(self) -> dict[Lane, int]:
        """How many more requests each lane may have. A slow lane does not take room from others."""
        rooms: dict[Lane, int] = {}
        for lane in self._lanes():
            concurrency = 1 if self._outages.is_tried(lane) else self._concurrency
            room = self._jobs.room_in(lane, concurrency)
            if room > 0 and lane not in self._quiet:
                rooms[lane] = room
        return rooms

    def _lanes(self) -> list[Lane]:
        """Those that this worker serves and whose host may be asked."""
        return [
            lane
            for lane in self._registries.lanes()
            if lane.registry in (self._only or {lane.registry}) and self._outages.is_open(lane)
        ]

    @property
    def _poll_s(self) -> float:
        return min(max(POLL_S, self._away_s), LONGEST_POLL_S)

    @property
    def _pause_s(self) -> float:
        rest: float = min(POLL_S * 2 ** min(self._idle_looks // 2, 8), REST_POLL_S)
        pause = max(self._poll_s, rest)
        return min([pause, *(max(self._heads.of(lane).rest_s, 0.0) for lane in self._left)])

    async def _pause(self) -> None:
        looked_at = time.monotonic()
        try:
            await asyncio.wait_for(self._wake.wait(), self._pause_s)
        except TimeoutError:
            self._quiet.clear()
        rest_s = looked_at + GATHER_S - time.monotonic()
        if rest_s > 0 and self._jobs.is_busy and not self._is_half_idle():
            await asyncio.sleep(rest_s)
        self._wake.clear()

    def _is_half_idle(self) -> bool:
        """A lane has room for half of what may be at work in it."""
        return max(self._rooms().values(), default=0) * 2 >= self._concurrency

    @property
    def _times_queued(self) -> int:
        """How often something was queued by looks at chains or at what is watched."""
        return self._chains.times_queued + self._upkeep.times_queued

    async def _refresh_watched(self) -> None:
        """A database that is away is seen by the next look at the queue."""
        with contextlib.suppress(DatabaseError):
            await self._upkeep.refresh_watched()

    async def _release_dead(self) -> None:
        with contextlib.suppress(DatabaseError):
            await self._database.write(claims.release_dead_workers, is_dead_here)


def _is_hopeless(error: DatabaseError, since: float) -> bool:
    """Who waits for the end of the queue is better told."""
    return isinstance(error, DatabaseStandby) or time.monotonic() - since >= PATIENCE_S
