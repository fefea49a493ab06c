"""A TCP proxy before PostgreSQL that drops connections: at once, after this many bytes, or by not opening.

Or it falls silent, as a network that loses everything: nothing passes, nothing is closed, no one is told.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import URL, make_url

from tests.support.http_thread import pass_turns
from tgtui.data.storage.server import watch

QUICK = {
    "LOOK_S": 0.02,
    "QUIET_S": 0.3,
    "AGAIN_S": 0.1,
    "WORKS_S": 0.1,
    "GONE_S": 0.6,
    "LEAVE_S": 0.1,
    "STUCK_S": 0.1,
}
"""Patience of the watch over connections so short that a test is quick."""
STARTED_S = 30.0
DEFAULT_PORT = 5432


@dataclass(eq=False)
class Way:
    """One direction of one connection."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have connections that fell silent noticed soon."""
    for name, seconds in QUICK.items():
        monkeypatch.setattr(watch, name, seconds)


class Proxy:
    """Runs in a thread of its own. Programs connect to `port`, by default on the loopback."""

    def __init__(self, server: URL, host: str = "127.0.0.1") -> None:
        self._server = server
        self._host = host
        self._writers: set[asyncio.StreamWriter] = set()
        self._ways: dict[asyncio.StreamWriter, tuple[Way, Way]] = {}
        """Of each client's connection, to the server and back."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lets_in = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._budget: Callable[[], int | None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="chaos-proxy", daemon=True)
        self._started = threading.Event()
        self.port = 0
        self.is_open = True
        """While False, a connection is dropped as soon as it is made."""
        self.dropped = 0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(STARTED_S):
            raise RuntimeError("the proxy did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STARTED_S)

    def cut(self) -> None:
        """Drop every connection this moment."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._drop)

    def url(self, database: str) -> str:
        """The address of one of the server's databases, through here."""
        parts = make_url(database)
        through = parts.set(host=self._host, port=self.port, query={})
        return through.render_as_string(hide_password=False)

    def fall_silent(
        self, *, to_server: bool = True, to_client: bool = True, lets_in: bool = False
    ) -> None:
        """From when this returns nothing passes in these directions over any connection that there is.

        `lets_in` has new ones work; otherwise they are taken, and silent too.
        """

        def silence() -> None:
            self._lets_in = lets_in
            for there, back in self._ways.values():
                for way, is_meant in ((there, to_server), (back, to_client)):
                    if is_meant:
                        way.is_open.clear()

        self._do(silence)

    def speak(self) -> None:
        """Everything passes again, also what was sent meanwhile."""

        def open_all() -> None:
            self._lets_in = True
            for ways in self._ways.values():
                for way in ways:
                    way.is_open.set()

        self._do(open_all)

    @property
    def connections(self) -> int:
        """How many clients' connections there are."""
        return len(self._ways)

    def _do(self, change: Callable[[], Any]) -> None:
        assert self._loop is not None
        done = threading.Event()

        def run() -> None:
            change()
            done.set()

        self._loop.call_soon_threadsafe(run)
        if not done.wait(STARTED_S):
            raise RuntimeError("the proxy does not answer")

    def cut_after(self, budget: Callable[[], int | None]) -> None:
        """`budget()` gives the bytes a connection made from now on carries before it is dropped; None for all."""
        self._budget = budget

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connected, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        await pass_turns()  # what is just being accepted: a closed server would drop its socket
        server.close()
        self._drop()
        for ways in self._ways.values():
            for way in ways:
                way.is_open.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STARTED_S)
        await pass_turns()  # sockets are closed in the turns after they are given up

    def _drop(self) -> None:
        self.dropped += len(self._writers) // 2
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        ways = self._ways[writer] = (Way(), Way())
        if self._lets_in:
            for way in ways:
                way.is_open.set()
        try:
            await ways[0].is_open.wait()
            if self._stopping.is_set():
                raise ConnectionResetError
            there, back = await self._connect()
        except OSError:
            del self._ways[writer]
            writer.transport.abort()
            return
        pair = {writer, back}
        self._writers |= pair
        left = _Budget(self._budget())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, back, left, ways[0]))
                group.create_task(_copy(there, writer, left, ways[1]))
        except* OSError:
            pass
        finally:
            for each in pair:
                each.transport.abort()
            self._writers -= pair
            del self._ways[writer]

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = self._server.host or self._server.query.get("host") or "localhost"
        assert isinstance(host, str)
        port = self._server.port or DEFAULT_PORT
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


class _Budget:
    """Bytes that one connection may still carry, both ways together."""

    def __init__(self, left: int | None) -> None:
        self._left = left

    def take(self, data: bytes) -> bytes:
        """What of it may pass."""
        if self._left is None:
            return data
        passed = data[: self._left]
        self._left -= len(passed)
        return passed


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: _Budget, way: Way
) -> None:
    """Until one side ends or the budget is used up, which both end the pair; an end passes no silence."""
    while True:
        data = await reader.read(65_536)
        await way.is_open.wait()
        if not data:
            break
        passed = budget.take(data)
        writer.write(passed)
        await writer.drain()
        if len(passed) < len(data):
            break
    raise ConnectionResetError
