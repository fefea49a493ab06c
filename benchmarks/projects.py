"""A project of 1,500 locked packages: read, stored, read back, assessed, listed.

`python -m benchmarks.projects [packages]`; a catalogue in a temporary folder knows every package, with 40 versions each.
Beside it, in the same run: what a mere parse of the lock file takes, and `npm ls` of the same folder where npm is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import yaml
from sqlalchemy import Connection

from tests.support import rows
from tgtui.basics.ids import uuid7s
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.packages.projects import assessing, contents, kept
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate
from tgtui.screens.account.projects.lines import declared_lines, locked_lines, tree_lines
from tgtui.services.personal.projects.graph import LockedGraph
from tgtui.services.personal.projects.walking import read_folder

VERSIONS = 40
DECLARED = 60
NPM_S = 60
"""npm lists 1,500 packages in some seconds, and 10,000 in nine minutes."""
T = TypeVar("T")


def mere_parse(file: Path) -> float:
    """Seconds, the best of three."""
    text = file.read_text()

    def parse() -> object:
        if file.suffix == ".json":
            return json.loads(text)
        return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))

    took = []
    for _round in range(3):
        started = time.perf_counter()
        parse()
        took.append(time.perf_counter() - started)
    return min(took)


def npm_ls(folder: Path) -> float | None:
    """Seconds; None without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    started = time.perf_counter()
    args = ("ls", "--all", "--json", "--package-lock-only", "--offline")
    try:
        subprocess.run([npm, *args], cwd=folder, capture_output=True, timeout=NPM_S)
    except subprocess.TimeoutExpired:
        print(f"npm ls took longer than {NPM_S} s")
        return None
    return time.perf_counter() - started


def timed(what: str, work: Callable[[], T]) -> T:
    """Prints the time that passed, and that of the processor."""
    started, used = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - started, time.process_time() - used
    print(f"{what:<30} {wall * 1_000:8.1f} ms {processor * 1_000:8.1f} ms of processor")
    return result


def write_npm(folder: Path, count: int) -> None:
    """Each package uses up to three that come after it."""
    direct = {f"package-{n}": "^1.0.0" for n in range(DECLARED)}
    locked: dict[str, Any] = {"": {"name": "bench", "version": "1.0.0", "dependencies": direct}}
    for n in range(count):
        uses = {f"package-{m}": "^1.0.0" for m in (n + 1, n * 2 + 1, n * 3 + 2) if m < count}
        locked[f"node_modules/package-{n}"] = {
            "version": "1.5.0",
            "resolved": f"https://registry.example/package-{n}/-/package-{n}-1.5.0.tgz",
            "integrity": "sha512-" + "A" * 86,
            "license": "MIT",
            "dependencies": uses,
        }
    lock = {"name": "bench", "lockfileVersion": 3, "packages": locked}
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2))
    manifest = {"name": "bench", "version": "1.0.0", "dependencies": direct}
    (folder / "package.json").write_text(json.dumps(manifest, indent=2))


def write_pnpm(folder: Path, count: int) -> None:
    lines = ["lockfileVersion: '9.0'", "importers:", "  .:", "    dependencies:"]
    for n in range(DECLARED):
        lines += [f"      package-{n}:", "        specifier: ^1.0.0", "        version: 1.5.0"]
    lines.append("packages:")
    for n in range(count):
        lines += [f"  package-{n}@1.5.0:", f"    resolution: {{integrity: sha512-{'A' * 86}}}"]
    lines.append("snapshots:")
    for n in range(count):
        lines += [f"  package-{n}@1.5.0:", "    dependencies:"]
        lines += [f"      package-{m}: 1.5.0" for m in (n + 1, n * 2 + 1, n * 3 + 2) if m < count]
    (folder / "pnpm-lock.yaml").write_text(
        "\n".join(lines).replace("    dependencies:\n  package", "  package")
    )


def fill(connection: Connection, count: int) -> None:
    ids = uuid7s(count)
    both = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    names = [f"package-{n}" for n in range(count)]
    bulk_insert(
        connection,
        packages,
        [
            {
                "id": id,
                "name": name,
                "search_name": name,
                "registry": "npm",
                "last_fetch_success": rows.DAY_ONE,
                **both,
            }
            for id, name in zip(ids, names, strict=True)
        ],
    )
    versions = [
        {
            "package_id": id,
            "version": f"{1 + v // 20}.{v % 20}.0",
            "sort_key": f"{1 + v // 20:04}{v % 20:04}",
            "is_prerelease": False,
            "is_yanked": False,
            "published_at": rows.DAY_ONE,
            "created_at": rows.DAY_ONE,
        }
        for id in ids
        for v in range(VERSIONS)
    ]
    keyed = zip(uuid7s(len(versions)), versions, strict=True)
    bulk_insert(connection, package_versions, [{"id": id, **each} for id, each in keyed])


def measure(database: Database, account: UUID, folder: Path, count: int) -> None:
    print(f"\n{folder.name}, {count} packages")
    started, used = time.perf_counter(), time.process_time()
    reading = timed("read the folder", lambda: read_folder(folder))
    assert reading is not None
    id = database.write_now(kept.add_project, account, folder.name)
    said = (reading.contents, reading.files, reading.problems, reading.digest)
    timed("store", lambda: database.write_now(contents.store_contents, id, *said))
    found = timed("read back", lambda: database.read_now(contents.read_contents, id))
    report = timed("assess", lambda: database.read_now(assessing.assess, found))
    graph = LockedGraph(found)
    timed("list what is declared", lambda: declared_lines(report, only_faults=False))
    timed("list what is locked", lambda: locked_lines(report, only_faults=False))
    roots = {(root,) for root in graph.roots}
    timed("list the tree", lambda: tree_lines(report, graph, roots))
    last = graph.named(f"package-{count - 1}")[0]
    timed("why the last one", lambda: graph.ways(last, 12))
    wall, processor = time.perf_counter() - started, time.process_time() - used
    print(f"{'altogether':<30} {wall * 1_000:8.1f} ms {processor * 1_000:8.1f} ms of processor")
    lock = next(each for each in folder.iterdir() if "lock" in each.name)
    parse = mere_parse(lock)
    print(
        f"{'a mere parse of the lock file':<30} {parse * 1_000:8.1f} ms: {wall / parse:.0f} times"
    )
    if lock.suffix == ".json" and (listed := npm_ls(folder)) is not None:
        print(f"{'npm ls --all':<30} {listed * 1_000:8.1f} ms: {wall / listed:.2f} times")
    print(f"{len(found.edges)} edges; {report.counts}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_500
    with tempfile.TemporaryDirectory() as home:
        database = Database(open_engine(parse_url(f"sqlite:///{home}/bench.sqlite3"), 2))
        migrate.upgrade(database.engine, lambda: None)
        database.write_now(fill, count)
        account = database.write_now(rows.add_account)
        for name, write in (("npm", write_npm), ("pnpm", write_pnpm)):
            folder = Path(home, name)
            folder.mkdir()
            write_npm(folder, count)
            if write is write_pnpm:
                (folder / "package-lock.json").unlink()
                write_pnpm(folder, count)
            measure(database, account, folder, count)
        database.close()


if __name__ == "__main__":
    main()
