"""The terminal as Textual drives it, made safe for leaving: it may be gone, unread, or in another program's hands."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from queue import Full
from typing import Any, TextIO

from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

LEAVE_S = 2.0
"""Seconds for which a terminal that reads nothing holds up the end of the program."""
STOPPING = (signal.SIGTSTP, signal.SIGCONT)
LOOK_S = 0.1
"""Seconds between two looks whether the program is to end, while a terminal reads nothing."""


class TerminalGone(Message):
    """The terminal was closed."""


class TerminalDriver(LinuxDriver):
    """Textual's own blocks for good when its writer has died, and changes a terminal that a shell has taken back."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._file: Any = _Terminal(sys.__stderr__, self._lost)
        self._is_gone = False
        self._is_drawn_on = False
        self._leave_until: float | None = None

    def leave(self) -> None:
        """From now on nothing waits for the terminal for long. May be called within a signal handler."""
        if self._leave_until is None:
            self._leave_until = time.monotonic() + LEAVE_S

    def look(self) -> None:
        """Notice that the terminal was closed: reading it may fail, or just give nothing."""
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            self._lost()

    @property
    def is_stuck(self) -> bool:
        """After the end: what was written last still waits for a terminal that reads nothing."""
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def write(self, data: str) -> None:
        self._put(data)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # It returns early where the terminal is another program's, or gone.
        self._is_drawn_on = self.is_stuck

    def stop_application_mode(self) -> None:
        if not self._is_drawn_on:
            return
        self._is_drawn_on = False
        with _in_background():
            if not self._is_ours():
                self.attrs_before = None  # the shell has set its own
            super().stop_application_mode()

    def _disable_mouse_support(self) -> None:
        super()._disable_mouse_support()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")

    def disable_input(self) -> None:
        if self._key_thread is not None and self._key_thread.is_alive():
            super().disable_input()

    def close(self) -> None:
        writer = self._writer_thread
        if self._leave_until is None:
            super().close()
        elif writer is not None and self._put(None):
            writer.join(max(0.0, self._leave_until - time.monotonic()) + LOOK_S)

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            self._lost()

    def suspend(self) -> None:
        """Stop the whole job, as ctrl+z does in other programs: one that only started this one stops, too."""
        os.killpg(os.getpgrp(), signal.SIGTSTP)

    # Not within a handler, as Textual does: what it interrupts may hold the lock of what is being written.
    def _sigtstp_application(self, *_given: Any) -> None:
        self._loop.call_soon_threadsafe(self._stop)

    def _sigcont_application(self, *_given: Any) -> None:
        self._loop.call_soon_threadsafe(self._continue)

    def _stop(self) -> None:
        if self._leave_until is not None:
            return
        if self._is_drawn_on:
            self.suspend_application_mode()
        kept = {each: signal.signal(each, signal.SIG_DFL) for each in STOPPING}
        # Not SIGSTOP: without a shell that could continue it the kernel drops this one.
        signal.raise_signal(signal.SIGTSTP)
        for each, handler in kept.items():
            signal.signal(each, handler)
        self._continue()

    def _continue(self) -> None:
        """Take the terminal again, also after a stop that left no time to give it back."""
        if self._leave_until is not None:
            return
        if self._is_drawn_on:
            self.suspend_application_mode()
        self._must_signal_resume = True
        self.start_application_mode()

    def _put(self, data: str | None) -> bool:
        """Whether the writer has it. One that has ended takes nothing, nor does one that is stuck at the end."""
        writer = self._writer_thread
        while writer is not None and writer.is_alive():
            with contextlib.suppress(Full):
                _queue(writer).put(data, timeout=LOOK_S)
                return True
            if self._leave_until is not None and time.monotonic() > self._leave_until:
                return False
        return False

    def _lost(self) -> None:
        """In any thread."""
        if not self._is_gone:
            self._is_gone = True
            self.leave()
            self.send_message(TerminalGone())

    def _is_ours(self) -> bool:
        """Whether this program is in the foreground."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return False


class _Terminal:
    """The file that screens are written to. Errors are told once and end nothing."""

    def __init__(self, file: TextIO | None, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost

    def write(self, text: str) -> None:
        with self._told():
            if self._file is not None:
                self._file.write(text)

    def flush(self) -> None:
        with self._told():
            if self._file is not None:
                self._file.flush()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self._lost()


def _queue(writer: WriterThread) -> Any:
    return writer._queue


@contextlib.contextmanager
def _in_background() -> Iterator[None]:
    """Without being stopped for it, a program in the background may write to the terminal."""
    kept = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, kept)
