"""Tells whether a worker that holds leases is a program of this machine that is gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

PROCESSES = Path("/proc/self/ns/pid")
"""Linux: names the space in which process numbers mean something. Containers share a hostname more often."""


def machine_name() -> str:
    """`host`, or `host/4026531836` where process numbers have spaces of their own."""
    try:
        return f"{socket.gethostname()}/{PROCESSES.stat().st_ino}"
    except OSError:
        return socket.gethostname()


def is_dead_here(worker: str) -> bool:
    """`worker` is `machine:pid:token`. False for another machine's, of which nothing can be said."""
    try:
        host, pid, _token = worker.rsplit(":", 2)
        number = int(pid)
    except ValueError:
        return False
    return host == machine_name() and not _is_running(number)


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
