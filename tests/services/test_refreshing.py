"""The app refreshes the insights by itself: when they are a day old, in a process that it stops with itself."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import rows
from tgtui.basics import clock
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.services.refreshing import Refreshing


@pytest.fixture
def refreshing(database: Database, tmp_path: Path) -> Callable[..., Refreshing]:
    def made(code: str = "", *, is_idle: bool = True) -> Refreshing:
        settings = Settings(data_dir=str(tmp_path))
        command = (sys.executable, "-c", code)
        return Refreshing(settings, database, lambda: is_idle, command=command, look_s=0)

    return made


async def test_results_are_due_when_there_are_none_or_they_are_a_day_old(
    database: Database, refreshing: Callable[..., Refreshing]
) -> None:
    assert await refreshing().is_due()
    assert not await refreshing(is_idle=False).is_due()
    for age, is_due in ((timedelta(days=2), True), (timedelta(hours=2), False)):
        moment = clock.now() - age
        database.write_now(rows.add_refresh, day=moment.date(), created_at=moment)
        assert await refreshing().is_due() == is_due


async def test_a_time_of_the_future_is_no_reason_to_wait(
    database: Database, refreshing: Callable[..., Refreshing]
) -> None:
    moment = clock.now() + timedelta(days=30)
    database.write_now(rows.add_refresh, day=moment.date(), created_at=moment)
    assert await refreshing().is_due()


async def test_the_process_works_on_the_same_catalogue(
    refreshing: Callable[..., Refreshing], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    code = f"import os; open({str(told)!r}, 'w').write(os.environ['TGTUI_DATA_DIR'])"
    one = refreshing(code)
    assert await one.refresh()
    assert told.read_text() == str(tmp_path)
    assert not await one.is_due(), "it is not tried again at once, whatever came of it"


async def test_a_failure_is_logged_and_not_tried_again_at_once(
    refreshing: Callable[..., Refreshing], caplog: pytest.LogCaptureFixture
) -> None:
    one = refreshing("import sys; sys.exit('no disk left')")
    assert not await one.refresh()
    assert "no disk left" in caplog.text
    assert not await one.is_due()


async def test_it_is_stopped_with_the_program(
    database: Database, refreshing: Callable[..., Refreshing], tmp_path: Path
) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    os.mkfifo(begun)  # to read it waits for who writes it
    code = (
        "import signal, sys, time, pathlib;"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(ended)!r}).touch(), sys.exit(1)));"
        f"pathlib.Path({str(begun)!r}).write_text('begun'); time.sleep(60)"
    )
    one = refreshing(code)
    if not database.is_sqlite:
        one.start()
        assert one._task is None, "of a server a worker does it"
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tgtui.services.refreshing.NEEDS", ())
        one.start()
        assert await asyncio.to_thread(begun.read_text) == "begun"
        await one.stop()
    assert ended.exists()


async def test_nobody_who_does_not_want_it_gets_it(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), refresh_insights=False)
    one = Refreshing(settings, database, lambda: True)
    one.start()
    assert one._task is None
    await one.stop()
