"""A TCP proxy before PostgreSQL that drops connections: at once, after this many bytes, or by not opening."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy import URL

STARTED_S = 30.0
DEFAULT_PORT = 5432


class Proxy:
    """Runs in a thread of its own. Programs connect to `port` on the loopback."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._writers: set[asyncio.StreamWriter] = set()
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

    def cut_after(self, budget: Callable[[], int | None]) -> None:
        """`budget()` gives the bytes a connection made from now on carries before it is dropped; None for all."""
        self._budget = budget

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        self._drop()

    def _drop(self) -> None:
        self.dropped += len(self._writers) // 2
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.transport.abort()
            return
        try:
            there, back = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, back}
        self._writers |= pair
        left = _Budget(self._budget())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, back, left))
                group.create_task(_copy(there, writer, left))
        except* OSError:
            pass
        finally:
            for each in pair:
                each.transport.abort()
            self._writers -= pair

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
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: _Budget
) -> None:
    """Until one side ends or the budget is used up, which both end the pair."""
    while data := await reader.read(65_536):
        passed = budget.take(data)
        writer.write(passed)
        await writer.drain()
        if len(passed) < len(data):
            break
    raise ConnectionResetError
