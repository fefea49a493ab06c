"""A server that falls silent while the app runs: it says so, finds it again, and leaves without it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.screens.driving import new_app, screen_text, shows, until
from tests.support.databases import migrate
from tests.support.proxy import Proxy, be_quick
from tests.support.rows import add_package, add_tag
from tgtui.basics.settings import Settings, WorkerSettings
from tgtui.data.storage import feed
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

WAIT_S = 60.0
LOST = re.compile(r"has not answered since \d\d:\d\d:\d\d|The database can't be reached")


async def test_the_app_says_that_the_database_is_lost_and_finds_it_again(
    postgres_template: Callable[[str, Callable[[str], None]], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_quick(monkeypatch)
    monkeypatch.setattr(feed, "BEAT_S", 0.0)
    monkeypatch.setattr(feed, "BEAT_LIMIT_S", 1.0)
    monkeypatch.setattr(feed, "RECONNECT_S", 0.1)
    url = postgres_template("migrated", migrate)
    near = Database(open_engine(parse_url(url)))
    near.write_now(add_package, "one")
    near.write_now(add_tag)
    with Proxy(make_url(url)) as proxy:
        off = WorkerSettings(enabled=False)
        app = new_app(Settings(database_url=proxy.url(url), data_dir=str(tmp_path), worker=off))
        async with app.run_test(size=(120, 36)) as pilot:
            await shows(pilot, re.compile(r"1 of 1 package\b"))
            proxy.fall_silent()
            await shows(pilot, LOST)
            near.write_now(add_package, "two")
            proxy.speak()
            await until(pilot, lambda: not LOST.search(screen_text(pilot)))
            await shows(pilot, re.compile(r"of 2 packages"))
            proxy.fall_silent()
            await shows(pilot, LOST)
            async with asyncio.timeout(WAIT_S):
                await pilot.press("ctrl+q")
    assert app.return_code == 0
    near.close()
