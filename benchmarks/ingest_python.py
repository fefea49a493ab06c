"""The environment of a Python package into an empty catalogue, next to pip and uv, on one recorded index.

    .venv/bin/python -m benchmarks.ingest_python --pip PIP --uv UV [--runs 3] [--delay 0] [ROOT ...]

What each root needs is recorded first from the index of this machine, in memory: pages, and the metadata of every file
that is asked for, which the recorded index then announces. Whole processes in turn: `tgtui ask pypi:ROOT --wait` with an
empty catalogue and cache, `pip install --dry-run`, and `uv pip compile --no-cache`. Printed are medians of seconds, of
the processor's too, and the requests each made. tgtui also resolves and stores the environment of every package below the root.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.support.http_thread import Reply, Request, Served
from tgtui.basics.settings import PypiSettings
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.pypi.adapter import ACCEPT
from tgtui.registries.pypi.configuration.indexes import read_index_config
from tgtui.registries.pypi.documents.page import File
from tgtui.registries.pypi.fetching import MetadataSource

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
FOREIGN = ("PIP_", "UV_", "PYTHONDONTWRITEBYTECODE")
ROOTS = ("django", "fastapi", "jupyter")


class Recorded(Served):
    """An index that asks the machine's own for what it does not have yet, and announces metadata."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.delay = 0.0
        self.requests = 0
        self._config = read_index_config(PypiSettings())
        self._pages: dict[str, bytes] = {}
        self._files: dict[str, dict[str, Any]] = {}
        self._metadata: dict[str, bytes] = {}
        self._cache = DocumentCache(folder)

    def _reply(self, request: Request) -> Reply:
        self.requests += 1
        kind, _slash, name = unquote(request.path).strip("/").partition("/")
        if kind == "simple":
            if name not in self._pages:
                self._pages[name] = _apart(self._page(name))
            return Reply(200, self._pages[name], {"Content-Type": JSON_TYPE}, latency=self.delay)
        filename = name.removesuffix(".metadata")
        if filename == name:
            return Reply(404)
        if filename not in self._metadata:
            self._metadata[filename] = _apart(self._of(filename))
        return Reply(200, self._metadata[filename], latency=self.delay)

    def _client(self) -> HttpClient:
        config = self._config
        return HttpClient(authorization=config.authorization_for, trust=config.trust)

    async def _page(self, name: str) -> bytes:
        client = self._client()
        got = await client.get(
            f"{self._config.indexes[0]}{name}/", label=name, accept=ACCEPT, max_bytes=1 << 28
        )
        await client.aclose()
        assert got is not None
        body = bytes(got.body)
        found: dict[str, Any] = json.loads(body)
        for each in found["files"]:
            self._files[each["filename"]] = dict(each)
            each["url"] = f"{self.url}/files/{each['filename']}"
            if each["filename"].endswith(".whl"):
                each["core-metadata"] = True
        return json.dumps(found).encode()

    async def _of(self, filename: str) -> bytes:
        told = self._files[filename]
        source = MetadataSource(self._client(), self._cache)
        file = File(filename, told["url"], None, None, None, False, None, filename.endswith(".whl"))
        await source.get(file, filename)
        await source.aclose()
        kept = self._cache.read(f"metadata:{_key(told['url'])}")
        assert kept is not None
        return kept[1]


def _key(url: str) -> str:
    from urllib.parse import urlsplit

    from tgtui.registries.http.rules import origin_of

    return f"{origin_of(url)}{urlsplit(url).path}"


def _apart(work: Any) -> bytes:
    """In a loop and thread of its own: the server's own loop is running."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        found: bytes = pool.submit(asyncio.run, work).result()
    return found


def commands(root: str, index: Recorded, given: argparse.Namespace) -> dict[str, list[str]]:
    address = f"{index.url}/simple/"
    pip = [
        given.pip, "--isolated", "--no-cache-dir", "--disable-pip-version-check", "install", "--dry-run",
        "--ignore-installed", "--no-input", "-q", "--index-url", address, root,
    ]  # fmt: skip
    uv = [
        given.uv, "pip", "compile", "-", "--no-header", "--no-annotate", "--no-cache", "--no-config", "-q",
        "--python", sys.executable, "--default-index", address,
    ]  # fmt: skip
    tgtui = [sys.executable, "-m", "tgtui", "ask", f"pypi:{root}", "--wait", "--quiet"]
    return {"tgtui": tgtui, "pip": pip, "uv": uv}


def run(name: str, command: list[str], root: str, index: Recorded) -> tuple[float, float, int]:
    """Seconds, seconds of the processor, and requests."""
    with tempfile.TemporaryDirectory() as folder:
        env = {k: v for k, v in os.environ.items() if not k.upper().startswith(FOREIGN)}
        # The first packages of a new catalogue are not in a registry that is asked for them here.
        env |= {"TGTUI_DATA_DIR": folder, "TGTUI_NPM_REGISTRY": index.url}
        env |= {"TGTUI_PYPI_INDEX": f"{index.url}/simple/"}
        before, began, busy = index.requests, time.perf_counter(), _busy()
        done = subprocess.run(
            command, input=root, text=True, env=env, capture_output=True, check=False
        )
        took = time.perf_counter() - began
        if done.returncode:
            print(f"    {name}: {done.stderr.strip()[-300:]}")
        return took, _busy() - busy, index.requests - before


def _busy() -> float:
    """Of all processes that ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip", required=True)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("roots", nargs="*", default=ROOTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Recorded(Path(folder)) as index:
        for root in given.roots:
            index.delay = 0.0
            asked = commands(root, index, given)
            for name, command in asked.items():  # records
                run(name, command, root, index)
            index.delay = given.delay
            found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in asked}
            for _run in range(given.runs):
                for name, command in asked.items():
                    found[name].append(run(name, command, root, index))
            told = ", ".join(
                f"{name} {statistics.median(each[0] for each in runs):.2f} s"
                f" ({statistics.median(each[1] for each in runs):.2f} of processor, {runs[-1][2]} requests)"
                for name, runs in found.items()
            )
            print(f"{root:12} {told}", flush=True)


if __name__ == "__main__":
    main()
