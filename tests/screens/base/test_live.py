"""Bursts of hints become few refreshes, without any screen."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from tgtui.screens.base.live import Alarm, Coalescer


class Stage:
    """What a screen would be: seen or covered, with a place for work."""

    def __init__(self) -> None:
        self.is_seen = True
        self.refreshes = 0
        self.works: list[asyncio.Task[None]] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.live = Coalescer(self.refresh, is_seen=lambda: self.is_seen, start=self.start)

    async def refresh(self) -> None:
        self.refreshes += 1
        await self.may_finish.wait()

    def start(self, work: Any, *, group: str) -> None:
        self.works.append(asyncio.ensure_future(work()))

    async def rests(self) -> None:
        """Returns when nothing is left to refresh and the last rest is over."""
        while self.live._is_resting:  # noqa: ASYNC110 - it has no event of its own
            await asyncio.sleep(0.001)


async def test_any_number_of_hints_is_one_refresh() -> None:
    stage = Stage()
    for _ in range(1_000):
        stage.live.hint()
    await stage.rests()
    assert stage.refreshes == 1


async def test_a_hint_during_a_refresh_runs_one_more_afterwards() -> None:
    stage = Stage()
    stage.may_finish.clear()
    stage.live.hint()
    await asyncio.sleep(0)
    stage.live.hint()
    stage.live.hint()
    assert stage.refreshes == 1
    stage.may_finish.set()
    await stage.rests()
    assert stage.refreshes == 2


async def test_a_hint_while_it_rests_waits_for_the_end_of_the_rest() -> None:
    stage = Stage()
    stage.live.hint()
    await stage.works[0]
    stage.live.hint()
    assert len(stage.works) == 1
    await stage.rests()
    assert stage.refreshes == 2


async def test_a_hint_for_a_covered_screen_is_kept_until_it_is_seen() -> None:
    stage = Stage()
    stage.is_seen = False
    stage.live.hint()
    stage.live.resume()
    assert stage.works == []
    stage.is_seen = True
    stage.live.resume()
    await stage.rests()
    assert stage.refreshes == 1


async def test_alarms_ring_together_at_the_second_set_last() -> None:
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    alarms = [Alarm(rung.set) for _ in range(3)]
    for alarm, seconds in zip(alarms, (0.6, 0.7, inf), strict=True):
        alarm.set(60)
        alarm.set(seconds)
    due = [each._waiting.when() for each in alarms if each._waiting is not None]
    assert len(due) == 2
    assert all(when == int(when) and abs(when - loop.time()) < 2 for when in due)
    await asyncio.wait_for(rung.wait(), 20)
    for alarm in alarms:
        alarm.stop()
        assert alarm._waiting is None
