"""Tells whether a worker that holds leases was a program on this machine that is gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

PROCESSES = Path("/proc/self/ns/pid")
"""Linux: identifies the namespace of process numbers, because containers may share a hostname."""


def machine_name() -> str:
    """`host`, or `host/4026531836` where process numbers have namespaces."""
    try:
        return f"{socket.gethostname()}/{PROCESSES.stat().st_ino}"
    except OSError:
        return socket.gethostname()


def is_dead_here(worker: str) -> bool:
    """`worker` is `machine:pid:token`. False for another machine's, which can't be checked."""
    try:
        host, pid, _token = worker.rsplit(":", 2)
        number = int(pid)
    except ValueError:
        return False
    return host == machine_name() and not _is_running(number)


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # on Windows os.kill would kill the process; the lease runs out instead
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
