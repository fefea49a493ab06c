"""Programs under attack: started, read all the time, killed, paused, asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.places import ROOT


class Program:
    """`tgtui ARGS...` in a process of its own; what it prints goes to a file and to `lines`."""

    def __init__(
        self,
        args: list[str],
        environment: Mapping[str, str],
        log: Path,
        came: Callable[[], None],
        *,
        on_terminal: bool = False,
    ) -> None:
        """`came` is called after each line and at the end. `on_terminal`: the screens need one."""
        self.args = args
        self.log = log
        self.lines: list[str] = []
        self._came = came
        self._keys: int | None = None
        streams = _open_terminal() if on_terminal else None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tgtui", *args],
            cwd=ROOT,
            env=dict(environment),
            stdin=streams[1] if streams else subprocess.DEVNULL,
            stdout=streams[1] if streams else subprocess.PIPE,
            stderr=streams[1] if streams else subprocess.STDOUT,
            start_new_session=True,
        )
        if streams is not None:
            self._keys, slave = streams
            os.close(slave)
            output = self._keys
        else:
            assert self.process.stdout is not None
            output = self.process.stdout.fileno()
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def holder(self) -> str:
        """A LIKE pattern of what its claims carry in `locked_by`."""
        return f"%:{self.pid}:%"

    def has_said(self, text: str, since: int = 0) -> bool:
        return any(text in line for line in self.lines[since:])

    def kill(self) -> None:
        """As the kernel does when memory is short; the process is gone when this returns."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM, where it still runs."""
        if self.is_running:
            self.process.terminate()

    def press(self, keys: str) -> None:
        assert self._keys is not None
        os.write(self._keys, keys.encode())

    def close(self) -> None:
        """Kill it if it still runs, and read what is left. May be called twice."""
        if self.is_running:
            self.kill()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if self._keys is not None:
            os.close(self._keys)
            self._keys = None

    def _read(self, output: int) -> None:
        left = b""
        with self.log.open("ab") as log:
            while True:
                try:
                    data = os.read(output, 65_536)
                except OSError:  # a terminal whose program has ended
                    data = b""
                if not data:
                    break
                log.write(data)
                log.flush()
                if self._keys is not None:  # a screen has no lines: one text, as it was written
                    self.lines = ["".join(self.lines) + data.decode("utf-8", "replace")]
                else:
                    *lines, left = (left + data).split(b"\n")
                    self.lines += [line.decode("utf-8", "replace") for line in lines]
                self._came()
        if left:
            self.lines.append(left.decode("utf-8", "replace"))
        self._came()


def _open_terminal() -> tuple[int, int]:
    """Both ends of a pseudo-terminal of 120 x 36."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    return master, slave
