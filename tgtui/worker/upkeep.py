"""A worker's duties beside its jobs: renew leases, report progress, delete old history, log its health."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.basics.logfields import fields
from tgtui.basics.settings import Settings
from tgtui.data.packages.watching.due import is_any_due, queue_due
from tgtui.data.requests.health import Place, prune_history, queue_health
from tgtui.data.storage.database import Database
from tgtui.data.storage.server.links import Links
from tgtui.data.storage.waits import lock_waits
from tgtui.data.versions.advisories.reading import malware_here
from tgtui.worker.chains import Chains
from tgtui.worker.events import Activity, Progress
from tgtui.worker.jobs import Jobs
from tgtui.worker.queue import claims
from tgtui.worker.queue.claim import Claim

RENEWALS_PER_LEASE = 3
STILL_S = 600.0
"""A job without progress for so long is not waited for: all that it may wait for is bounded to less."""
AGAIN_S = 2.0
"""Seconds until a duty that the database kept from is tried again."""
TELL_S = 0.3
"""Seconds between reports of progress; other programs see it within a second."""
CHAINS_S = 1.0
"""Seconds between two looks at chains while the catalogue changes; another one is taken when nothing is due."""
CHAINS_AGAIN_S = 10.0
"""Seconds until chains are looked at although no change was noticed: hints may be lost."""
AFTER_START_S = 2.0
"""Seconds in which nothing needs a duty yet that only looks after what lasts: many programs are done by then."""
TIDY_S = 600.0
"""Seconds between two deletions of history that is older than the settings keep."""

WATCHED_S = 60.0
"""Seconds between two looks for watched packages to fetch again; each queues a few."""

ADVISORIES_S = 600.0
"""Seconds between two looks for packages whose advisories are to be asked for again."""

ANSWER_S = 10.0
"""Seconds for the database to answer the question about its health."""

WAITS_S = 5.0
"""Seconds between two looks at what the worker's statements wait for."""
LONG_WAIT_S = 3.0
"""A statement that has waited so long for a lock is worth a line; it is given up a little later, and tried again."""
SAME_WAIT_S = 60.0
"""Seconds until the same is said again."""

log = logging.getLogger("tgtui.worker")


class Upkeep:
    """Runs each duty in a separate task, so that none waits for another."""

    def __init__(
        self,
        database: Database,
        activity: Activity,
        jobs: Jobs,
        chains: Chains,
        settings: Settings,
        *,
        refreshes: Collection[str] = (),
        on_queued: Callable[[], None] = lambda: None,
    ) -> None:
        """`refreshes` names the registries whose watched packages are fetched again; `on_queued` is called when some
        were queued."""
        self._database = database
        self._activity = activity
        self._jobs = jobs
        self._chains = chains
        self._lease_seconds = settings.worker.lease_seconds
        self._history_days = settings.limits.history_days
        self._health_seconds = settings.worker.health_seconds
        self._refresh_hours = settings.worker.refresh_hours
        self._refreshes = refreshes if self._refresh_hours else ()
        self._on_queued = on_queued
        self._settings = settings
        self._refreshing = asyncio.Lock()
        self.times_queued = 0
        """How often watched packages were queued."""
        self._looked = -CHAINS_AGAIN_S
        """When chains were looked at last."""
        self._told: dict[Claim, Progress] = {}
        self._said: dict[int, float] = {}
        """When it was said last, by process at the server, which of them others wait for."""
        self._answered_at: datetime | None = None
        """When the database answered the last question about its health."""
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the duties; they run until `stop`."""
        renewal_s = self._lease_seconds / RENEWALS_PER_LEASE
        duties: list[tuple[Callable[[], Awaitable[object]], float, float]] = [
            (self.keep_leases, renewal_s, min(renewal_s, AFTER_START_S)),
            (self.tell_progress, TELL_S, 0),
            (self.complete_chains, CHAINS_S, 0),
            (self.tidy, TIDY_S, AFTER_START_S),
            (self.say_health, self._health_seconds, 0),
            (self.say_waits, WAITS_S, AFTER_START_S),
        ]
        if self._refreshes:
            duties.append((self.refresh_watched, WATCHED_S, 0))
        if self._settings.advisories.sources:
            duties.append((self.refresh_advisories, ADVISORIES_S, 0))
        self._tasks = [
            asyncio.create_task(_every(pause_s, duty, first_s), name=f"tgtui-{duty.__name__}")
            for duty, pause_s, first_s in duties
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def keep_leases(self) -> None:
        """Renew the leases of jobs that move; others, and those whose lease is lost, are cancelled: another worker
        has them, or will."""
        still = self._jobs.still(STILL_S)
        for claim in still:
            log.warning("%s:%s stands still and is left to others", claim.registry, claim.name)
        self._jobs.lose(still)
        held = tuple(claim for claim in self._jobs.held if claim not in still)
        kept = await self._database.write(claims.renew_leases, held, self._lease_seconds)
        lost = {claim for claim in held if claim.request_id not in kept}
        self._jobs.lose(lost & set(self._jobs.held))
        await self._jobs.settle_left()

    async def tell_progress(self) -> None:
        """Report what changed since the last time, in one transaction; with nothing at work, wait until something is."""
        if not self._told:
            await self._jobs.wait_for_work()
        progress = self._activity.progress
        now = {
            claim: progress[claim.request_id]
            for claim in self._jobs.held
            if claim.request_id in progress
        }
        moved = {claim: at.step for claim, at in now.items() if self._told.get(claim) != at}
        self._told = now
        if moved:
            await self._database.write(claims.report_stages, moved)

    async def complete_chains(self) -> None:
        """Settle chains of which nothing is queued, or queue what they still need."""
        now = time.monotonic()
        if self._chains.is_stale or now - self._looked >= CHAINS_AGAIN_S:
            self._looked = now
            await self._chains.look()

    async def tidy(self) -> None:
        """Delete history that is older than the settings keep."""
        place: Place | None = Place()
        while place is not None:
            place = await self._database.write(prune_history, days=self._history_days, place=place)

    async def refresh_watched(self) -> None:
        """Queue a few watched packages that were not fetched for long."""
        if not self._refreshes:
            return
        hours, registries = self._refresh_hours, self._refreshes
        async with self._refreshing:
            if not await self._database.read(is_any_due, hours=hours, registries=registries):
                return
            if await self._database.write(queue_due, hours=hours, registries=registries):
                self.times_queued += 1
                self._on_queued()

    async def refresh_advisories(self) -> None:
        """Ask about packages that were not asked about for hours."""
        from tgtui.worker.advisories.refreshing import Refreshing

        done = await Refreshing(self._database, self._settings).run()
        if done.advisories and (malware := await self._database.read(malware_here)):
            log.error("malware in the catalogue", extra=fields(versions=",".join(malware[:20])))
        if done.asked or done.problems:
            log.info("advisories", extra=fields(asked=done.asked, changed=done.advisories))

    async def say_health(self) -> None:
        """Log a line to alert on: that it runs, that the database answers, and how long due requests wait."""
        try:
            async with asyncio.timeout(ANSWER_S):
                facts = await self._database.read(queue_health)
        except (DatabaseError, TimeoutError) as error:
            reason = str(error) or f"no answer for {ANSWER_S:.0f} s"
            answered = (
                self._answered_at.isoformat(timespec="seconds") if self._answered_at else "never"
            )
            log.warning("health", extra=fields(database="away", answered=answered, reason=reason))
            return
        self._answered_at = clock.now()
        outages = ",".join(sorted(o.registry for o in self._activity.outages.values())) or "none"
        counts = self._jobs.counts
        log.info(
            "health",
            extra=fields(
                database="read-only" if facts.is_read_only else "ok",
                working=len(self._jobs.held),
                pending=facts.pending,
                fetching=facts.fetching,
                due=facts.due,
                oldest_due_seconds=facts.oldest_due_s,
                completed=counts["completed"],
                retried=counts["retried"],
                failed=counts["failed"],
                lost=counts["lost"],
                outages=outages,
                **_told(self._database.links()),
            ),
        )

    async def say_waits(self) -> None:
        """Log who holds a lock that the queue waits for: any login may hold one."""
        now = time.monotonic()
        waits = await self._database.read(lock_waits, seconds=LONG_WAIT_S)
        self._said = {pid: at for pid, at in self._said.items() if now - at < SAME_WAIT_S}
        for wait in waits:
            if wait.process in self._said:
                continue
            self._said[wait.process] = now
            log.warning(
                "the queue waits for a lock of another session",
                extra=fields(
                    login=wait.login or "none",
                    process=wait.process,
                    lock=wait.lock,
                    seconds=wait.seconds,
                ),
            )


def _told(links: Links | None) -> dict[str, object]:
    """What was seen of the connections to a server, and when."""
    if links is None:
        return {}
    last = links.last_given_up
    return {
        "silent": links.silent,
        "silent_seconds": round(links.longest_s),
        "lost_connections": links.given_up,
        "last_lost": last.isoformat(timespec="seconds") if last is not None else "never",
    }


async def _every(pause_s: float, duty: Callable[[], Awaitable[object]], first_s: float) -> None:
    """Do it after `first_s`, and again and again; an error is logged, and the next run tries again."""
    await asyncio.sleep(first_s)
    while True:
        try:
            await duty()
        except DatabaseError as error:
            log.warning("%s: %s", duty.__name__, error)
            await asyncio.sleep(min(pause_s, AGAIN_S))
            continue
        except Exception:
            log.exception("%s failed", duty.__name__)
        await asyncio.sleep(pause_s)
