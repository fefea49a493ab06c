"""Waiting for a request in the program that works on it."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.working import Workplace
from tgtui.cli.asking import following
from tgtui.cli.asking.following import follow
from tgtui.data.storage.feed import ChangeFeed

WAIT_S = 20


async def test_what_the_worker_here_has_settled_is_seen_without_a_hint(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_S", 10 * WAIT_S)
    monkeypatch.setattr(following, "REST", 1_000_000)
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    asked = await place.ask("a")
    looked = asyncio.Event()
    async with asyncio.timeout(WAIT_S):
        waiting = asyncio.ensure_future(
            follow(
                place.database,
                ChangeFeed(place.database.engine),  # which is not started, and tells nothing
                place.activity.settled,
                asked.request_id,
                lambda _progress: looked.set(),
            )
        )
        await looked.wait()
        await place.work()
        done = await waiting
    assert (done.is_done, done.total) == (True, 2)
