"""Requests that must run alone, and the others: each has its turn, in a program and between programs."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.rows import add_request
from tests.support.working import NPM, REQUESTS, MakeWorkplace, Workplace
from tests.worker.queue.claiming import expire
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.worker.queue import turns
from tgtui.worker.queue.claims import ANY_PRIORITY
from tgtui.worker.queue.taking import Taken, Terms, take_due
from tgtui.worker.queue.turns import PATIENCE_S, TURN_S, Suspects, Turns

pytestmark = pytest.mark.full_on("postgresql")

WAIT_S = 60.0


class Seconds:
    """A clock that stands."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_queue_without_suspects_is_never_held_up() -> None:
    taken = Turns(seconds := Seconds())
    for _ in range(100):
        seconds.now += TURN_S
        assert taken.about_suspects(is_busy=True) is Suspects.AWAITED
        assert taken.about_suspects(is_busy=False) is Suspects.FIRST
        taken.looked(found=False, is_busy=True)
        assert taken.about_suspects(is_busy=True) is not Suspects.TAKEN


def test_suspects_and_all_others_take_turns() -> None:
    taken = Turns(seconds := Seconds())
    for _ in range(3):
        assert taken.about_suspects(is_busy=False) is Suspects.FIRST
        taken.looked(found=True, is_busy=False)
        seconds.now += TURN_S
        # However many suspects are left: they come only when nothing else is there.
        assert taken.about_suspects(is_busy=True) is Suspects.LEFT
        assert taken.about_suspects(is_busy=False) is Suspects.LAST
        taken.looked(found=True, is_busy=False)
        seconds.now += TURN_S
        taken.looked(found=False, is_busy=True)


def test_what_is_in_the_way_of_one_is_waited_for_so_long_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = iter([1.0, 1.5])
    monkeypatch.setattr(random, "uniform", lambda low, high: max(low, min(high, next(drawn))))
    for patience in (1.0, 1.5):
        taken = Turns(seconds := Seconds())
        taken.looked(found=True, is_busy=True)
        seconds.now += PATIENCE_S * patience - 0.001
        assert taken.about_suspects(is_busy=True) is Suspects.AWAITED
        taken.looked(found=True, is_busy=True)
        seconds.now += 0.001
        assert taken.about_suspects(is_busy=True) is Suspects.TAKEN
        assert taken.about_suspects(is_busy=False) is Suspects.FIRST
        taken.looked(found=False, is_busy=True)
        assert taken.about_suspects(is_busy=True) is Suspects.AWAITED, "another program has it"


async def abandon(place: Workplace, *names: str) -> None:
    """Let the program that held these have died."""
    for name in names:
        place.registry.add_package(name)
        await place.ask(name)
    await place.change(
        update(REQUESTS)
        .where(REQUESTS.c.package_name.in_(names))
        .values(status="fetching", attempt_count=1, lease_expires_at=clock.now() - timedelta(1))
    )


async def test_requests_of_a_dead_program_run_one_at_a_time_and_nothing_beside_them(
    place: Workplace,
) -> None:
    beside: dict[str, list[str]] = {}

    def tell() -> None:
        at_work = sorted(progress.name for progress in place.activity.progress.values())
        for name in at_work:
            beside.setdefault(name, []).extend(set(at_work) - {name})

    place.activity.subscribe(tell)
    await abandon(place, "a", "b", "c")
    for name in ("x", "y"):
        place.registry.add_package(name)
        await place.ask(name)
    await place.work()
    assert set((await place.statuses()).values()) == {"completed"}
    assert {name: beside[name] for name in "abc"} == {"a": [], "b": [], "c": []}
    assert {(await place.request(name)).attempt_count for name in "abc"} == {1}


async def test_a_slow_job_is_handed_back_for_one_that_must_run_alone(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.0)
    place.registry.add_package("slow")
    gate = place.registry.hang("slow")
    await place.ask("slow")
    seen: list[Any] = []

    def tell() -> None:
        seen.extend(progress.name for progress in place.activity.progress.values())

    place.activity.subscribe(tell)
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    await abandon(place, "alone")
    async with asyncio.timeout(WAIT_S):
        while (await place.statuses())["alone"] != "completed":
            worker.wake()
    gate.open()
    async with asyncio.timeout(WAIT_S):
        while (await place.statuses())["slow"] != "completed":
            worker.wake()
    worker.stop()
    await working
    assert (await place.request("slow")).attempt_count == 1
    assert "alone" in seen


def test_of_several_programs_that_have_waited_long_enough_one_takes_it(database: Database) -> None:
    """And the others go on with what they have."""
    request = database.write_now(add_request, status="fetching")
    database.write_now(add_request, "slow")
    expire(database, request)

    def look(worker: str, suspects: Suspects) -> Taken:
        terms = Terms(worker, "here", 30, 5, ANY_PRIORITY)
        return database.write_now(take_due, {}, terms, lanes=[NPM], suspects=suspects)

    awaited = look("first", Suspects.AWAITED)
    assert (awaited.claims, awaited.is_suspect_due) == ((), True)
    first, second = look("first", Suspects.TAKEN), look("second", Suspects.TAKEN)
    assert [(claim.name, claim.is_suspect) for claim in first.claims] == [("express", True)]
    assert (second.claims, second.is_suspect_due) == ((), False)


async def test_of_two_busy_programs_one_hands_back_what_it_has(
    place: Workplace, make_workplace: MakeWorkplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.0)
    programs = [place, make_workplace()]
    workers, working, gates = [], [], []
    for number, program in enumerate(programs):
        name = f"slow-{number}"
        program.registry.add_package(name)
        gates.append(program.registry.hang(name))
        await program.ask(name)
        workers.append(program.worker(concurrency=1))
        working.append(asyncio.create_task(workers[-1].run()))
        await gates[-1].arrived()
    alone = place.registry.hang("alone")
    await abandon(place, "alone")
    async with asyncio.timeout(WAIT_S):
        while len(await held(place)) != 2 or "alone" not in await held(place):
            for worker in workers:
                worker.wake()
    await alone.arrived()
    for _ in range(20):
        for worker in workers:
            worker.wake()
        await asyncio.sleep(0)
        assert len(await held(place)) == 2, "the other program still has its own"
    for gate in (alone, *gates):
        gate.open()
    for worker in workers:
        worker.stop()
    await asyncio.gather(*working)


async def held(place: Workplace) -> set[str]:
    """What is at work in any program."""
    return {name for name, status in (await place.statuses()).items() if status == "fetching"}
