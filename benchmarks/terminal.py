"""Runs a program in a pseudo-terminal and tells when text first appears on it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from types import TracebackType


class Terminal:
    """A program on a terminal of 120 x 36. Use it with `with`; leaving ends the program."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.started = time.perf_counter()
        self.seen = b""
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    def wait_for(self, text: str, timeout: float = 60) -> float:
        """Read until `text` was written since the last `send`; seconds since then, or since the start."""
        wanted = text.encode()
        while wanted not in self.seen:
            left = self.started + timeout - time.perf_counter()
            ready, _, _ = select.select([self._master], [], [], max(left, 0))
            if not ready:
                sys.exit(f"{text!r} never came; the screen wrote {self.seen[-500:]!r}")
            self.seen += os.read(self._master, 65_536)
        return time.perf_counter() - self.started

    def read(self, seconds: float) -> None:
        """Take what is written for so long: a terminal that is not read stops the program."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                os.read(self._master, 65_536)

    def send(self, keys: str) -> None:
        """Type, and forget what was seen before."""
        self.seen = b""
        self.started = time.perf_counter()
        os.write(self._master, keys.encode())
