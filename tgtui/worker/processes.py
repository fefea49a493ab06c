"""Tells whether a worker that holds leases is a program of this machine that is gone."""

from __future__ import annotations

import os
import socket


def is_dead_here(worker: str) -> bool:
    """`worker` is `host:pid:token`. False for another machine's, of which nothing can be said."""
    try:
        host, pid, _token = worker.rsplit(":", 2)
        number = int(pid)
    except ValueError:
        return False
    return host == socket.gethostname() and not _is_running(number)


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # os.kill ends the process there; the lease runs out instead
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
