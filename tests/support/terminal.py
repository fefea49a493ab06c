"""A program on a terminal of its own, as in a window: it can be closed, and what is left of it is looked at."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import itertools
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.emulator import Emulator
from tests.support.places import ROOT

PATIENCE_S = 90
LOOK_S = 0.05
LAUNCH = """
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR)  # of a session without one it becomes the controlling terminal
for number in (0, 1, 2):
    os.dup2(fd, number)
if fd > 2:
    os.close(fd)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
ON = frozenset({7, 25})
"""Modes that a shell expects to be on, line wrap and the cursor; all others to be off."""


class Window:
    """`python ARGS...` in `folder` on a terminal of 120 x 36, read all the time unless `is_read` is False."""

    def __init__(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        is_read: bool = True,
        folder: Path = ROOT,
    ) -> None:
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, os.ttyname(self._slave), *args],
            cwd=folder,
            env={**(os.environ if env is None else env), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        self.written = ""
        self._seen = 0
        """Characters of it that no one waits for any more."""
        self._emulator = Emulator(120, 36)
        self._drawn = 0
        """How much of what was written the emulator has."""
        self._is_open = True
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        if is_read:
            self._reader.start()

    def wait_for(self, text: str) -> None:
        """Until this was written, or is on the screen, of which only what changes is written."""
        with self._came:
            came = self._came.wait_for(
                lambda: text in self.written[self._seen :] or text in self._shown(), PATIENCE_S
            )
        assert came, f"{text!r} never came; the screen says:\n{self.shown}"

    def wait_for_written(self, text: str) -> None:
        """Until this was written since the last key: what stood on the screen before does not count."""
        with self._came:
            came = self._came.wait_for(lambda: text in self.written[self._seen :], PATIENCE_S)
        assert came, f"{text!r} was never written; the screen says:\n{self.shown}"

    @property
    def shown(self) -> str:
        """What is on the screen, line by line."""
        with self._came:
            return self._shown()

    def _shown(self) -> str:
        new, self._drawn = self.written[self._drawn :], len(self.written)
        self._emulator.feed(new)
        return self._emulator.text

    def forget(self, until: str = "") -> None:
        """What was written, or only that up to this text."""
        with self._came:
            self._shown()
            self.written = self.written.partition(until)[2] if until else ""
            self._drawn, self._seen = len(self.written), 0

    def wait_until_full(self, *keys: str) -> None:
        """Press these in turn until so much is unread that the program can write no more."""
        until, pressed = time.monotonic() + PATIENCE_S, itertools.cycle(keys)
        while select.select([], [self._slave], [], 0)[1]:
            assert time.monotonic() < until, "the terminal takes all that is written"
            self.press(next(pressed))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_S)

    def press(self, keys: str | bytes) -> None:
        """All in one write, which is one read for the program; what is waited for next comes after it."""
        with self._came:
            self._seen = len(self.written)
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def close(self) -> None:
        """As a window that is closed: the terminal is gone, and the kernel sends SIGHUP."""
        self._is_open = False
        if self._reader.ident is not None:
            self._reader.join()  # what is being read stays open
        os.close(self._slave)
        os.close(self._master)

    def end(self) -> int:
        """Its exit code; AssertionError with the screen if it goes on."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end, the screen says:\n{self.shown}") from None

    @property
    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def is_restored(self) -> bool:
        """Whether a shell could go on."""
        is_on = {number for number, state in self.modes().items() if state == "h"}
        return (
            self.modes().keys() >= {1049, 1000, 25}
            and is_on == ON
            and self.keyboard_levels == 0
            and self.attributes == self.before
        )

    def modes(self) -> dict[int, str]:
        """The last that was said of each mode, once everything that was written is read."""
        found: dict[int, str] = {}
        for number, state in re.findall(r"\x1b\[\?(\d+)([hl])", self.written):
            found[int(number)] = state
        return found

    @property
    def keyboard_levels(self) -> int:
        """How often the kitty protocol was turned on and not off again."""
        return len(re.findall(r"\x1b\[>\d+u", self.written)) - self.written.count("\x1b[<u")

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while self._is_open:
            if not select.select([self._master], [], [], LOOK_S)[0]:
                continue
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # the program has ended
                return
            with self._came:
                self.written += decode(data)
                self._came.notify_all()

    def discard(self) -> None:
        """Kill what still runs."""
        self.process.kill()
        self.process.wait()
        if self._is_open:
            self.close()


@contextlib.contextmanager
def window(*args: str, **more: Any) -> Iterator[Window]:
    opened = Window(*args, **more)
    try:
        yield opened
    finally:
        opened.discard()
