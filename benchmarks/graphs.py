"""Catalogues to measure on: a made-up closure with cycles, and one copied from a real package's lockfile."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade
from tgtui.syntax.names import fold
from tgtui.versions.npm.semver import sort_key
from tgtui.versions.sorting import sort_text

SEED = 7
NEAR = 8
"""Packages a package's first dependent may lie before it: what makes the closure some levels deep."""


def make_closure(connection: Connection, packages: int, edges: int) -> list[UUID]:
    """Every package is reached from the first; the other edges lead anywhere, most to a few hot ones.

    The versions, the root's first.
    """
    random_number = random.Random(SEED)
    arrows: set[tuple[int, int]] = set()
    for number in range(1, packages):
        arrows.add((random_number.randrange(number // NEAR, number // 2 + 1), number))
    while len(arrows) < edges:
        arrows.add((random_number.randrange(packages), int(packages * random_number.random() ** 3)))
    return store(connection, packages, sorted(arrows))


def store(connection: Connection, packages: int, arrows: list[tuple[int, int]]) -> list[UUID]:
    """`package-0` and so on, one version each."""
    now, key = clock.now(), sort_text(sort_key("1.0.0"))
    package_ids = [uuid7() for _ in range(packages)]
    version_ids = [uuid7() for _ in range(packages)]
    both = {"created_at": now, "updated_at": now}
    bulk_insert(
        connection,
        tables.packages,
        [
            {
                "id": id, "name": f"package-{number}", "search_name": fold(f"package-{number}"),
                "registry": "npm", "last_fetch_attempt": now, "last_fetch_success": now, **both,
            }
            for number, id in enumerate(package_ids)
        ],
    )  # fmt: skip
    bulk_insert(
        connection,
        tables.package_versions,
        [
            {
                "id": id, "package_id": package_ids[number], "version": "1.0.0", "sort_key": key,
                "is_prerelease": False, "is_yanked": number % 97 == 96, "published_at": now,
                "dependencies_fetched_at": now, "created_at": now,
            }
            for number, id in enumerate(version_ids)
        ],
    )  # fmt: skip
    bulk_insert(
        connection,
        tables.package_dependencies,
        [
            {
                "id": uuid7(), "package_id": package_ids[source], "version_id": version_ids[source],
                "dependency_registry": "npm", "dependency_name": f"package-{target}",
                "dependency_package_id": package_ids[target], "dependency_version_range": "^1.0.0",
                "resolved_version": "1.0.0", "resolved_version_id": version_ids[target],
                "dependency_type": "runtime", "source_field": "dependencies", "is_optional": False,
                "created_at": now,
            }
            for source, target in arrows
        ],
    )  # fmt: skip
    return version_ids


@contextmanager
def catalogue(url: str) -> Iterator[Database]:
    """A migrated database."""
    engine = open_engine(parse_url(url))
    upgrade(engine)
    database = Database(engine)
    try:
        yield database
    finally:
        database.close()


def gather_statistics(connection: Connection) -> None:
    """As autovacuum would within a minute; SQLite keeps none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))


def lay_out(lockfile: Path, folder: Path) -> None:
    """A node_modules as npm would install it, of package.json files alone: enough for `npm ls` and `npm explain`."""
    packages: dict[str, dict[str, Any]] = json.loads(lockfile.read_text())["packages"]
    for place, entry in packages.items():
        if not place:
            continue
        home = folder / place
        home.mkdir(parents=True, exist_ok=True)
        manifest: dict[str, Any] = {
            key: entry[key]
            for key in (
                "version", "dependencies", "optionalDependencies", "peerDependencies",
                "peerDependenciesMeta", "engines", "os", "cpu",
            )
            if key in entry
        }  # fmt: skip
        manifest["name"] = entry.get("name") or place.rpartition("node_modules/")[2]
        (home / "package.json").write_text(json.dumps(manifest))
    hidden = {"name": "x", "lockfileVersion": 3, "requires": True}
    hidden["packages"] = {place: entry for place, entry in packages.items() if place}
    (folder / "node_modules" / ".package-lock.json").write_text(json.dumps(hidden))
    os.utime(folder / "node_modules" / ".package-lock.json")
