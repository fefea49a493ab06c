"""A registry that fails at random: each answer depends on the seed, the package and how often it was asked."""

from __future__ import annotations

import time
from collections import Counter
from random import Random

from tests.support.fake_registry import FakeRegistry, dropped, html_page, raw, status
from tests.support.http_thread import Gate, Reply, Request

HELD_AT_ONCE = 2
"""Answers that hang at a moment; each holds a connection of a worker and a thread of the server."""
KINDS: tuple[str, ...] = (
    "500",
    "503",
    "429",
    "429 soon",
    "truncated",
    "early end",
    "dropped",
    "hang",
)
FINAL_KINDS = ("html", "list")
"""Answers that say the document itself is wrong: the request fails at once, and is asked for again later."""


class FlakyRegistry(FakeRegistry):
    """Right until `fail_from_now`, and again after `heal`."""

    def __init__(self, seed: str, longest_hang_s: float) -> None:
        """A connection that hangs is dropped after so long at most, when `release_old` looks."""
        super().__init__()
        self._seed = seed
        self._longest_hang_s = longest_hang_s
        self._rate = 0.0
        self._kinds: tuple[str, ...] = KINDS
        self._asked: Counter[str] = Counter()
        self._held: list[tuple[float, Gate]] = []
        self.faults: Counter[str] = Counter()
        """How often each kind was answered."""

    def fail_from_now(self, rate: float, kinds: tuple[str, ...] = KINDS) -> None:
        """That part of the answers, between 0 and 1, is one of these."""
        self._kinds = kinds
        self._rate = rate

    def heal(self) -> None:
        """Every answer is right from now on; those that hang are dropped."""
        self._rate = 0.0
        self._release(float("inf"))

    def release_old(self) -> None:
        """Drop the answers that have hung for long enough."""
        self._release(time.monotonic())

    def stop(self) -> None:
        self.heal()
        super().stop()

    def _release(self, now: float) -> None:
        for each in tuple(self._held):
            until, gate = each
            if until <= now:
                gate.open()
                self._held.remove(each)

    def _reply(self, request: Request) -> Reply:
        self._asked[request.path] += 1
        random = Random(f"{self._seed} {request.path} {self._asked[request.path]}")
        if random.random() >= self._rate:
            return super()._reply(request)
        kind = random.choice(self._kinds)
        if kind == "hang" and len(self._held) >= HELD_AT_ONCE:
            kind = "dropped"
        self.faults[kind] += 1
        return self._fault(kind, request, random)

    def _fault(self, kind: str, request: Request, random: Random) -> Reply:
        if kind in ("500", "503"):
            return status(int(kind))
        if kind.startswith("429"):
            return status(429, retry_after="0" if kind == "429" else "1")
        if kind == "html":
            return html_page()
        if kind == "list":
            return raw(b"[]")
        if kind == "early end":
            return raw(b'{"name":"p","versions":{"1.0.0":{')
        if kind == "truncated":
            right = super()._reply(request)
            at = random.randrange(len(right.body) + 1)
            return Reply(right.status, right.body, right.headers, send_only=at)
        if kind == "hang":
            gate = Gate()
            hang_s = random.uniform(0, self._longest_hang_s)
            self._held.append((time.monotonic() + hang_s, gate))
            return Reply(gate=gate, drop=True)
        return dropped()
