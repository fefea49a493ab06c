"""Waits for a request and everything an install of its package brings, in any program."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from tgtui.basics.events import Subscribers
from tgtui.data.graph.progress import ChainProgress, chain_progress, hurry
from tgtui.data.requests.asking import want_dependencies
from tgtui.data.storage.database import Database
from tgtui.data.storage.feed import ChangeFeed

POLL_S = 1.0
"""Seconds between looks if no change is announced."""
REST = 4
"""After a look comes a pause of this many times what the query took, so that looking does not slow the work."""
WANTED_AGAIN = 3
"""How often a version's dependencies are requested before their absence counts as a failure."""


async def follow(
    database: Database,
    changes: ChangeFeed,
    settled: Subscribers,
    request_id: UUID,
    on_progress: Callable[[ChainProgress], None],
    *,
    version: str | None = None,
    chain_id: UUID | None = None,
    account_id: UUID | None = None,
) -> ChainProgress:
    """Return when the chain is done, with what failed. `version` None is the latest, `chain_id` None the request's own.

    After `changes` it looks in its own time, at once after `settled`: that may have been this chain. Its requests go
    ahead of those that no one waits for. DatabaseError, and RequestRefused if the request is gone.
    """
    changed, hurried = asyncio.Event(), asyncio.Event()
    unsubscribe = (changes.subscribe(changed.set), settled.add(hurried.set))
    wanted = 0
    known: tuple[object, ...] = ()
    try:
        while True:
            progress, took_s = await database.read_timed(
                chain_progress, request_id, version, chain_id
            )
            on_progress(progress)
            missing = progress.unloaded_version_id
            if missing is not None and wanted < WANTED_AGAIN:
                wanted += 1
                await database.write(want_dependencies, missing, account_id=account_id)
                continue
            if progress.is_done:
                return progress
            lacking = (progress.total, progress.waits_for)
            if lacking != known:
                known = lacking
                await database.write(hurry, progress)
            await _first(REST * took_s, hurried)
            await _first(POLL_S, hurried, changed)
            changed.clear()
            hurried.clear()
    finally:
        for end in unsubscribe:
            end()


async def _first(seconds: float, *events: asyncio.Event) -> None:
    """Until one of them is set, or the time is up."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
