"""Works on what comes one by one in groups: while one group is worked on, the next gathers."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from tgtui.basics.errors import DatabaseError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Work: TypeAlias = Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]]
"""An answer for each item, in their order. An exception is the answer of its item alone."""

MOST_TOGETHER = 64
"""Items in one group."""
COMPANY_S = 0.03
"""How long a group waits for others that are on their way."""


class Gathering(Generic[Item, Answer]):
    """What comes alone does not wait; what comes meanwhile shares the next transaction."""

    def __init__(
        self,
        name: str,
        work: Work[Item, Answer],
        *,
        weigh: Callable[[Item], int] = lambda _item: 1,
        most: int = MOST_TOGETHER,
        is_more_coming: Callable[[], bool] = lambda: False,
    ) -> None:
        """`most` bounds the weight of a group; a heavier item makes one alone. While `is_more_coming` a group waits for
        `COMPANY_S`: a transaction costs about as much for ten as for three.
        """
        self._name = name
        self._work = work
        self._weigh = weigh
        self._most = most
        self._is_more_coming = is_more_coming
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._group: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Answer:
        """The item's answer. Raises its exception, or that of the whole group."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._run(), name=self._name)
        return await future

    def items(self) -> list[Item]:
        """What is worked on, or waits to be."""
        return [item for item, _future in (*self._group, *self._waiting)]

    async def close(self) -> None:
        """Wait until nothing is left."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._is_more_coming():
                    await asyncio.sleep(COMPANY_S)
                self._take()
                await self._answer(self._group)
        finally:
            self._group = []
            self._worker = None

    def _take(self) -> None:
        """The next group, also of what nobody waits for any more."""
        self._group = []
        weight = 0
        while self._waiting:
            weight += self._weigh(self._waiting[0][0])
            if self._group and weight > self._most:
                break
            self._group.append(self._waiting.popleft())

    async def _answer(self, group: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _future in group])
        except Exception as error:  # noqa: BLE001 - passed on to those who wait
            if len(group) > 1 and not isinstance(error, DatabaseError):
                # One of them fails; the others must not fail with it.
                for one in group:
                    await self._answer([one])
                return
            answers = [error] * len(group)
        for (_item, future), answer in zip(group, answers, strict=True):
            with contextlib.suppress(asyncio.InvalidStateError):  # nobody waits for it any more
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
