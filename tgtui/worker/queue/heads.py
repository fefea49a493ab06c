"""Where the live part of the queue's indexes begins, as far as this program knows.

PostgreSQL leaves the entries of what was claimed in an index until vacuum removes them, which it can't while any session
holds an older snapshot. They gather at the head of the index, where every look begins to read. So a look begins where
an earlier one has seen that nothing is left. What comes to be before that (handed back, retried by a person, edited,
committed late) is found by a whole look, which comes as often as it is cheap: see `Pace`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from tgtui.basics.ids import first_uuid7
from tgtui.data.requests.asking import (
    PRIORITY_ASKED,
    PRIORITY_AUTO,
    PRIORITY_OPENED,
    PRIORITY_SEED,
    PRIORITY_SEED_AUTO,
    PRIORITY_WATCHED,
)
from tgtui.registries.base import Lane
from tgtui.worker.queue.claim import Claim

PRIORITIES = (
    PRIORITY_OPENED,
    PRIORITY_ASKED,
    PRIORITY_AUTO,
    PRIORITY_SEED,
    PRIORITY_SEED_AUTO,
    PRIORITY_WATCHED,
)
"""A look with a head knows these; others, written by hand, are found by whole looks."""
LATE = timedelta(seconds=2)
"""How long a transaction usually takes from making a key or a time until others see it."""
WHOLE_EVERY_S = 1.0
"""Whole looks come at least so often, if they are cheap."""
SHARE = 10
"""At most a tenth of a program's time goes into whole looks that are not needed to fill its room."""
FIRST = UUID(int=0)


class Pace:
    """When to read an index from its beginning again."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._ended: float | None = None
        self._cost_s = 0.0
        self.is_owed = False
        """There was room left, and no whole look yet."""

    @property
    def is_due(self) -> bool:
        """It is time for one, whatever is found without it."""
        return self._waits_s(WHOLE_EVERY_S) <= 0

    @property
    def rest_s(self) -> float:
        """Seconds until one that is needed may be made."""
        return self._waits_s(0.0)

    @contextmanager
    def look(self) -> Iterator[None]:
        """One is made."""
        began = self._seconds()
        yield
        self._ended = self._seconds()
        self._cost_s = self._ended - began
        self.is_owed = False

    def _waits_s(self, least: float) -> float:
        if self._ended is None:
            return 0.0
        return self._ended + max(least, SHARE * self._cost_s) - self._seconds()


class Head(Pace):
    """Of what is due in one lane."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__(seconds)
        self.lows = dict.fromkeys(PRIORITIES, FIRST)
        """By priority: nothing pending has a smaller id."""
        self.waits_from: datetime | None = None
        """No retry is due before."""

    def learn(
        self,
        now: datetime,
        claims: Sequence[Claim],
        *,
        is_filled: bool,
        waits_from: datetime | None,
    ) -> None:
        """From a look that claimed these, by priority and id.

        With `is_filled` there may be more behind them, and no retry is due before `waits_from`.
        """
        new = first_uuid7(now - LATE)
        last = claims[-1] if is_filled else None
        for priority in self.lows:
            if last is None or priority < last.priority:
                self.lows[priority] = new
            elif priority == last.priority:
                self.lows[priority] = min(last.request_id, new)
        self.waits_from = waits_from if is_filled else now - LATE


class Leases(Pace):
    """Of leases that ran out."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__(seconds)
        self._since: datetime | None = None
        self._lanes: tuple[Lane, ...] = ()

    def since(self, lanes: tuple[Lane, ...]) -> datetime | None:
        """No lease of these lanes ran out before; None if that is not known, or has to be looked at again."""
        return None if lanes != self._lanes or self.is_due else self._since

    def learn(
        self, now: datetime, lanes: tuple[Lane, ...], since: datetime | None, *, has_found: bool
    ) -> None:
        """From a look: the first that it found ran out at `since`. It is to be found again until it is taken over."""
        self._lanes = lanes
        self._since = since if has_found else now - LATE


class Heads:
    """Of one program."""

    def __init__(self) -> None:
        self.leases = Leases()
        self._lanes: dict[Lane, Head] = {}

    def of(self, lane: Lane) -> Head:
        return self._lanes.setdefault(lane, Head())
