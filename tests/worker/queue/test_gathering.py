"""What comes one by one is worked on in groups, and nothing waits for company that will not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from tgtui.worker.queue import gathering
from tgtui.worker.queue.gathering import Gathering


async def groups_of(is_more_coming: Callable[[], bool]) -> list[list[int]]:
    """1 comes first, 2 and 3 while nothing is worked on yet, or while 1 is."""
    groups: list[list[int]] = []

    async def work(group: Sequence[int]) -> list[Exception | None]:
        groups.append(list(group))
        return [None] * len(group)

    gathered: Gathering[int, None] = Gathering("test", work, is_more_coming=is_more_coming)
    async with asyncio.TaskGroup() as tasks:
        for number in (1, 2, 3):
            tasks.create_task(gathered.put(number))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    return groups


async def test_what_comes_alone_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "COMPANY_S", 3600)
    assert (await groups_of(lambda: False))[0] == [1]


async def test_while_more_is_coming_a_group_waits_for_it() -> None:
    assert await groups_of(lambda: True) == [[1, 2, 3]]
