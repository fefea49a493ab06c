"""Loading a dump of advisories: time, memory, and what a second import of the same costs.

    python -m benchmarks.advisories [--records 250000] [--packages 20000] [--database-url URL]

The dump is made up like npm's: nine of ten records are about malware in packages that nobody has, the others have ranges,
a vector and text. It is loaded in a process of its own, whose peak memory is told, next to merely reading and
decompressing the same archive: the floor. Then what marks cost a page of search rows: read and drawn as text, with
advisories about its packages, and with their marks taken away.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from benchmarks.search import percentiles
from tests.support import rows
from tgtui.basics.settings import Settings
from tgtui.data.models.search import package_search
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.services.opening import prepare_database
from tgtui.syntax.query import parse_search
from tgtui.widgets.labels import worst_label
from tgtui.worker.advisories.dumps import open_dump
from tgtui.worker.advisories.importing import import_dump

PAGES = 400
ROWS = 50
QUERIES = ("package", "package-1", "package-77", "sort:name package", "-package-3 package")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
WORDS = "An attacker can make a program that uses this package wait for a very long time. " * 8


def record(number: int, packages: int) -> dict[str, Any]:
    base = {"modified": "2026-01-01T00:00:00Z", "published": "2025-01-01T00:00:00Z"}
    zero = {"introduced": "0"}
    if number % 10:
        package = {"ecosystem": "npm", "name": f"malware-{number}"}
        ranges = [{"type": "SEMVER", "events": [zero]}]
        about = {"affected": [{"package": package, "ranges": ranges}], "details": WORDS}
        return {"id": f"MAL-2025-{number}", **base, **about}
    package = {"ecosystem": "npm", "name": f"package-{number // 10 % packages}"}
    events = [zero, {"fixed": f"1.{number % 7}.0"}]
    return {
        "id": f"GHSA-{number:04x}-aaaa-bbbb",
        **base,
        "aliases": [f"CVE-2025-{number}"],
        "summary": "It may wait for very long",
        "details": WORDS,
        "severity": [{"type": "CVSS_V3", "score": VECTOR}],
        "affected": [{"package": package, "ranges": [{"type": "SEMVER", "events": events}]}],
        "references": [{"type": "WEB", "url": f"https://example.org/{number}"}],
    }


def write(file: Path, records: int, packages: int) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(records):
            one = record(number, packages)
            archive.writestr(f"{one['id']}.json", json.dumps(one))


def fill(connection: Connection, packages: int) -> None:
    for number in range(packages):
        package, _version = rows.add_release(connection, f"package-{number}")
        rows.add_version(connection, package, "1.3.0")


def opened(folder: Path, url: str | None) -> Database:
    return prepare_database(Settings(data_dir=str(folder), database_url=url)).database


def load(folder: Path, url: str | None) -> None:
    """In the process that is measured."""
    database = opened(folder, url)
    started, processor = time.monotonic(), time.process_time()
    done = import_dump(database, folder / "all.zip")
    told = {
        "seconds": round(time.monotonic() - started, 1),
        "processor": round(time.process_time() - processor, 1),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "new": done.new,
        "affected": done.affected,
    }
    database.close()
    print(json.dumps(told))


def page_times(folder: Path, url: str | None) -> list[float]:
    """Milliseconds of processor of each of many first pages, read and made into the cells that have the marks."""
    database = opened(folder, url)
    times: list[float] = []
    now = datetime.now(UTC)
    for number in range(PAGES):
        query = parse_search(QUERIES[number % len(QUERIES)])
        started = time.process_time()
        page = database.read_now(search_packages, query, limit=ROWS, now=now)
        for row in page.rows:
            worst_label(row.worst)
        times.append((time.process_time() - started) * 1_000)
    database.close()
    return times[len(QUERIES) :]  # those before are not prepared yet


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=250_000)
    parser.add_argument("--packages", type=int, default=20_000)
    parser.add_argument("--database-url")
    parser.add_argument("--load")
    given = parser.parse_args()
    if given.load:
        load(Path(given.load), given.database_url)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "all.zip", given.records, given.packages)
        database = opened(folder, given.database_url)
        database.write_now(fill, given.packages)
        database.close()
        started = time.monotonic()
        with open_dump(folder / "all.zip") as dump:
            size = sum(len(member.raw) for member in dump)
        floor = time.monotonic() - started
        print(f"reading {given.records:,} records, {size >> 20} MB: {floor:.1f} s")
        for title in ("the first import", "the same again"):
            command = [sys.executable, "-m", "benchmarks.advisories", "--load", name]
            command += ["--database-url", given.database_url] if given.database_url else []
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told = done.stdout.strip().splitlines()[-1]
            print(f"{title}: {told}, {json.loads(told)['seconds'] / floor:.1f} times the floor")
        page_times(folder, given.database_url)  # everything is in memory then
        marked = page_times(folder, given.database_url)
        database = opened(folder, given.database_url)
        database.write_now(
            lambda c: c.execute(update(package_search).values(severity=None, advisories=None))
        )
        database.close()
        bare = page_times(folder, given.database_url)
        for title, times in (("without marks", bare), ("with marks", marked)):
            p50, p95, p99 = percentiles(times)
            print(f"a page of {ROWS} rows {title}: p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} ms")
        cost = percentiles(marked)[1] - percentiles(bare)[1]
        print(f"marks cost {cost:+.2f} ms at p95 (aim: at most 1)")


if __name__ == "__main__":
    main()
