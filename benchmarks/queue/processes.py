"""Runs workers as processes of their own that begin at the same moment."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier
from uuid import UUID

START_S = 120
"""For sixteen interpreters on few cores to be ready."""


@dataclass(slots=True)
class Shift:
    """What one worker did, from the moment all were ready."""

    began: float = 0.0
    """By the machine's monotonic clock, which all processes share."""
    ended: float = 0.0
    cpu_s: float = 0.0
    """Of the worker's process, the server's not included."""
    done: list[UUID] = field(default_factory=list)
    """Requests that were completed, where the worker counts them."""
    warnings: list[str] = field(default_factory=list)
    """What the worker logged as going wrong."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker process is told."""

    url: str
    at_once: int
    """Jobs a worker holds at the same time."""
    seconds: float
    """It stops after so long, if the queue is not empty before."""


Work = Callable[[Job], Shift]
_start: Barrier | None = None


@contextmanager
def clocked() -> Iterator[Shift]:
    """Waits for the others, then measures."""
    assert _start is not None
    _start.wait(START_S)
    shift = Shift(began=time.monotonic())
    cpu = time.process_time()
    yield shift
    shift.ended = time.monotonic()
    shift.cpu_s = time.process_time() - cpu


def run(work: Work, job: Job, workers: int) -> list[Shift]:
    """One shift of this many processes; what one of them raises is raised here."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(workers)
    with ProcessPoolExecutor(workers, context, _arm, (start,)) as pool:
        return list(pool.map(work, [job] * workers))


def seconds(shifts: list[Shift]) -> float:
    """From the first to begin to the last to end."""
    return max(shift.ended for shift in shifts) - min(shift.began for shift in shifts)


def _arm(start: Barrier) -> None:
    global _start
    _start = start
