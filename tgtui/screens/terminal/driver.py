"""The terminal as Textual drives it, made safe: it may be gone, unread, or in another program's hands, and send anything."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import selectors
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from queue import Full
from typing import Any, TextIO

from rich.color import ColorSystem
from textual import events
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset, Size
from textual.message import Message

from tgtui.screens.terminal.hearing import TerminalInput
from tgtui.screens.terminal.painting import Painting, Update

LEAVE_S = 2.0
"""Seconds for which a terminal that reads nothing holds up the end of the program."""
STOPPING = (signal.SIGTSTP, signal.SIGCONT)
LOOK_S = 0.1
"""Seconds between two looks whether the program is to end, while a terminal reads nothing."""
READ_AT_ONCE = 1 << 16
"""Bytes."""


class TerminalGone(Message):
    """The terminal was closed."""


class TerminalDriver(LinuxDriver):
    """Textual's own blocks for good when its writer has died, and changes a terminal that a shell has taken back."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._painting = Painting()
        self._file: Any = _Terminal(sys.__stderr__, self._lost, self._painting.take)
        self.exit_event: _Ending = _Ending()
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

    def show(
        self,
        update: Update,
        size: Size,
        cursor: Offset,
        colors: ColorSystem,
        *,
        is_synchronized: bool,
    ) -> None:
        """Bring a frame to the terminal. If it is slow, a newer one may come before it."""
        self._painting.show(update, size, cursor, colors, is_synchronized=is_synchronized)
        self._call_writer()

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # It returns early where the terminal is another program's, or gone.
        self._is_drawn_on = self.is_stuck
        if self._is_drawn_on:
            self._painting.start()
            self._call_writer()

    def stop_application_mode(self) -> None:
        if not self._is_drawn_on:
            return
        self._is_drawn_on = False
        self._painting.stop()
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

    def process_message(self, message: Message) -> None:
        if not isinstance(message, events.MouseEvent) or self._is_on_screen(message):
            super().process_message(message)

    def run_input_thread(self) -> None:
        """Reads until the screens end. Textual's own looks ten times a second whether they do."""
        try:
            with selectors.SelectSelector() as selector:  # macOS can't poll a terminal
                selector.register(self.fileno, selectors.EVENT_READ)
                selector.register(self.exit_event, selectors.EVENT_READ)
                self._listen(selector)
        except OSError:
            self._lost()

    def _run_input_thread(self) -> None:
        """Textual's own ends the program with exit code 0 and no line in a log."""
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - nothing above this could hear of it
            self._app.call_later(self._app._handle_exception, error)

    def _listen(self, selector: selectors.BaseSelector) -> None:
        heard, early = TerminalInput(), self._waiting()
        while not self.exit_event.is_set():
            ready = selector.select(heard.pause)
            if not ready:
                self._tell(heard.rest())
            elif any(key.fd == self.fileno for key, _ in ready):
                data = os.read(self.fileno, READ_AT_ONCE)
                if not data:  # it was closed, which `look` finds out
                    return
                # Before it was the program's, the terminal gave an enter as the end of a line.
                data = data[:early].replace(b"\n", b"\r") + data[early:]
                early = max(0, early - len(data))
                self._tell(heard.feed(data))

    def _tell(self, messages: Iterator[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _waiting(self) -> int:
        """Bytes that were typed and not read yet."""
        count = array.array("i", [0])
        fcntl.ioctl(self.fileno, termios.FIONREAD, count)
        return count[0]

    def _is_on_screen(self, event: events.MouseEvent) -> bool:
        """Whatever else is reported would take the focus away."""
        width, height = self._app.size
        return 0 <= event.screen_x < width and 0 <= event.screen_y < height

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

    def _call_writer(self) -> None:
        if self._painting.call():
            self._put("")

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


class _Ending(threading.Event):
    """That screens end; a selector notices it at once."""

    def __init__(self) -> None:
        super().__init__()
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        return self._reading

    def set(self) -> None:
        if not self.is_set():
            os.write(self._writing, b".")
        super().set()

    def clear(self) -> None:
        if self.is_set():
            os.read(self._reading, 1)
        super().clear()


class _Terminal:
    """The file that screens are written to. Errors are told once and end nothing."""

    def __init__(
        self, file: TextIO | None, lost: Callable[[], None], take: Callable[[], str]
    ) -> None:
        """`take` gives what is to be written once everything else is."""
        self._file = file
        self._lost = lost
        self._take = take

    def write(self, text: str) -> None:
        with self._told():
            if self._file is not None:
                self._file.write(text)

    def flush(self) -> None:
        """The writer calls it when nothing waits."""
        with self._told():
            if self._file is not None:
                self._file.write(self._take())
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
