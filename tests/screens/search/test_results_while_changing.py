"""However one moves while packages come, go and become better known: in the end the list is what the search finds."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.screens.driving import PATIENCE_S, catalogue_settings, running, shows, until, write
from tests.screens.far import many, names_in_sight, result_list
from tests.support.mass import mass
from tests.support.rows import add_interaction, add_package
from tgtui.data.models.tables import packages
from tgtui.data.search.index import refresh
from tgtui.data.search.results import search_packages
from tgtui.syntax.query import parse_search

STEPS = 30


def change(connection: Connection, chance: random.Random, name: str) -> None:
    """Some packages come, two go, two are used."""
    for place, start in enumerate(("a-new", "package-0500-x", "zz")):
        if chance.random() < 0.6:
            add_package(connection, f"{start}-{name}-{place}")
    ids = list(connection.scalars(select(packages.c.id).where(packages.c.deleted_at.is_(None))))
    gone, used = chance.sample(ids, 2), chance.sample(ids, 2)
    deleted = update(packages).where(packages.c.id.in_(gone))
    connection.execute(deleted.values(deleted_at=packages.c.created_at))
    for package in used:
        add_interaction(connection, package)
    refresh(connection, used)


async def step(app: Any, pilot: Any, chance: random.Random, number: int) -> None:
    """One thing that somebody does, or that happens."""
    what = chance.randrange(10)
    rows = result_list(app)
    if what < 2:
        write(app, lambda connection: change(connection, chance, f"{number}"))
    elif what < 4:
        await pilot.press(("end", "home")[what - 2])
    elif what < 6:
        rows.scroll_to(y=chance.randrange(rows.line_count), animate=False)
    elif what < 8:
        await pilot.press(*[chance.choice(("pagedown", "pageup"))] * chance.randrange(1, 6))
    else:
        await pilot.pause(chance.random() * 0.1)


async def go_to_last(pilot: Any, rows: Any) -> None:
    """The end as it was read before the last change is left again: the cursor stays on its row when one comes behind it."""
    async with asyncio.timeout(PATIENCE_S):
        while rows.current is None or rows.current.name != "zzz-last":
            await pilot.press("end")
            await until(pilot, lambda: rows.current is not None)
            await pilot.pause(0.05)


@pytest.mark.parametrize("seed", mass(5, full=[8]))
async def test_the_list_is_the_search_again(
    tmp_path: Path, migrated_sqlite_file: Path, seed: int
) -> None:
    chance = random.Random(seed)
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, many)
    async with running(settings) as (app, pilot):
        await pilot.press("down")
        for number in range(STEPS):
            await step(app, pilot, chance, number)
        write(app, lambda connection: add_package(connection, "zzz-last"))
        found = write(
            app, lambda connection: search_packages(connection, parse_search(""), limit=5_000)
        )
        names, rows = [row.name for row in found.rows], result_list(app)
        await shows(pilot, f"{len(names):,} of {len(names):,} packages")
        await go_to_last(pilot, rows)
        assert rows.line_count == len(names)
        await pilot.press("home")
        for line in (0, 40, 480, 900, len(names) - 60):
            rows.scroll_to(y=line, animate=False)
            await until(pilot, lambda: None not in names_in_sight(app))
            lines = rows.lines_in_sight()
            assert names_in_sight(app) == names[lines.start : lines.stop]
