"""Signals that ask a program to leave: Ctrl-C, SIGTERM, and SIGHUP, which a closed terminal sends."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

INTERRUPT = int(signal.SIGINT)
TERMINATE = int(signal.SIGTERM)
HANG_UP = int(getattr(signal, "SIGHUP", 1))
"""Windows has no such signal."""

_has_come = False
"""A signal to leave: the program ends once."""
_asked_at: float | None = None
_depth = 0
"""How many of `leaving` are inside each other now."""


class Left(SystemExit):
    """The program leaves because of a signal, with 128 and its number as exit code, as in shells."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def asked_at() -> float | None:
    """When the first signal to leave came, by the monotonic clock; None before it, and outside of `leaving`."""
    return _asked_at


@contextlib.contextmanager
def leaving(asked: Callable[[int], None], *numbers: int) -> Iterator[None]:
    """Call `asked(number)` in the main thread, at any moment, whenever one of these signals comes.

    What the program was started to ignore stays ignored, as SIGHUP under nohup. In other threads it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = {int(number) for number in signal.valid_signals()}
    kept = {number: signal.getsignal(number) for number in numbers if number in known}
    mine = [number for number, action in kept.items() if action not in (signal.SIG_IGN, None)]

    def come(number: int, _frame: object) -> None:
        global _has_come, _asked_at
        _has_come = True
        _asked_at = _asked_at or time.monotonic()
        asked(number)

    global _depth, _asked_at
    _depth += 1
    # Not SIG_IGN after the first: programs that are started meanwhile would inherit it.
    for number in mine:
        signal.signal(number, come)
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _asked_at = None
        for number in mine:
            # The program ends now, and the next SIGHUP of a closed terminal must not take its exit code away.
            ends = _has_come and kept[number] is signal.SIG_DFL
            signal.signal(number, signal.SIG_IGN if ends else kept[number])


@contextlib.contextmanager
def leaving_at_once() -> Iterator[None]:
    """Raise Left at the first SIGTERM or SIGHUP, so that everything is cleaned up; others come too late.

    A closed terminal sends SIGHUP more than once.
    """
    has_left = False

    def asked(number: int) -> None:
        nonlocal has_left
        if not has_left:
            has_left = True
            raise Left(number)

    with leaving(asked, TERMINATE, HANG_UP):
        yield


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Let signals to leave act only when this ends: what is begun here is known to who must end it.

    In other threads it does nothing: no signal interrupts them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    come: list[int] = []
    asked = {
        number: action
        for number in (INTERRUPT, TERMINATE, HANG_UP)
        if callable(action := signal.getsignal(number))
    }
    for number in asked:
        signal.signal(number, lambda number, _frame: come.append(number))
    try:
        yield
    finally:
        for number, action in asked.items():
            signal.signal(number, action)
        for number in come:
            asked[number](number, None)
