"""`tgtui worker` whose database falls silent: it says so, and leaves when it is asked to."""

from __future__ import annotations

import signal
import subprocess

from sqlalchemy import make_url

from tests.cli.conftest import Cli
from tests.cli.running.test_worker import messages
from tests.support.proxy import Proxy


def until(process: subprocess.Popen[str], message: str, **facts: str) -> None:
    """Read its log up to this line."""
    assert process.stderr is not None
    for line in process.stderr:
        for found in messages(line, message):
            if facts.items() <= found.items():
                return
    raise AssertionError(f"it ended without {message}")


def test_a_worker_says_that_its_database_is_away_and_leaves_without_it(
    bare: Cli, known_url: str
) -> None:
    with Proxy(make_url(known_url)) as proxy:
        process = bare.start("--database", proxy.url(known_url), "worker")
        until(process, "health", database="ok", lost_connections="0")
        proxy.fall_silent()
        until(process, "health", database="away")
        process.send_signal(signal.SIGTERM)
        code, _out, _err = bare.finish(process)
    assert code == 0
