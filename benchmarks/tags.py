"""Tags: lists, the picker, changes, files; 10,000 tags on 100,000 packages, next to 10 tags on as many.

    python -m benchmarks.tags [--tags 10000 --packages 100000] [--server postgresql://user@host/postgres]

Each package has five tags, a few of them frequent. Prints milliseconds on both catalogues and their ratio, how long an
import of every tag into a catalogue without any takes, and the longest stop of the event loop while someone types
into the line of the tags screen.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from benchmarks.graphs import catalogue, gather_statistics, make_closure
from benchmarks.ingest import empty_database
from benchmarks.trees import median
from tgtui.basics import clock
from tgtui.basics.files.paths import sqlite_url
from tgtui.basics.ids import uuid7
from tgtui.basics.settings import Settings, WorkerSettings
from tgtui.data.access.accounts import ensure_account
from tgtui.data.models.tables import package_tags, packages, tags
from tgtui.data.packages.removal import delete_package, restore_package
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.database import Database
from tgtui.data.tags.changes import change_tags, delete_tag, merge_tags, restore_tag, unmerge_tags
from tgtui.data.tags.files import export_tags, import_tags
from tgtui.data.tags.reading import list_tags, slugs_beginning, tag_choices
from tgtui.screens.app import TgtuiApp
from tgtui.screens.catalogue import open_and_settle
from tgtui.screens.tags.list_pane import TagsPane
from tgtui.screens.tags.screen import TagsScreen

TAGS_OF_A_PACKAGE = 5
SEED = 7
FEW = 10
"""Tags of the catalogue that the other is held against."""
SELECTED = 500
"""Packages that are tagged at once."""
LETTERS = "tag-9"


class Garden:
    """Packages with tags; `tag-0` is the most frequent one."""

    def __init__(self, connection: Connection, package_count: int, tag_count: int) -> None:
        make_closure(connection, package_count, 2 * package_count)
        self.who = ensure_account(connection, "benchmark", "ada", "Ada")
        now = clock.now()
        self.packages = list(connection.scalars(select(packages.c.id).order_by(packages.c.id)))
        self.tags = [uuid7() for _ in range(tag_count)]
        times = {"created_at": now, "updated_at": now}
        bulk_insert(
            connection,
            tags,
            [
                {"id": id, "name": f"Tag {n}", "slug": f"tag-{n}", **times}
                for n, id in enumerate(self.tags)
            ],
        )
        chance = random.Random(SEED)
        pairs = {
            (package, self.tags[int(tag_count * chance.random() ** 4)])
            for package in self.packages
            for _ in range(TAGS_OF_A_PACKAGE)
        }
        bulk_insert(
            connection,
            package_tags,
            [
                {"id": uuid7(), "package_id": package, "tag_id": tag, "created_by": self.who, "created_at": now}
                for package, tag in sorted(pairs)
            ],
        )  # fmt: skip


def measured(database: Database, garden: Garden) -> dict[str, float]:
    """Seconds of each thing that is done; what changes something is undone again."""
    read, write, who = database.read_now, database.write_now, garden.who
    frequent, other, some = garden.tags[0], garden.tags[1], garden.packages[:SELECTED]

    def given_and_taken() -> None:
        write(change_tags, some, add={garden.tags[-1]}, remove=(), account_id=who)
        write(change_tags, some, add=(), remove={garden.tags[-1]}, account_id=who)

    def merged() -> None:
        write(unmerge_tags, write(merge_tags, other, frequent, account_id=who))

    def deleted() -> None:
        write(delete_tag, frequent, account_id=who)
        write(restore_tag, frequent)

    def removed() -> None:
        write(delete_package, garden.packages[1], account_id=who)
        write(restore_package, garden.packages[1], account_id=who)

    done: dict[str, Callable[[], Any]] = {
        "every tag, counted": lambda: read(list_tags),
        "the picker's": lambda: read(tag_choices, some[:1]),
        "completion of tag:": lambda: read(slugs_beginning, "tag-9"),
        f"{SELECTED} tagged, and back": given_and_taken,
        "merge, and undo": merged,
        "delete, and restore": deleted,
        "a package, and back": removed,
    }
    return {name: median(run) for name, run in done.items()}


def file_times(database: Database, garden: Garden) -> tuple[float, float, float]:
    """Seconds of an export, of its import where all is there already, and where no tag is."""
    started = time.perf_counter()
    file = database.read_now(export_tags)
    exported = time.perf_counter() - started
    again = median(lambda: database.write_now(import_tags, file, account_id=garden.who))
    database.write_now(lambda connection: connection.execute(delete(tags)))
    started = time.perf_counter()
    database.write_now(import_tags, file, account_id=garden.who)
    return exported, again, time.perf_counter() - started


async def longest_stop(url: str) -> float:
    """Seconds of the longest stop of the event loop while a tag is looked for, letter by letter."""
    app = TgtuiApp(
        Settings(database_url=url, worker=WorkerSettings(enabled=False)), open_and_settle
    )
    stops: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            stops.append(loop.time() - before - 0.001)

    async with app.run_test(size=(120, 36)) as pilot:
        while app.catalogue is None:
            await pilot.pause(0.05)
        app.push_screen(screen := TagsScreen())
        while not screen.query(TagsPane) or not screen.query_one(TagsPane).tags:
            await pilot.pause(0.05)
        await pilot.press("slash")
        watching = asyncio.create_task(watch())
        await pilot.press(*LETTERS)
        await pilot.pause(0.2)
        watching.cancel()
    return max(stops)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tags", type=int, default=10_000)
    parser.add_argument("--packages", type=int, default=100_000)
    parser.add_argument("--server")
    given = parser.parse_args()
    found: list[dict[str, float]] = []
    for tag_count in (FEW, given.tags):
        with tempfile.TemporaryDirectory() as folder, empty_database(given.server) as server:
            url = server or sqlite_url(Path(folder, "catalogue.sqlite3"))
            with catalogue(url) as database:
                garden = database.write_now(Garden, given.packages, tag_count)
                database.write_now(gather_statistics)
                found.append(measured(database, garden))
                if tag_count != FEW:
                    stop = asyncio.run(longest_stop(url))
                    files = file_times(database, garden)
    small, large = found
    print(
        f"\n{given.packages:,} packages{'':14}{'10 tags':>10}{f'{given.tags:,} tags':>14}{'ratio':>8}"
    )
    for name in small:
        before, after = 1000 * small[name], 1000 * large[name]
        print(f"  {name:28}{before:>7.1f} ms{after:>11.1f} ms{after / before:>8.1f}")
    print(
        f"  export {files[0]:.1f} s, import with nothing to do {files[1]:.1f} s, import of all {files[2]:.1f} s"
    )
    print(f"  longest stop of the event loop while one types: {1000 * stop:.0f} ms")


if __name__ == "__main__":
    main()
