"""`tgtui worker`: works on the queue without a screen, as a service."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from typing import TYPE_CHECKING

import click

from tgtui.basics.errors import DatabaseReadOnly, TgtuiError, UsageError
from tgtui.basics.leaving import Left
from tgtui.basics.logfields import fields
from tgtui.cli.logs import log_to_stderr
from tgtui.cli.opening import INTERRUPTED, Options, on_stop, run
from tgtui.cli.running.check import check

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection

    from tgtui.basics.settings import Settings
    from tgtui.worker.runner import Worker

EPILOG = """\b
Examples:
  tgtui worker                       run until SIGTERM, SIGHUP or Ctrl-C
  tgtui worker --once                run until nothing is due: for cron
  tgtui worker --registry npm        leave the other registries to other workers
  tgtui worker --analytics           also export and compute answers, once a day
  tgtui worker --check               does a worker work on this catalogue? For a probe
  tgtui --database postgresql://tgtui@host/techgarden worker

\b
Any number of workers can share a database, on any machine that reaches it.
A worker stops within a few seconds; unfinished requests go back to the queue.

\b
It logs one line per event to stderr: time=... level=... message=completed
package=npm:express. Once a minute (worker.health_seconds) a line message=health
reports its state. Alert if that line is missing, if it has database=away, or if
oldest_due_seconds keeps growing: due requests are not being worked on.

\b
--check starts no worker and changes nothing. A worker works if it has looked at the
queue within 60 s, and could write that down: also if nothing is queued, or all that
is queued waits for a host. One that hangs, or has lost the database, does not.

\b
Exit codes: 0 stopped by SIGTERM or SIGHUP, or with --once nothing left to do;
1 with --once --analytics the results could not be refreshed;
2 a wrong option or setting; 3 the database can't be used, or a newer tgtui migrated it; 130 Ctrl-C.
With --check: 0 a worker works, 1 none does, 3 the database can't be used.
"""


@click.command(epilog=EPILOG, short_help="Work on the queue without a screen.")
@click.option("--once", is_flag=True, help="Exit when nothing is due.")
@click.option("--concurrency", type=int, help="Packages fetched at once from each registry.")
@click.option(
    "--registry", "registries", multiple=True, help="Only this registry; may be repeated."
)
@click.option(
    "--analytics", is_flag=True, help="Also refresh the results of analytics when they are old."
)
@click.option("--check", "checks", is_flag=True, help="Tell whether a worker works, by exit code.")
@click.option("--json", "as_json", is_flag=True, help="With --check: print JSON.")
@click.pass_obj
def worker(
    options: Options,
    once: bool,
    concurrency: int | None,
    registries: tuple[str, ...],
    analytics: bool,
    checks: bool,
    as_json: bool,
) -> None:
    """Fetch queued packages until stopped."""
    if checks:
        if once or registries or analytics or concurrency is not None:
            raise UsageError("--check looks at every worker; of the other options it takes --json.")
        check(options.settings(), as_json=as_json)
        return
    if as_json:
        raise UsageError("--json is for --check; the worker's log has lines of its own form.")
    if analytics:
        from tgtui.analytics.errors import require_extra

        require_extra()
    log_to_stderr(options.verbose, quiet_level=logging.INFO)
    try:
        settings = options.settings(**{"worker.concurrency": concurrency})
        stopped_by = run(_work(settings, once, registries, analytics))
    except Left:  # before it had begun
        stopped_by = 0
    if stopped_by == signal.SIGINT:
        sys.exit(INTERRUPTED)


async def _work(settings: Settings, once: bool, only: Collection[str], analytics: bool) -> int:
    """The signal that stopped it, or 0."""
    import asyncio

    from tgtui.services.catalogue import Catalogue
    from tgtui.services.refreshing import refresh_if_old, refresh_regularly

    log = logging.getLogger("tgtui.worker")
    stopped_by = 0
    worker: Worker | None = None
    refreshing: asyncio.Task[None] | asyncio.Task[str] | None = None
    failed = ""

    def stop(number: int) -> None:
        nonlocal stopped_by
        stopped_by = number
        log.info("stopping: unfinished requests go back to the queue")
        if worker is not None:
            worker.stop()
        if refreshing is not None:
            refreshing.cancel()

    async with contextlib.AsyncExitStack() as closing:
        catalogue = await Catalogue.open(settings, is_service=True)
        closing.enter_context(on_stop(stop))
        closing.push_async_callback(catalogue.close)
        known = catalogue.registries.names
        for name in only:
            if name not in known:
                raise UsageError(f"There is no registry {name!r}; known: {', '.join(known)}.")
        if not catalogue.principal.can("worker"):
            if catalogue.principal.hint:  # of a service: the catalogue can only be read
                raise DatabaseReadOnly(catalogue.principal.hint)
            raise TgtuiError(
                f"{catalogue.principal.display_name} does not have the role worker; create a login that has it:"
                " CREATE ROLE ... LOGIN IN ROLE tgtui_worker (docs/team.md)."
            )
        worker = catalogue.new_worker(only=only)
        catalogue.changes.subscribe(worker.wake)

        log.info(
            "started",
            extra=fields(
                worker=worker.name,
                concurrency=settings.worker.concurrency,
                registries=",".join(only or known),
            ),
        )
        if analytics and not once:
            refreshing = asyncio.create_task(refresh_regularly(settings))
            closing.push_async_callback(_end, refreshing)
        await worker.run(until_empty=once)
        if analytics and once and not stopped_by:  # of what was fetched just now, too
            refreshing = once_more = asyncio.create_task(refresh_if_old(settings))
            await asyncio.wait([once_more])
            failed = "" if once_more.cancelled() else once_more.result()
        log.info("stopped")
    if failed:
        raise TgtuiError(f"The results of analytics were not refreshed: {failed}")
    return stopped_by


async def _end(refreshing: asyncio.Task[None]) -> None:
    """Tell it to end, and wait for that. It fails only by a bug, which the worker outlives."""
    import asyncio

    refreshing.cancel()
    await asyncio.wait([refreshing])
    if not refreshing.cancelled() and (error := refreshing.exception()) is not None:
        logging.getLogger("tgtui.worker").error("analytics broke", exc_info=error)
