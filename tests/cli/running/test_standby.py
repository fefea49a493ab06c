"""A hot standby, which takes no writes and notifies no one: it is read and refreshed, and a worker says what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support.databases import migrate
from tests.support.postgres import REPLICATED, PostgresServer
from tests.support.rows import add_tag
from tgtui.basics.settings import Settings
from tgtui.data.storage.changes import announce
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.tags.reading import list_tags
from tgtui.services.catalogue import Catalogue

WAIT_S = 60.0
STANDBY = "The database is read-only or a standby; connect to the primary."

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a standby needs sockets in folders")


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary with a migrated catalogue, and its standby."""
    primary, standby = PostgresServer.create(REPLICATED), PostgresServer.create(REPLICATED)
    try:
        url = primary.own_url().render_as_string(hide_password=False)
        migrate(url)
        database = Database(open_engine(parse_url(url)))
        commit(database, "zero")  # else it would be filled, which a standby can't be
        database.close()
        standby.follow(primary)
        yield primary, standby
    finally:
        standby.stop()
        primary.stop()


def commit(database: Database, slug: str) -> None:
    def change(connection: Connection) -> None:
        add_tag(connection, slug)
        announce(connection, "tags")

    database.write_now(change)


@pytest.mark.full
async def test_a_standby_is_read_and_refreshed_and_worked_on_when_it_is_promoted(
    servers: tuple[PostgresServer, PostgresServer],
    bare: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    primary, standby = servers
    monkeypatch.setattr("tgtui.data.storage.feed.POLL_S", 0.05)
    url = standby.address().render_as_string(hide_password=False)
    near = Database(open_engine(parse_url(primary.own_url().render_as_string(hide_password=False))))
    catalogue = await Catalogue.open(Settings(database_url=url, data_dir=str(tmp_path)))
    changed = asyncio.Event()
    catalogue.changes.subscribe(changed.set)

    async def shows(slug: str) -> None:
        """As a screen does: reads again only when it is told."""
        async with asyncio.timeout(WAIT_S):
            while slug not in [tag.slug for tag in await catalogue.database.read(list_tags)]:
                await changed.wait()
                changed.clear()

    async def once() -> tuple[int, str, str]:
        process = bare.start("--database", url, "worker", "--once")
        return await asyncio.to_thread(bare.finish, process)

    for slug in ("one", "two"):
        await asyncio.to_thread(commit, near, slug)
        await shows(slug)
    code, _out, err = await once()
    assert code == 3
    assert STANDBY in err.splitlines()[-1]
    await asyncio.to_thread(standby.promote)
    await asyncio.to_thread(commit, catalogue.database, "three")
    await shows("three")
    code, _out, err = await once()
    assert (code, STANDBY in err) == (0, False)
    await catalogue.close()
    near.close()
