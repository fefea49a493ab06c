"""A local mirror of recorded packuments, for benchmarks that must not depend on the network.

Record once (asks the registry your npm uses, one request per package):

    python -m benchmarks.mirror record express webpack next jest

Everything lands in `benchmarks/recordings/`, which is not committed. Benchmarks then serve it from memory:
gzip, ETag, 304, keep-alive, in a process of its own, so that it takes no time from what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote, unquote

RECORDINGS = Path(__file__).parent / "recordings"
ROOTS = ("express", "webpack", "next", "jest")
"""Small to large: from some fifty to some three hundred packages."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A running mirror."""

    url: str
    _control: Connection

    def requests(self) -> dict[int, int]:
        """Answers given since the last call, by HTTP status."""
        self._control.send("count")
        counts: dict[int, int] = self._control.recv()
        return counts

    def paths(self) -> list[str]:
        """Packages asked for since the last call."""
        self._control.send("paths")
        found: list[str] = self._control.recv()
        return found


@contextmanager
def serve(*, record_from: str | None = None, delay_s: float = 0.0) -> Iterator[Mirror]:
    """Serve the recordings; with `record_from`, fetch and keep what is missing."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_main, args=(there, record_from, delay_s), daemon=True)
    process.start()
    try:
        yield Mirror(here.recv(), here)
    finally:
        process.terminate()
        process.join()


def require_recordings(roots: Iterable[str] = ROOTS) -> None:
    """Exit with what to do where one of these was not recorded."""
    missing = [root for root in roots if not _file_of(root).exists()]
    if missing:
        names = " ".join(missing)
        sys.exit(f"Not recorded yet. First: python -m benchmarks.mirror record {names}")


def _file_of(name: str) -> Path:
    return RECORDINGS / f"{quote(name, safe='@')}.gz"


class _Server:
    """HTTP/1.1 with keep-alive, as much of it as package managers use to read packuments."""

    def __init__(self, record_from: str | None, delay_s: float) -> None:
        self.record_from = record_from
        self.delay_s = delay_s
        self.documents = {unquote(f.name[:-3]): f.read_bytes() for f in RECORDINGS.glob("*.gz")}
        self.etags = {
            n: f'"{hashlib.sha256(b).hexdigest()[:20]}"' for n, b in self.documents.items()
        }
        self.counts: dict[int, int] = {}
        self.paths: list[str] = []

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(await self.answer(head.decode("latin-1")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, head: str) -> bytes:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        request, *lines = head.split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        name = unquote(request.split(" ")[1].lstrip("/"))
        self.paths.append(name)
        if name not in self.documents and self.record_from:
            await asyncio.to_thread(self.record, name)
        body = self.documents.get(name)
        if body is None:
            return self.reply(404, b"{}")
        etag = self.etags[name]
        if headers.get("if-none-match") == etag:
            return self.reply(304, b"", f"ETag: {etag}\r\n")
        extra = f"ETag: {etag}\r\nContent-Type: application/json\r\n"
        if "gzip" in headers.get("accept-encoding", ""):
            return self.reply(200, body, f"{extra}Content-Encoding: gzip\r\n")
        return self.reply(200, gzip.decompress(body), extra)

    def reply(self, status: int, body: bytes, extra: str = "") -> bytes:
        self.counts[status] = self.counts.get(status, 0) + 1
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        return head.encode() + body

    def record(self, name: str) -> None:
        import httpx

        found = httpx.get(f"{self.record_from}/{quote(name, safe='@')}", timeout=120)
        if found.status_code == 200:
            body = gzip.compress(found.content, 6)
            _file_of(name).write_bytes(body)
            self.documents[name] = body
            self.etags[name] = f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _main(control: Connection, record_from: str | None, delay_s: float) -> None:
    asyncio.run(_serve(control, record_from, delay_s))


async def _serve(control: Connection, record_from: str | None, delay_s: float) -> None:
    handler = _Server(record_from, delay_s)
    server = await asyncio.start_server(handler.connection, "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    control.send(f"http://127.0.0.1:{port}")
    while True:
        question = await asyncio.to_thread(control.recv)
        if question == "count":
            control.send(handler.counts)
            handler.counts = {}
        else:
            control.send(handler.paths)
            handler.paths = []


def _record(roots: list[str]) -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("Recording asks npm for the registry's address; install Node.js first.")
    address = subprocess.run(
        [npm, "config", "get", "registry"], capture_output=True, text=True, check=True
    ).stdout.strip()
    RECORDINGS.mkdir(exist_ok=True)
    with serve(record_from=address.rstrip("/")) as mirror:
        for root in roots:
            with tempfile.TemporaryDirectory() as folder:
                print(f"recording {root} ...", flush=True)
                _record_with_npm(npm, mirror.url, root, folder)
                _record_with_tgtui(mirror.url, root, folder)
    count = len(list(RECORDINGS.glob("*.gz")))
    print(f"{count} documents in {RECORDINGS}")


def _record_with_npm(npm: str, url: str, root: str, folder: str) -> None:
    Path(folder, "package.json").write_text("{}")
    command = [npm, "install", "--package-lock-only", "--no-audit", "--no-fund"]
    subprocess.run(
        [*command, "--registry", url, "--cache", f"{folder}/cache", root], cwd=folder, check=True
    )


def _record_with_tgtui(url: str, root: str, folder: str) -> None:
    command = [sys.executable, "-m", "tgtui", "--data-dir", f"{folder}/data"]
    environment = {**os.environ, "TGTUI_NPM_REGISTRY": url}
    subprocess.run([*command, "ask", f"npm:{root}", "--wait", "--quiet"], env=environment)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("record").add_argument("roots", nargs="*", default=list(ROOTS))
    _record(parser.parse_args().roots or list(ROOTS))
