"""A whole Debian release: reading, importing, and asking it, next to apt-cache and python-debian.

    .venv/bin/python -m benchmarks.apt [--postgresql [URL]] [PACKAGES.xz]

Without a file it takes apt's own list of this machine. python-debian is asked where it is installed. `--postgresql` imports
into the server of that URL, whose user may create databases, or into one that runs as long as the benchmark.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import lzma
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.servers import server
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.graph.tree import TreeQuery, overview
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.indexes.building import build_elsewhere
from tgtui.syntax.query import parse_search
from tgtui.worker.imports.importing import Importer

LISTS = Path("/var/lib/apt/lists")
HELPER = "/usr/lib/apt/apt-helper"
PACKAGE = "libreoffice"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--postgresql", nargs="?", const="", metavar="URL", help="import there, too"
    )
    parser.add_argument("packages", nargs="?", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = asked.packages or lists_of_this_machine(folder)
        index = read(source, folder)
        database = Database(open_engine(parse_url(sqlite_url(folder / "catalogue.sqlite3"))))
        bring("SQLite", database, index)
        ask(database)
        database.close()
        print(f"  peak memory: {peak()} (aim 500 MB)")
        if asked.postgresql is not None:
            with server(asked.postgresql or None) as databases, databases.fresh() as url:
                database = Database(open_engine(parse_url(url)))
                bring("PostgreSQL", database, index)
                ask(database)
                database.close()
        index.close()


def lists_of_this_machine(folder: Path) -> Path:
    """apt's own copy of main, as xz."""
    found = sorted(LISTS.glob("*_main_binary-*_Packages*"), key=lambda path: path.stat().st_size)
    if not found:
        sys.exit("apt has no lists here: name a Packages.xz, or run apt-get update")
    plain = subprocess.run([HELPER, "cat-file", str(found[-1])], capture_output=True, check=True)
    target = folder / "Packages.xz"
    target.write_bytes(lzma.compress(plain.stdout, preset=1))
    return target


def read(source: Path, folder: Path) -> AptIndex:
    target = folder / "apt.index"
    part = {"path": str(source), "compression": source.suffix, "label": "main", "sha256": ""}
    suites = json.dumps([{"name": "main", "pin": 500}])
    job: dict[str, Any] = {
        "module": "tgtui.registries.apt.index.build",
        "path": str(target),
        "architecture": "amd64",
        "problems": [],
        "parts": [{**part, "size": 0, "source": 0, "pin": 500}],
        "facts": {"architecture": "amd64", "digest": "benchmark", "suites": suites},
    }
    ours = timed(lambda: asyncio.run(build_elsewhere(job, "apt")))
    print(f"reading {source.name} into an index file: {ours:.2f} s", end="")
    theirs = python_debian(source)
    print(f", {ours / theirs:.2f} x python-debian ({theirs:.2f} s)" if theirs else "")
    return AptIndex(target, datetime.now(UTC), recommends=True)


def python_debian(source: Path) -> float | None:
    """Reading the same paragraphs, nothing more; None where it is not installed."""
    try:
        from debian.deb822 import Packages  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None

    def every() -> None:
        with lzma.open(source) as file:
            for paragraph in Packages.iter_paragraphs(file, use_apt_pkg=False):
                paragraph["Package"]

    return timed(every)


def bring(label: str, database: Database, index: AptIndex) -> None:
    migrate.upgrade(database.engine)
    started = processor_time()
    first = timed(lambda: Importer(database, "apt", index, lambda told: None).run())
    used = processor_time() - started
    again = timed(lambda: Importer(database, "apt", index, lambda told: None).run())
    everything = timed(lambda: Importer(database, "apt", index, lambda told: None).run(force=True))
    print(f"{label}: {len(index):,} packages imported in {first:.1f} s ({used:.1f} s of processor)")
    print(f"  again, the same index: {again:.2f} s (aim 3); compared whole: {everything:.1f} s")


def processor_time() -> float:
    """Of this process and of those it started, s."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak() -> str:
    """Resident memory, with the pages of the database's file that the system maps."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"


def ask(database: Database) -> None:
    """What people ask of it, next to apt-cache's process."""
    found = database.read_now(find_package, "apt", PACKAGE)
    assert found is not None
    detail = database.read_now(package_detail, found)
    assert detail is not None
    assert detail.latest is not None
    version = detail.latest.id
    libc = database.read_now(find_package, "apt", "libc6")
    assert libc is not None
    for words, ours, theirs in (
        (
            "search editor",
            lambda: database.read_now(search_packages, parse_search("apt: editor")),
            ["search", "--names-only", "editor"],
        ),
        (
            f"the closure of {PACKAGE}",
            lambda: database.read_now(overview, TreeQuery(version)),
            ["depends", "--recurse", "--installed=false", PACKAGE],
        ),
        (
            "who uses libc6, the first page",
            lambda: database.read_now(dependents_page, libc),
            ["rdepends", "libc6"],
        ),
    ):
        compare(words, ours, theirs)


def compare(words: str, ours: Callable[[], Any], theirs: list[str]) -> None:
    ours()
    mine = min(timed(ours) for _ in range(3))
    if shutil.which("apt-cache") is None:
        print(f"{words}: {mine * 1000:.0f} ms")
        return
    command = ["apt-cache", *theirs]
    peer = min(timed(lambda: subprocess.run(command, capture_output=True)) for _ in range(3))
    print(f"{words}: {mine * 1000:.0f} ms, {mine / peer:.2f} x apt-cache {theirs[0]}")


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
