"""A small HTTP/1.1 server in a thread of its own, whose answers may be wrong in every way a test wants."""

from __future__ import annotations

import asyncio
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

WAIT_SECONDS = 30.0
"""How long a test waits for a gate before it fails instead of hanging."""


class Gate:
    """Holds answers back until a test lets them go; says when a request has arrived at it."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._open = threading.Event()

    async def arrived(self) -> None:
        """Wait until a request stands at the gate."""
        if not await asyncio.to_thread(self._arrived.wait, WAIT_SECONDS):
            raise AssertionError("no request reached the gate")

    def open(self) -> None:
        """Let every request through, also those still to come."""
        self._open.set()

    async def pass_through(self) -> None:
        """Called by the server for a request that has to wait here."""
        self._arrived.set()
        if not self._open.is_set():
            await asyncio.to_thread(self._open.wait, WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    """With its escapes, as sent."""
    headers: Mapping[str, str]
    """Keys in lower case."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, right or wrong."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: int = 1
    """The body is sent this many times: a huge answer that costs the server no memory."""
    send_only: int | None = None
    """Close the connection after so many bytes of the body; 0 sends the head only."""
    drop: bool = False
    """Close the connection instead of answering."""
    gate: Gate | None = None
    """Wait here before answering."""
    latency: float = 0.0
    """Seconds before the answer, for benchmarks."""
    has_length: bool = True
    """False: no Content-Length, the end of the connection ends the body."""


Handler = Callable[[Request], Reply]


class HttpThread:
    """Serves `handler` on a free port of the loopback, over keep-alive connections."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-http", daemon=True)
        self._active = 0
        self.port = 0
        self.most_at_once = 0
        """The largest number of requests answered at one moment."""
        self.connections = 0
        """How many connections were ever opened."""

    def start(self) -> None:
        self._thread.start()
        if not self._started.wait(WAIT_SECONDS):
            raise AssertionError("the fake server did not start")

    def stop(self) -> None:
        """Close every connection, also those that wait at a gate. May be called twice."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(WAIT_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            def ended(task: asyncio.Task[None]) -> None:
                tasks.discard(task)
                writer.transport.abort()  # one that is cancelled before it begins runs nothing

            task = asyncio.ensure_future(self._converse(reader, writer))
            tasks.add(task)
            task.add_done_callback(ended)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        await pass_turns()  # what is just being accepted: a closed server would drop its socket
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await pass_turns()  # sockets are closed in the turns after they are given up

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await _read(reader):
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """True where the connection may carry another request."""
        self._active += 1
        self.most_at_once = max(self.most_at_once, self._active)
        try:
            reply = self._handler(request)
            if reply.gate is not None:
                await reply.gate.pass_through()
            if reply.latency:
                await asyncio.sleep(reply.latency)
            return not reply.drop and await _send(reply, writer)
        finally:
            self._active -= 1


class Served(ABC):
    """A server that answers as its `_reply` says; a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._http = HttpThread(self._reply, tls)
        self._scheme = "http" if tls is None else "https"

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.stop()

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"{self._scheme}://127.0.0.1:{self._http.port}"

    @abstractmethod
    def _reply(self, request: Request) -> Reply:
        """The answer to one request."""


async def pass_turns() -> None:
    """Let the loop do what it was asked for in the last moments."""
    for _turn in range(4):
        await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {key.strip().lower(): value.strip() for key, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


async def _send(reply: Reply, writer: asyncio.StreamWriter) -> bool:
    length = len(reply.body) * reply.repeat
    headers = dict(reply.headers)
    if reply.has_length and reply.status != HTTPStatus.NOT_MODIFIED:
        headers.setdefault("Content-Length", str(length))
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Odd"
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n"
    head += "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    writer.write(head.encode("latin-1") + b"\r\n")
    left = length if reply.send_only is None else min(reply.send_only, length)
    while left > 0:
        piece = reply.body[:left]
        writer.write(piece)
        left -= len(piece)
        await writer.drain()
    complete = reply.send_only is None and reply.has_length
    if not complete:
        await writer.drain()
        writer.write_eof()
    return complete
