"""Connections that die without a word: who waits is freed, what the server kept for them too, what is slow is left."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.support.proxy import Proxy
from tgtui.basics.errors import DatabaseUnavailable
from tgtui.data.storage.database import Database
from tgtui.data.storage.server import watch as watching
from tgtui.data.storage.server.connection import OURS, taking_any_time

WAIT_S = 60.0
LOCK = text("SELECT pg_advisory_xact_lock(4711)")
BIG = text("SELECT repeat('x', 8000000)")


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def take(connection: Connection) -> None:
    connection.execute(text("SET LOCAL lock_timeout = '50s'"))
    connection.execute(LOCK)


class Asked:
    """Counts the questions to the server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._changed = threading.Condition()
        self._times = 0
        judge = watching.Watch._judge

        def judged(watch: Any, line: Any, since: float, known: watching.Known) -> bool:
            with self._changed:
                self._times += 1
                self._changed.notify_all()
            return judge(watch, line, since, known)

        monkeypatch.setattr(watching.Watch, "_judge", judged)

    async def times(self, more: int) -> None:
        """Until it was asked so many times more."""
        await asyncio.to_thread(self._wait, self._times + more)

    def _wait(self, times: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._times >= times, WAIT_S)


@pytest.mark.parametrize(
    ("to_server", "to_client"), [(True, True), (True, False), (False, True)], ids=str
)
async def test_a_connection_that_falls_silent_is_given_up_and_its_locks_with_it(
    far: Database, near: Database, proxy: Proxy, to_server: bool, to_client: bool
) -> None:
    def work(connection: Connection) -> None:
        take(connection)
        proxy.fall_silent(to_server=to_server, to_client=to_client, lets_in=True)
        one(connection)

    async with asyncio.timeout(WAIT_S):
        with pytest.raises(DatabaseUnavailable, match="can't be reached: no answer for"):
            await far.write(work)
        await near.write(take)
        assert await far.read(one) == 1
    links = far.links()
    assert links is not None
    assert links.given_up >= 1


async def test_an_answer_that_stops_in_its_middle_is_not_waited_for(
    far: Database, proxy: Proxy
) -> None:
    def work(connection: Connection) -> None:
        one(connection)
        proxy.fall_silent(to_server=False, lets_in=True)
        connection.execute(BIG).all()

    async with asyncio.timeout(WAIT_S):
        with pytest.raises(DatabaseUnavailable, match="no answer for"):
            await far.read(work)
        assert await far.read(lambda s: len(s.execute(BIG).scalar_one())) == 8_000_000


async def test_what_lies_in_the_pool_is_given_up_too(far: Database, proxy: Proxy) -> None:
    await asyncio.gather(*(far.read(one) for _ in range(4)))
    proxy.fall_silent(lets_in=True)
    async with asyncio.timeout(WAIT_S):
        assert await asyncio.gather(*(far.read(one) for _ in range(8))) == [1] * 8


async def test_a_server_that_answers_nobody_is_told_and_found_again(
    far: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ASK_S", 0.5)
    await far.read(one)
    proxy.fall_silent()
    async with asyncio.timeout(WAIT_S):
        with pytest.raises(DatabaseUnavailable, match="can't be reached"):
            await far.read(one)
        proxy.speak()
        assert await far.read(one) == 1


async def test_a_statement_that_takes_long_is_left_alone(
    far: Database, near: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "GONE_S", WAIT_S)  # on a busy machine the server may seem gone
    asked, held, may_end = Asked(monkeypatch), threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        take(connection)
        held.set()
        may_end.wait(WAIT_S)

    holding = asyncio.ensure_future(near.write(hold))
    await asyncio.to_thread(held.wait, WAIT_S)
    waiting = asyncio.ensure_future(far.write(take))
    await asked.times(5)
    assert not waiting.done()
    may_end.set()
    await asyncio.gather(holding, waiting)


async def test_a_statement_that_may_take_any_time_outlives_a_network_that_comes_back(
    far: Database, near: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ASK_S", 0.5)
    asked, held, may_end = Asked(monkeypatch), threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        take(connection)
        held.set()
        may_end.wait(WAIT_S)

    def migrate() -> str:
        with far.engine.connect() as connection, connection.begin(), taking_any_time(connection):
            connection.execute(LOCK)
            return str(connection.execute(text("SHOW statement_timeout")).scalar_one())

    holding = asyncio.ensure_future(near.write(hold))
    await asyncio.to_thread(held.wait, WAIT_S)
    migrating = asyncio.ensure_future(asyncio.to_thread(migrate))
    await asked.times(1)
    proxy.fall_silent()
    await asked.times(2)
    assert not migrating.done()
    proxy.speak()
    may_end.set()
    assert await migrating == "0"
    await holding


async def test_closing_waits_for_no_server(far: Database, proxy: Proxy) -> None:
    silent = threading.Event()

    def work(connection: Connection) -> None:
        one(connection)
        proxy.fall_silent()
        silent.set()
        one(connection)

    waits = [asyncio.ensure_future(far.read(work)), asyncio.ensure_future(far.write(one))]
    await asyncio.to_thread(silent.wait, WAIT_S)
    async with asyncio.timeout(WAIT_S):
        await asyncio.to_thread(far.close)
        ended = await asyncio.gather(*waits, return_exceptions=True)
    assert isinstance(ended[0], DatabaseUnavailable)
    assert "the program leaves" in str(ended[0])


async def test_closing_waits_for_no_connection(far: Database, proxy: Proxy) -> None:
    proxy.fall_silent()
    waiting = asyncio.ensure_future(far.read(one))
    async with asyncio.timeout(WAIT_S):
        await asyncio.to_thread(_until, lambda: proxy.connections > 0)
        await asyncio.to_thread(far.close)
        with pytest.raises(DatabaseUnavailable, match="the program leaves"):
            await waiting


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal for it")
@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit])
def test_a_signal_ends_the_wait_of_a_command(
    far: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, leaving: type[BaseException]
) -> None:
    monkeypatch.setattr(watching, "QUIET_S", WAIT_S)  # nothing else ends it

    def leave(_number: int, _frame: object) -> None:
        raise leaving

    def signal_waiting() -> None:
        _until(lambda: any(line.silent_since for line in far._watch._of()))  # type: ignore[union-attr]
        os.kill(os.getpid(), signal.SIGUSR1)

    def work(connection: Connection) -> None:
        one(connection)
        proxy.fall_silent()
        threading.Thread(target=signal_waiting).start()
        one(connection)

    kept = signal.signal(signal.SIGUSR1, leave)
    try:
        with pytest.raises(leaving):
            far.read_now(work)
    finally:
        signal.signal(signal.SIGUSR1, kept)


async def test_a_session_at_the_server_is_set_up_to_notice_that_we_are_gone(
    far: Database,
) -> None:
    def shown(connection: Connection) -> dict[str, str]:
        rows = connection.execute(
            text("SELECT name, setting FROM pg_settings WHERE name = ANY (:names)"),
            {"names": list(OURS)},
        )
        return {row.name: row.setting for row in rows}

    settings = await far.read(shown)
    # The others are zero over a socket in a folder, as between the proxy and the server.
    assert settings["client_connection_check_interval"] == OURS["client_connection_check_interval"]


def _until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not is_so():
        pause.wait(0.01)
