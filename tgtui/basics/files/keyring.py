"""Calls of the system's keyring: bounded, and off the terminal, where a backend would write over the screen and wait for keys that never come."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

TERMINALS = ("/dev/tty", "/dev/pts/", "/dev/console", "CONIN$", "CONOUT$")
"""Beginnings of the names of terminals."""

_here = threading.local()
_lock = threading.Lock()
_is_watching = False


class AsksOnTerminal(Exception):
    """A backend tried to ask on the terminal."""


@contextlib.contextmanager
def no_terminal() -> Iterator[None]:
    """Code in this thread that asks on the terminal gets AsksOnTerminal. A program that it starts is not watched."""
    _watch()
    _here.is_silent = True
    try:
        yield
    finally:
        _here.is_silent = False


def _watch() -> None:
    """An audit hook can't be removed, so it is added once; it also catches what a backend imported long ago."""
    global _is_watching
    with _lock:
        if not _is_watching:
            sys.addaudithook(_look)
            _is_watching = True


def _look(event: str, args: tuple[Any, ...]) -> None:
    if event not in {"open", "builtins.input"} or not getattr(_here, "is_silent", False):
        return
    if event == "builtins.input" or str(args[0]).startswith(TERMINALS):
        raise AsksOnTerminal


class Calls:
    """A thread that makes one call after the other, and that the program's exit does not wait for."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def bounded(self, work: Callable[[], T], seconds: float) -> T:
        """Its result, or what it raises; TimeoutError after `seconds`, which leaves the call running or in line."""
        answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((True, work()))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                answers.put((False, error))

        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tgtui-keyring", daemon=True)
            self._thread.start()
        self._waiting.put(run)
        try:
            is_done, value = answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not is_done:
            raise value
        return value  # type: ignore[no-any-return]

    def _run(self) -> None:
        while True:
            self._waiting.get()()
