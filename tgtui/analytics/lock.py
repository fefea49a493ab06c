"""A lock between programs on this machine, so that one of them exports or tidies at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place
from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import why

FILE = "lock"
LOOK_S = 0.2
"""Seconds between two looks."""


class Busy(AnalyticsError):
    """Another program on this machine exports now."""


@contextmanager
def locked(place: Place, waiting: Callable[[], None], *, yields: bool = False) -> Iterator[None]:
    """Hold it; one of a program that died is free at once. `waiting` is called while another program holds it, and
    may raise. Busy if it `yields` to the other one instead."""
    from fasteners import InterProcessLock  # type: ignore[import-untyped]

    path = place.folder / FILE
    try:
        make_folder(place.folder)
        with suppress(FileExistsError):
            os.close(create(path))
        lock = InterProcessLock(path)
        while not lock.acquire(blocking=False):
            lock.lockfile.close()  # which it leaves open
            if yields:
                raise Busy(
                    "Another program exports already; its results will be here when it is done."
                )
            waiting()
            time.sleep(LOOK_S)
    except OSError as error:
        raise AnalyticsError(f"The lock {path} can't be used: {why(error)}.") from None
    try:
        yield
    finally:
        lock.release()
