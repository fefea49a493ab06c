"""Runs a program in a pseudo-terminal, tells when text appears on it, and keeps what was written."""

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

WIDTH, HEIGHT = 120, 36
ASKED = b"\x1b[?2026$p"
ANSWER = b"\x1b[?2026;2$y"
"""Of a terminal that shows a whole frame at once."""
LONGEST_S = 5.0
"""How long a key is watched: a cursor that blinks never rests."""
BITE_S = 0.05
"""How often a slow link reads."""


class Terminal:
    """A program on a terminal of 120 x 36, read all the time. Leaving the `with` ends the program."""

    def __init__(
        self,
        command: list[str],
        environment: dict[str, str],
        *,
        rate: int = 0,
        answers: bool = False,
    ) -> None:
        """`rate` is the link's, in bytes a second; 0 for one without a limit. One that `answers` knows synchronized frames."""
        self._started = time.perf_counter()
        self._seen = b""
        self.everything = bytearray()
        self._rate = rate
        self._answers = answers
        self.last = self._started
        self._came = threading.Condition()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
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
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        self._reader.join()
        os.close(self._master)

    def wait_for(self, text: str, timeout: float = 60) -> float:
        """Until `text` was written since the last `send`; seconds since then, or since the start.

        The app writes only what changes: a word that takes the place of one with the same first letters isn't written whole.
        """
        wanted = text.encode()
        with self._came:
            if not self._came.wait_for(lambda: wanted in self._seen, timeout):
                sys.exit(f"{text!r} never came; the screen wrote {self._seen[-500:]!r}")
            return time.perf_counter() - self._started

    def send(self, keys: str) -> None:
        """Type, and forget what was seen before."""
        with self._came:
            self._seen = b""
            self._started = self.last = time.perf_counter()
        os.write(self._master, keys.encode())

    def written(self, quiet_s: float) -> bytes:
        """What was written since the last `send`, once nothing has come for `quiet_s` seconds, or after `LONGEST_S`."""
        until = self._started + LONGEST_S
        while (left := min(self.last + quiet_s, until) - time.perf_counter()) > 0:
            time.sleep(left)
        return self._seen

    def during(self, seconds: float) -> bytes:
        """What is written from now on for so long."""
        self.send("")
        time.sleep(seconds)
        return self._seen

    def _read(self) -> None:
        """A terminal that is not read stops the program."""
        bite = int(self._rate * BITE_S) or 65_536
        while True:
            try:
                data = os.read(self._master, bite)
            except OSError:  # the program has ended
                return
            if self._answers:
                for _ in range(data.count(ASKED)):
                    os.write(self._master, ANSWER)
            with self._came:
                self._seen += data
                self.everything += data
                self.last = time.perf_counter()
                self._came.notify_all()
            if self._rate:
                time.sleep(len(data) / self._rate)
