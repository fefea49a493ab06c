"""Keeps a keyring's backend off the terminal: it would write over the screen, and wait for keys that never come."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

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
