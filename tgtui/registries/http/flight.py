"""Shared by concurrent callers: one piece of work per key, and the most recently decoded documents."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct, field

from tgtui.registries.base import FetchProgress, ProgressCallback

T = TypeVar("T")


class _Flight(Struct):
    """Running work, and who waits for it."""

    task: asyncio.Task[Any]
    listeners: list[ProgressCallback]
    waiting: int = 0


class SingleFlight(Struct):
    """Callers with one key share one piece of work. It is cancelled when the last of them has gone."""

    _flights: dict[Hashable, _Flight] = field(default_factory=dict)

    async def run(
        self,
        key: Hashable,
        work: Callable[[ProgressCallback], Awaitable[T]],
        on_progress: ProgressCallback | None = None,
    ) -> T:
        """The result of `work`, or of the running work for the same key.

        `work` gets a callback that reports its progress to every caller.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._start(key, work)
        if on_progress is not None:
            flight.listeners.append(on_progress)
        flight.waiting += 1
        try:
            result: T = await asyncio.shield(flight.task)
            return result
        finally:
            flight.waiting -= 1
            if on_progress is not None:
                flight.listeners.remove(on_progress)
            if flight.waiting == 0 and not flight.task.done():
                # Later callers start again instead of joining cancelled work.
                self._forget(key, flight)
                flight.task.cancel()

    async def aclose(self) -> None:
        """Cancel running work and wait for its end."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Hashable, work: Callable[[ProgressCallback], Awaitable[T]]) -> _Flight:
        listeners: list[ProgressCallback] = []

        def tell(progress: FetchProgress) -> None:
            for listener in tuple(listeners):
                listener(progress)

        async def fly() -> T:
            return await work(tell)

        flight = _Flight(asyncio.create_task(fly()), listeners)
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._landed(key, flight, task))
        return flight

    def _landed(self, key: Hashable, flight: _Flight, task: asyncio.Task[Any]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # read, so that asyncio does not report it as never retrieved

    def _forget(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


class Weighed(Protocol):
    """A value with a known size in memory."""

    @property
    def weight(self) -> int:
        """Bytes, roughly."""
        ...


W = TypeVar("W", bound=Weighed)


class Recent(Generic[W]):
    """The most recently used values, within a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._values: OrderedDict[str, W] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> W | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: str, value: W) -> None:
        """Keep `value`, dropping the least recently used; one that is too large alone is not kept."""
        self.drop(key)
        if value.weight > self._max_bytes:
            return
        self._values[key] = value
        self._bytes += value.weight
        while self._bytes > self._max_bytes:
            _, oldest = self._values.popitem(last=False)
            self._bytes -= oldest.weight

    def drop(self, key: str) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._bytes -= value.weight
