"""The change feed: whoever commits, subscribers are told; a lost connection is made again."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from tests.support.proxy import Proxy
from tests.support.rows import add_tag
from tgtui.basics import clock
from tgtui.basics.errors import CatalogueLost, DatabaseReadOnly
from tgtui.data.storage import feed as feed_module
from tgtui.data.storage.changes import announce
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.feed import ChangeFeed

WAIT_S = 60.0


class Told:
    """A subscriber that can be waited for."""

    def __init__(self) -> None:
        self.times = 0
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._event.set()

    async def again(self) -> None:
        """Wait until it is told anything after this call."""
        self._event.clear()
        await asyncio.wait_for(self._event.wait(), WAIT_S)

    async def after(self, change: Callable[[], Any]) -> None:
        """Let this thread of its own commit, and wait until that is told."""
        self._event.clear()
        await asyncio.to_thread(change)
        await asyncio.wait_for(self._event.wait(), WAIT_S)


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    made = ChangeFeed(database.engine)
    yield made
    await made.stop()


@pytest.fixture
def other(migrated_url: str, database: Database) -> Any:
    """Another program on the same database."""
    opened = Database(open_engine(parse_url(migrated_url)))
    yield opened
    opened.close()


def commit(database: Database, slug: str) -> None:
    def change(connection: Any) -> None:
        add_tag(connection, slug)
        announce(connection, "tags")

    database.write_now(change)


async def started(feed: ChangeFeed) -> Told:
    """A subscriber of a feed that watches: it says so once, for what was committed before."""
    told = Told()
    feed.subscribe(told)
    feed.start()
    await told.again()
    return told


async def test_a_change_of_another_program_is_told(feed: ChangeFeed, other: Database) -> None:
    told = await started(feed)
    for slug in ("one", "two"):
        await told.after(partial(commit, other, slug))


async def test_a_change_of_this_program_is_told(feed: ChangeFeed, database: Database) -> None:
    told = await started(feed)
    await told.after(lambda: commit(database, "one"))


async def test_a_change_of_this_program_waits_for_no_look(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "SQLITE_POLL_S", 10 * WAIT_S)
    told = await started(feed)
    await told.after(lambda: commit(database, "one"))


async def test_the_first_change_waits_for_no_pulse(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PULSE_S", 1e9)
    feed = ChangeFeed(database.engine)
    told = await started(feed)
    assert told.times == 1
    await feed.stop()


async def test_nothing_is_told_of_a_change_that_was_undone(
    feed: ChangeFeed, other: Database
) -> None:
    told = await started(feed)
    before = told.times

    def undo(connection: Any) -> None:
        add_tag(connection, "never")
        announce(connection, "tags")
        raise KeyError

    with pytest.raises(KeyError):
        other.write_now(undo)
    await told.after(lambda: commit(other, "one"))
    assert told.times == before + 1


async def test_who_ended_is_told_no_more_and_may_end_twice(
    feed: ChangeFeed, other: Database
) -> None:
    ended = Told()
    end = feed.subscribe(ended)
    told = await started(feed)
    times = ended.times
    end()
    end()
    await told.after(lambda: commit(other, "one"))
    assert ended.times == times
    end_told = feed.subscribe(told)
    await feed.stop()
    end_told()


async def test_a_subscriber_that_fails_keeps_nobody_from_being_told(
    feed: ChangeFeed, other: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("a bug in a screen")

    feed.subscribe(fail)
    told = await started(feed)
    await told.after(lambda: commit(other, "one"))
    assert "a subscriber failed" in caplog.text


async def test_stopping_ends_the_thread_and_no_call_comes_after_it(
    feed: ChangeFeed, other: Database
) -> None:
    before = set(threading.enumerate())
    told = await started(feed)
    (watching,) = [one for one in set(threading.enumerate()) - before if "changes" in one.name]
    commit(other, "one")
    await feed.stop()
    times = told.times
    assert not watching.is_alive()
    feed._tell()  # what was on its way when it was stopped
    assert told.times == times


async def test_a_feed_that_was_never_started_stops(database: Database) -> None:
    await ChangeFeed(database.engine).stop()


async def test_a_listener_whose_connection_is_cut_listens_again_and_tells(
    feed: ChangeFeed,
    database: Database,
    other: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no connection that can be cut")
    monkeypatch.setattr(feed_module, "RECONNECT_S", 0.0)
    told = await started(feed)

    def cut(connection: Any) -> None:
        killed = connection.scalars(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                " AND datname = current_database()"
            )
        ).all()
        assert killed == [True]

    await told.after(lambda: other.write_now(cut))  # listening again, everybody looks anew
    assert "connecting again" in caplog.text
    await told.after(lambda: commit(other, "one"))


async def test_a_server_that_falls_silent_is_noticed_at_rest_and_found_again(
    migrated_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    monkeypatch.setattr(feed_module, "BEAT_S", 0.0)
    monkeypatch.setattr(feed_module, "BEAT_LIMIT_S", 1.0)
    monkeypatch.setattr(feed_module, "RECONNECT_S", 0.0)
    with Proxy(make_url(migrated_url)) as proxy:
        far = Database(open_engine(parse_url(proxy.url(migrated_url))))
        feed = ChangeFeed(far.engine)
        told = await started(feed)

        def lost() -> datetime | None:
            return feed.lost_since

        assert lost() is None
        before = clock.now()
        proxy.fall_silent()
        async with asyncio.timeout(WAIT_S):
            while lost() is None:
                await told.again()
        assert (since := lost()) is not None
        assert before - timedelta(seconds=WAIT_S) <= since <= clock.now()
        proxy.speak()
        async with asyncio.timeout(WAIT_S):
            while lost() is not None:
                await told.again()
        await told.after(partial(commit, database, "one"))
        far.leave()
        await feed.stop()
        await asyncio.to_thread(far.close)


async def test_a_server_that_notifies_no_one_is_looked_at(
    feed: ChangeFeed, database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite is always looked at")
    monkeypatch.setattr(feed_module, "POLL_S", 0.05)
    monkeypatch.setattr(feed_module, "_listens", lambda _connection: False)
    told = await started(feed)
    for slug in ("one", "two"):
        await told.after(partial(commit, other, slug))


async def test_a_file_that_goes_is_told(sqlite_url: str, migrated_sqlite_file: Path) -> None:
    path = Path(str(parse_url(sqlite_url).database))
    shutil.copyfile(migrated_sqlite_file, path)
    database = Database(open_engine(parse_url(sqlite_url)))
    feed, told = ChangeFeed(database.engine), Told()
    feed.subscribe(told)
    feed.start()
    await told.again()
    await told.after(path.unlink)
    with pytest.raises(CatalogueLost, match="was deleted while tgtui ran"):
        await database.read(lambda connection: connection.execute(text("SELECT 1")) and None)
    await feed.stop()
    database.close()


async def test_a_catalogue_that_could_only_be_read_is_written_again_as_soon_as_it_can_be(
    sqlite_url: str, migrated_sqlite_file: Path
) -> None:
    """A folder in the place of a file that SQLite needs stands for a disk that takes no new file."""
    path = Path(str(parse_url(sqlite_url).database))
    shutil.copyfile(migrated_sqlite_file, path)
    in_the_way = Path(f"{path}-wal")
    in_the_way.mkdir()  # noqa: ASYNC240 - a moment
    database = Database(open_engine(parse_url(sqlite_url)))
    with pytest.raises(DatabaseReadOnly):
        await database.write(add_tag)
    assert database.file is not None
    assert database.file.reads_only
    feed, told = ChangeFeed(database.engine), Told()
    feed.subscribe(told)
    feed.start()
    await told.again()
    await told.after(in_the_way.rmdir)
    await database.write(add_tag)
    assert database.file.reads_only == ""
    await feed.stop()
    database.close()
