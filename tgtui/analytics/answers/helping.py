"""A second processor for trees that are walked one by one: a process that walks some while this one walks others."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeAlias

import numpy as np

from tgtui.analytics.answers.closures import Ints
from tgtui.data.graph.choosing.walking import LENGTH

PROCESS = "tgtui.data.graph.choosing.walking"
AHEAD = 4
"""Trees that the process is asked for at once: it never waits for this one, which walks one between two looks."""
EXPECTED = 100
"""The same while this one does something else."""
KEY = 32
"""Digits of an id."""

Tree: TypeAlias = tuple[Ints, int, int]
"""Versions of a closure, itself first and then those it needs directly; how many these are; the distance of the farthest."""


class Helper:
    """Reads the catalogue at once, and walks as soon as it is asked. If it fails, all is walked here."""

    def __init__(self, url: str, registry: str, numbers: Callable[[list[str]], Ints]) -> None:
        """`numbers` tells what versions are called here, by id; -1 of one that is not known."""
        self._numbers = numbers
        self._frames: SimpleQueue[bytes | None] = SimpleQueue()
        self._expected: deque[str] = deque()
        self._asked: deque[str] = deque()
        """What it walks, or will."""
        self._told: dict[str, bytes] = {}
        """What it has walked; empty for what is to be walked here."""
        self._ours: Ints | None = None
        """By the process's number; None until it has read."""
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-m", PROCESS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        if self._process is not None:
            threading.Thread(target=self._hear, daemon=True).start()
            self._ask(json.dumps({"url": url, "registry": registry}))

    def expect(self, keys: Sequence[str]) -> None:
        """These roots will be walked: it may begin."""
        self._expected.extend(keys)
        self._keep()
        while self._expected and len(self._asked) < EXPECTED and self._is_ready():
            self._ask_for(self._expected.popleft())

    def walk(self, keys: Sequence[str], alone: Callable[[int], Tree]) -> Iterator[tuple[int, Tree]]:
        """Each of these roots by its place, in any order. `alone` walks one here, by its place too."""
        self._expected.clear()
        places = {key: place for place, key in enumerate(keys)}
        waiting = deque(key for key in keys if key not in self._asked and key not in self._told)
        while places:
            self._keep()
            for key in [key for key in self._told if key in places]:
                place, frame = places.pop(key), self._told.pop(key)
                yield place, (self._tree(frame) if frame else alone(place))
            while waiting and len(self._asked) < AHEAD and self._is_ready():
                self._ask_for(waiting.popleft())
            if waiting:
                place = places.pop(waiting.pop())
                yield place, alone(place)
            elif places:
                self._keep(waits=True)

    def close(self) -> None:
        """End it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._process = None

    def _is_ready(self) -> bool:
        """Whether it lives and has read the catalogue."""
        if self._process is None:
            return False
        if self._ours is None:
            with contextlib.suppress(Empty):
                self._know(self._frames.get_nowait())
        return self._ours is not None and self._process is not None

    def _know(self, frame: bytes | None) -> None:
        if frame is None:
            self.close()
            return
        told = frame.decode()
        self._ours = self._numbers([told[at : at + KEY] for at in range(0, len(told), KEY)])

    def _ask_for(self, key: str) -> None:
        self._asked.append(key)
        self._ask(key)

    def _keep(self, *, waits: bool = False) -> None:
        """What it has told. If it is gone, nothing is told of what it was asked for."""
        while self._asked:
            try:
                frame = self._frames.get() if waits else self._frames.get_nowait()
            except Empty:
                return
            waits = False
            if frame is None:
                self.close()
                self._told.update((key, b"") for key in self._asked)
                self._asked.clear()
            else:
                self._told[self._asked.popleft()] = frame

    def _tree(self, frame: bytes) -> Tree:
        told = np.frombuffer(frame, np.int32)
        assert self._ours is not None
        order = self._ours[told[2:]]
        is_here = order >= 0
        return order[is_here], int(is_here[1 : told[0] + 1].sum()), int(told[1])

    def _ask(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it is gone: its end is in the queue
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()

    def _hear(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        stream = self._process.stdout
        with contextlib.suppress(OSError, ValueError):
            while len(head := stream.read(LENGTH)) == LENGTH:
                size = int.from_bytes(head, sys.byteorder)
                frame = stream.read(size)
                if len(frame) < size:
                    break
                self._frames.put(frame)
        self._frames.put(None)


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
