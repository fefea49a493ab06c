"""The app refreshes the insights by itself: when they are a day old, in a process that it stops with itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import rows
from tgtui.basics import clock
from tgtui.basics.settings import AnalyticsSettings, Settings
from tgtui.data.storage.database import Database
from tgtui.services.idle_refreshing import IdleRefreshing
from tgtui.services.refreshing import RefreshRun


class Run:
    """What a process of its own would do."""

    def __init__(self, settings: Settings, older_than: timedelta) -> None:
        self.given = settings, older_than
        self.is_failed = False
        self.result = "no disk left"
        self.begun, self.goes_on, self.is_stopped = asyncio.Event(), asyncio.Event(), False

    async def wait(self) -> None:
        self.begun.set()
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.is_stopped = True
            raise


@pytest.fixture
def refreshing(database: Database, tmp_path: Path) -> Callable[..., IdleRefreshing]:
    def made(run: Any = RefreshRun, *, is_idle: bool = True) -> IdleRefreshing:
        settings = Settings(data_dir=str(tmp_path))
        return IdleRefreshing(settings, database, lambda: is_idle, run=run, look_s=0)

    return made


async def test_results_are_due_when_there_are_none_or_they_are_a_day_old(
    database: Database, refreshing: Callable[..., IdleRefreshing]
) -> None:
    assert await refreshing().is_due()
    assert not await refreshing(is_idle=False).is_due()
    for age, is_due in ((timedelta(days=2), True), (timedelta(hours=2), False)):
        moment = clock.now() - age
        database.write_now(rows.add_refresh, day=moment.date(), created_at=moment)
        assert await refreshing().is_due() == is_due


async def test_a_time_of_the_future_is_no_reason_to_wait(
    database: Database, refreshing: Callable[..., IdleRefreshing]
) -> None:
    moment = clock.now() + timedelta(days=30)
    database.write_now(rows.add_refresh, day=moment.date(), created_at=moment)
    assert await refreshing().is_due()


async def test_it_is_told_what_is_too_old_and_not_tried_again_at_once(
    refreshing: Callable[..., IdleRefreshing], caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[Run] = []

    def run(settings: Settings, older_than: timedelta) -> Run:
        runs.append(Run(settings, older_than))
        runs[-1].goes_on.set()
        runs[-1].is_failed = len(runs) == 2
        return runs[-1]

    one = refreshing(run)
    assert await one.refresh()
    assert runs[0].given[1] == timedelta(days=1)
    assert not await one.is_due(), "whatever came of it"
    assert not await one.refresh()
    assert "no disk left" in caplog.text
    assert not await one.is_due()


async def test_it_is_stopped_with_the_program(
    database: Database, refreshing: Callable[..., IdleRefreshing]
) -> None:
    runs: asyncio.Queue[Run] = asyncio.Queue()

    def run(settings: Settings, older_than: timedelta) -> Run:
        made = Run(settings, older_than)
        runs.put_nowait(made)
        return made

    one = refreshing(run)
    one.start()
    if not database.is_sqlite:
        assert one._task is None, "of a server a worker does it"
        return
    begun = await runs.get()
    await begun.begun.wait()
    await one.stop()
    assert begun.is_stopped


async def test_nobody_who_does_not_want_it_gets_it(database: Database, tmp_path: Path) -> None:
    never = AnalyticsSettings(refresh_hours=0)
    one = IdleRefreshing(Settings(data_dir=str(tmp_path), analytics=never), database, lambda: True)
    one.start()
    assert one._task is None
    await one.stop()
