"""The closure of a package into an empty catalogue, next to npm, pnpm, bun and merely downloading the documents.

    python -m benchmarks.mirror record                         # once
    npm install --prefix benchmarks/clients pnpm bun           # once
    python -m benchmarks.ingest [ROOT ...] [--runs 3] [--server postgresql://user@host/postgres]

Whole processes on the same local mirror, in turn: `tgtui ask npm:ROOT --wait` with an empty catalogue and
cache (cold) and once more with the cooldown at 0 (warm), the clients that are here, which write a lockfile
alone, and a Python loop that downloads the same documents with the same HTTP client. Printed are medians,
ratios, processor time, peak memory and the requests each made; of tgtui also the processor time and the
statements for each package, which are counted in a run of their own. A client writes a lockfile; tgtui
stores every version and edge. `--server` names a PostgreSQL where databases may be made; without it the
catalogue is SQLite.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.mirror import ROOTS, Mirror, require_recordings, serve

FLOOR = """
import asyncio, sys
import httpx

async def main(url, names):
    gate = asyncio.Semaphore(6)
    async with httpx.AsyncClient(base_url=url) as client:
        async def get(name):
            async with gate:
                (await client.get(name)).raise_for_status()
        await asyncio.gather(*(get(name) for name in names))

asyncio.run(main(sys.argv[1], sys.stdin.read().split()))
"""


CLIENTS = Path(__file__).parent / "clients" / "node_modules" / ".bin"
"""Where those are that the system has not."""
LOCKFILES = ("package-lock.json", "pnpm-lock.yaml", "bun.lock")


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process."""

    seconds: float
    cpu_s: float
    peak_mb: float
    requests: dict[int, int]
    """By HTTP status."""


def run(
    command: list[str], mirror: Mirror, *, cwd: str, env: dict[str, str], stdin: str = ""
) -> Run:
    """Run to its end; SystemExit with its output when it fails."""
    mirror.requests()
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{output.read()}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss / 1024, mirror.requests())


def measure(root: str, mirror: Mirror, runs: int, server: str | None) -> None:
    """One root: every contender in turn, `runs` times."""
    found: dict[str, list[Run]] = {}
    for _ in range(runs):
        with catalogue(mirror, server) as (folder, env):
            measure_tgtui(root, mirror, folder, env, found)
        for name in ("npm", "pnpm", "bun"):
            client = shutil.which(name) or shutil.which(name, path=str(CLIENTS))
            if client is not None:
                with tempfile.TemporaryDirectory() as folder:
                    measure_client(name, client, root, mirror, folder, found)
    with catalogue(mirror, server) as (folder, env):
        statements = count_statements(root, mirror, folder, env)
    report(root, found, statements)


@contextmanager
def catalogue(mirror: Mirror, server: str | None) -> Iterator[tuple[str, dict[str, str]]]:
    """A folder, and an environment in which tgtui has an empty catalogue there or on the server."""
    with tempfile.TemporaryDirectory() as folder, empty_database(server) as url:
        env = {**os.environ, "TGTUI_NPM_REGISTRY": mirror.url, "TGTUI_DATA_DIR": folder}
        yield folder, env | ({"TGTUI_DATABASE_URL": url} if url else {})


def words(root: str) -> list[str]:
    """Of the command that is measured."""
    return ["ask", f"npm:{root}", "--wait", "--quiet"]


def measure_tgtui(
    root: str, mirror: Mirror, folder: str, env: dict[str, str], found: dict[str, list[Run]]
) -> None:
    ask = [sys.executable, "-m", "tgtui", *words(root)]
    mirror.paths()
    found.setdefault("tgtui cold", []).append(run(ask, mirror, cwd=folder, env=env))
    paths = "\n".join(quote(path, safe="@") for path in mirror.paths())
    floor = [sys.executable, "-c", FLOOR, mirror.url]
    found.setdefault("download only", []).append(
        run(floor, mirror, cwd=folder, env=env, stdin=paths)
    )
    env = {**env, "TGTUI_LIMITS_COOLDOWN_MINUTES": "0"}
    found.setdefault("tgtui warm", []).append(run(ask, mirror, cwd=folder, env=env))


def count_statements(root: str, mirror: Mirror, folder: str, env: dict[str, str]) -> int:
    """Of a cold run."""
    file = Path(folder, "statements")
    counted = [sys.executable, "-m", "benchmarks.statements", str(file), *words(root)]
    run(counted, mirror, cwd=str(Path(__file__).parent.parent), env=env)
    return int(file.read_text())


def measure_client(
    name: str, client: str, root: str, mirror: Mirror, folder: str, found: dict[str, list[Run]]
) -> None:
    """Cold and warm, with a cache and a home of its own."""
    command = {
        "npm": [client, "install", "--package-lock-only", "--no-audit", "--no-fund", root],
        # Since 12 it reads no npm_config_registry.
        "pnpm": [client, "add", "--lockfile-only", f"--registry={mirror.url}", root],
        "bun": [client, "add", "--lockfile-only", root],
    }[name]
    env = {
        **os.environ,
        "HOME": folder,
        "npm_config_registry": mirror.url,
        "npm_config_cache": f"{folder}/cache",
        "npm_config_store_dir": f"{folder}/store",
        "npm_config_cache_dir": f"{folder}/cache",
        "BUN_INSTALL_CACHE_DIR": f"{folder}/cache",
    }
    for state in ("cold", "warm"):
        Path(folder, "package.json").write_text("{}")
        for lockfile in LOCKFILES:
            Path(folder, lockfile).unlink(missing_ok=True)
        found.setdefault(f"{name} {state}", []).append(run(command, mirror, cwd=folder, env=env))


@contextmanager
def empty_database(server: str | None) -> Iterator[str | None]:
    """A new database on the server, dropped afterwards; None where there is no server."""
    if server is None:
        yield None
        return
    from sqlalchemy import create_engine, text

    from tgtui.data.storage.engine import parse_url

    url, name = parse_url(server), f"tgtui_benchmark_{os.getpid()}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def report(root: str, found: dict[str, list[Run]], statements: int) -> None:
    """A line per contender: median seconds, ratio of tgtui cold to it, processor, peak memory, requests."""
    cold = statistics.median(r.seconds for r in found["tgtui cold"])
    print(f"\n{root}")
    print(f"  {'':16}{'seconds':>9}{'tgtui / it':>12}{'processor':>11}{'peak MB':>9}  requests")
    for name, runs in found.items():
        seconds = statistics.median(r.seconds for r in runs)
        cpu = statistics.median(r.cpu_s for r in runs)
        memory = max(r.peak_mb for r in runs)
        asked = ", ".join(
            f"{count} x {status}" for status, count in sorted(runs[-1].requests.items())
        )
        line = f"  {name:16}{seconds:9.2f}{cold / seconds:12.2f}{cpu:11.2f}{memory:9.0f}"
        print(f"{line}  {asked or 'none'}")
    packages = sum(found["tgtui cold"][-1].requests.values())
    each = statistics.median(r.cpu_s for r in found["tgtui cold"]) / packages
    print(
        f"  for each package {1000 * each:.1f} ms of processor, {statements / packages:.1f} statements"
    )
    absent = [name for name in ("npm", "pnpm", "bun") if f"{name} cold" not in found]
    if absent:
        print(f"  not here: {', '.join(absent)} (see the beginning of benchmarks/ingest.py)")


def main() -> None:
    """Measure each root."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("roots", nargs="*", default=list(ROOTS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--server", help="PostgreSQL in place of SQLite")
    options = parser.parse_args()
    require_recordings(options.roots or ROOTS)
    with serve() as mirror:
        for root in options.roots or ROOTS:
            measure(root, mirror, options.runs, options.server)


if __name__ == "__main__":
    main()
