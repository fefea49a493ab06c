"""The promises of what callers share: one piece of work per key, and a bounded memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tgtui.registries.base import FetchProgress, ProgressCallback
from tgtui.registries.http.flight import Recent, SingleFlight


@dataclass(frozen=True)
class Thing:
    weight: int


async def test_an_error_reaches_every_caller_and_is_not_kept() -> None:
    flights = SingleFlight()
    calls: list[int] = []

    async def fail(tell: ProgressCallback) -> int:
        calls.append(1)
        await asyncio.sleep(0)
        raise KeyError("x")

    results = await asyncio.gather(
        *(flights.run("a", fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [KeyError] * 3
    with pytest.raises(KeyError):
        await flights.run("a", fail)
    assert len(calls) == 2


async def test_different_keys_do_not_wait_for_each_other() -> None:
    flights = SingleFlight()
    reached = asyncio.Event()

    async def wait(tell: ProgressCallback) -> str:
        await reached.wait()
        return "waited"

    async def reach(tell: ProgressCallback) -> str:
        reached.set()
        return "reached"

    waited, reached_first = await asyncio.gather(flights.run("a", wait), flights.run("b", reach))
    assert (waited, reached_first) == ("waited", "reached")


async def test_a_late_caller_hears_the_rest_of_the_progress() -> None:
    flights = SingleFlight()
    step, joined = asyncio.Event(), asyncio.Event()
    heard: dict[str, list[int]] = {"early": [], "late": []}

    async def work(tell: ProgressCallback) -> None:
        tell(FetchProgress(1, None))
        step.set()
        await joined.wait()
        tell(FetchProgress(2, None))

    def listen(name: str) -> ProgressCallback:
        return lambda progress: heard[name].append(progress.received)

    early = asyncio.create_task(flights.run("a", work, listen("early")))
    await step.wait()
    late = asyncio.create_task(flights.run("a", work, listen("late")))
    await asyncio.sleep(0)
    joined.set()
    await asyncio.gather(early, late)
    assert heard == {"early": [1, 2], "late": [2]}


def test_memory_keeps_what_was_used_last_within_its_bound() -> None:
    recent: Recent[Thing] = Recent(10)
    for key in "abc":
        recent.put(key, Thing(3))
    assert recent.get("a") == Thing(3)
    recent.put("d", Thing(3))
    assert [key for key in "abcd" if recent.get(key)] == ["a", "c", "d"]
    recent.put("e", Thing(11))
    assert recent.get("e") is None
    recent.put("a", Thing(1))
    recent.put("f", Thing(3))
    assert [key for key in "acdf" if recent.get(key)] == ["a", "c", "d", "f"]
    recent.drop("a")
    recent.drop("a")
    assert recent.get("a") is None
