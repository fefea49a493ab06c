"""Runs a program in a pseudo-terminal and tells when text appears on it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
import threading
import time
from types import TracebackType


class Terminal:
    """A program on a terminal of 120 x 36, read all the time. Leaving the `with` ends the program."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._started = time.perf_counter()
        self._seen = b""
        self._came = threading.Condition()
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self._pid, 9)
        os.waitpid(self._pid, 0)
        self._reader.join()
        os.close(self._master)

    def wait_for(self, text: str, timeout: float = 60) -> float:
        """Until `text` was written since the last `send`; seconds since then, or since the start."""
        wanted = text.encode()
        with self._came:
            if not self._came.wait_for(lambda: wanted in self._seen, timeout):
                sys.exit(f"{text!r} never came; the screen wrote {self._seen[-500:]!r}")
            return time.perf_counter() - self._started

    def send(self, keys: str) -> None:
        """Type, and forget what was seen before."""
        with self._came:
            self._seen = b""
            self._started = time.perf_counter()
        os.write(self._master, keys.encode())

    def _read(self) -> None:
        """A terminal that is not read stops the program."""
        while True:
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # the program has ended
                return
            with self._came:
                self._seen += data
                self._came.notify_all()
