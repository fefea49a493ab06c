"""`tgtui worker`: works on the queue without a screen, as a service does."""

from __future__ import annotations

import logging
import signal
import sys
from typing import TYPE_CHECKING

import click

from tgtui.cli.logs import log_to_stderr
from tgtui.cli.opening import INTERRUPTED, Options, on_stop, run
from tgtui.errors import TgtuiError

if TYPE_CHECKING:
    from tgtui.settings import Settings

EPILOG = """\b
Examples:
  tgtui worker                       until SIGTERM or Ctrl-C
  tgtui worker --once                until nothing is due: for cron
  tgtui --database postgresql://tgtui@host/techgarden worker

\b
As many as wanted may work on one database, on any machine that reaches it.
It stops within a few seconds; what was not finished goes back to the queue.
The log is on stderr, one key=value line an event.
"""


@click.command(epilog=EPILOG, short_help="Work on the queue without a screen.")
@click.option("--once", is_flag=True, help="Return when nothing is due.")
@click.option("--concurrency", type=int, help="Packages worked on at once.")
@click.pass_obj
def worker(options: Options, once: bool, concurrency: int | None) -> None:
    """Read queued packages from their registries, until stopped."""
    log_to_stderr(options.verbose, quiet_level=logging.INFO)
    settings = options.settings(**{"worker.concurrency": concurrency})
    if run(_work(settings, once)) == signal.SIGINT:
        sys.exit(INTERRUPTED)


async def _work(settings: Settings, once: bool) -> int:
    """The signal that ended it, 0 where none did."""
    from tgtui.catalogue import Catalogue

    log = logging.getLogger("tgtui.worker")
    stopped_by = 0
    catalogue = await Catalogue.open(settings)
    try:
        if not catalogue.principal.can("worker"):
            raise TgtuiError(f"{catalogue.principal.display_name} lacks the role 'worker'.")
        worker = catalogue.new_worker()
        catalogue.changes.subscribe(worker.wake)

        def stop(number: int) -> None:
            nonlocal stopped_by
            stopped_by = number
            log.info("stopping: unfinished requests go back to the queue")
            worker.stop()

        on_stop(stop)
        log.info("started %s with %d at once", worker.name, settings.worker.concurrency)
        await worker.run(until_empty=once)
        log.info("stopped")
    finally:
        await catalogue.close()
    return stopped_by
