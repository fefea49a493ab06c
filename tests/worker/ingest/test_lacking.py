"""A chain tries each target once, however the need shows up; a chain that has not tried it still gets it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, delete, select, update

from tests.support.fake_registry import status
from tests.support.rows import CHAINS, add_request
from tests.support.working import REQUESTS, Workplace
from tests.worker.ingest.test_completing import chain_of, missing
from tgtui.basics import clock
from tgtui.data.requests.cancelling import cancel_request
from tgtui.data.requests.retrying import retry

pytestmark = pytest.mark.full_on("postgresql")

WAIT_S = 60.0
"""How long work may go on before the test fails instead of going on for ever."""


async def hold_up(place: Workplace, name: str) -> None:
    """It is queued, for whatever chain needs it, and not due before `make_due`."""
    later = clock.now() + timedelta(hours=1)
    how: dict[str, Any] = {"is_auto_queued": True, "priority": 20, "retry_after": later}
    own_chain = await place.database.write(add_request, name, **how)
    await place.change(delete(CHAINS).where(CHAINS.c.id == own_chain))


async def requests_for(place: Workplace, name: str) -> Sequence[Row[Any]]:
    found = select(REQUESTS).where(REQUESTS.c.package_name == name).order_by(REQUESTS.c.id)
    return await place.read(found)


async def end_in_vain(place: Workplace, name: str, how: str) -> None:
    """The queued request fails, though the registry has the package, or is cancelled."""
    request = await place.request(name)
    if how == "cancelled":
        assert await place.database.write(cancel_request, request.id)
    else:
        crashed = {"retry_after": None, "attempt_count": 1_000_000}
        await place.change(update(REQUESTS).where(REQUESTS.c.id == request.id).values(**crashed))
        await place.work()
    assert (await place.request(name)).status == how


@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_the_next_parent_queues_nothing_again_that_ended_in_its_chain(
    place: Workplace, how: str
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    for name in "bcd":
        place.registry.add_package(name, {"1.0.0": {"dependencies": {"t": "*"}}})
    place.registry.add_package("t", {"1.0.0": {"dependencies": {"u": "*"}}})
    place.registry.add_package("u")
    for name in "ct":
        await hold_up(place, name)
    asked = await place.ask("a")
    await place.work()  # b needs t, which is queued
    await end_in_vain(place, "t", how)
    await place.make_due("c")
    await place.work()
    assert [row.status for row in await requests_for(place, "t")] == [how]
    chain = await chain_of(place, asked)
    assert (chain.is_settled, chain.completed, chain.failed + chain.cancelled) == (True, 3, 1)
    # A chain that has not tried it gets it from the same parent, and the first does not.
    other = await place.ask("d")
    await place.work()
    assert [row.status for row in await requests_for(place, "t")] == [how, "completed"]
    assert (await chain_of(place, other)).completed == 3
    assert (await chain_of(place, asked)).total == 4


async def test_a_parent_of_two_chains_queues_it_for_the_one_that_has_not_tried_it(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    place.registry.add_package("d", {"1.0.0": {"dependencies": {"c": "*"}}})
    for name in "bc":
        place.registry.add_package(name, {"1.0.0": {"dependencies": {"t": "*"}}})
    place.registry.add_package("t")
    for name in "ct":
        await hold_up(place, name)
    asked = await place.ask("a")
    await place.work()
    await end_in_vain(place, "t", "failed")
    other = await place.ask("d")
    await place.work()
    await place.make_due("c")
    await place.work()
    assert [row.status for row in await requests_for(place, "t")] == ["failed", "completed"]
    chain = await chain_of(place, asked)
    assert (chain.total, chain.failed, chain.is_settled) == (4, 1, True)
    assert (await chain_of(place, other)).completed == 3
    # A retry makes it pending again, or finds that it is here.
    await place.database.write(retry, asked.chain_id, account_id=None)
    await place.work()
    assert (await chain_of(place, asked)).failed == 0
    assert await missing(place, "a") == 0


async def test_another_version_that_is_needed_later_is_no_second_try(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"t": "^1"}}})
    place.registry.add_package("c", {"1.0.0": {"dependencies": {"t": "^2"}}})
    place.registry.add_package("t", {"1.0.0": {}, "2.0.0": {"dependencies": {"u": "*"}}})
    place.registry.add_package("u")
    await hold_up(place, "c")
    asked = await place.ask("a")
    await place.work()
    assert await place.loaded("t") == {"1.0.0"}
    await place.make_due("c")
    await place.work()
    assert await place.loaded("t") == {"1.0.0", "2.0.0"}
    assert await missing(place, "a") == 0
    assert (await chain_of(place, asked)).is_settled


async def test_a_version_published_meanwhile_is_no_second_try(place: Workplace) -> None:
    """The package was fetched for the chain before the registry had the version."""
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"t": "^1"}}})
    place.registry.add_package("c", {"1.0.0": {"dependencies": {"t": "^2"}}})
    place.registry.add_package("t", ["1.0.0"])
    await hold_up(place, "c")
    await place.ask("a")
    await place.work()
    await place.age(timedelta(days=1), "t")
    place.registry.add_package("t", ["1.0.0", "2.0.0"])
    await place.make_due("c")
    await place.work()
    assert await place.loaded("t") == {"1.0.0", "2.0.0"}
    assert await missing(place, "a") == 0


async def test_two_that_need_each_other_and_something_broken_are_tried_once(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "broken": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"a": "*", "broken": "*"}}})
    place.registry.fault("broken", status(500), always=True)
    asked = await place.ask("a")
    async with asyncio.timeout(WAIT_S):
        await place.work(max_attempts=1)
    assert (await chain_of(place, asked)).is_settled
    assert [len(await requests_for(place, name)) for name in "ab"] == [1, 1]
