"""Hosts that are down or ask for patience: one not-before for all, and no other host waits for it."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.fake_registry import FakeRegistry, status
from tests.support.working import OUTAGES, MakeWorkplace, Workplace
from tgtui.basics import clock
from tgtui.basics.settings import NpmSettings
from tgtui.data.requests.outages import EVERYBODY, current_outages, end_outages, record_outage
from tgtui.data.storage.database import Database
from tgtui.data.storage.sql import insert_missing
from tgtui.data.views.requests import RegistryOutage
from tgtui.registries.base import Lane
from tgtui.registries.http.gate import HostGate
from tgtui.worker.events import Activity
from tgtui.worker.queue import retry
from tgtui.worker.queue.outages import Outages

LANE = Lane("npm", "https://registry.example:443")
OTHER = Lane("jsr", "https://jsr.io:443")


def nowhere() -> str:
    """The address of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"http://127.0.0.1:{unused.getsockname()[1]}/"


def configure(place: Workplace, registry: str, **scopes: str) -> None:
    """Let npm's packages, and those of these scopes, be at these addresses."""
    lines = [f"@{scope}:registry={url}\n" for scope, url in scopes.items()]
    (Path.home() / ".npmrc").write_text("".join(lines), encoding="utf-8")
    place.use(NpmSettings(registry=registry))


async def test_retry_after_is_obeyed_for_the_whole_host(place: Workplace) -> None:
    place.registry.add_package("a")
    place.registry.add_package("b")
    place.registry.fault("a", status(429, retry_after="1200"))
    await place.bring("a", "b", concurrency=1)
    request = await place.request("a")
    assert (request.status, request.error_code) == ("pending", "rate_limited")
    assert request.retry_after - clock.now() > timedelta(minutes=19)
    assert (await place.request("b")).status == "pending"
    outage = place.activity.outages[place.host]
    assert outage.until - clock.now() > timedelta(minutes=19)
    assert "429" in outage.reason
    assert len(place.registry.requests) == 1


async def test_an_answer_that_was_under_way_does_not_end_the_wait(place: Workplace) -> None:
    place.registry.add_package("slow")
    place.registry.add_package("limited")
    place.registry.add_package("next")
    gate = place.registry.hang("slow")
    place.registry.fault("limited", status(429, retry_after="1200"))
    for name in ("slow", "limited", "next"):
        await place.ask(name)
    seen = asyncio.Event()
    place.activity.subscribe(lambda: seen.set() if place.activity.outages else None)
    worker = place.worker(concurrency=2)
    working = asyncio.create_task(worker.run(until_empty=True))
    await gate.arrived()
    await seen.wait()
    gate.open()
    await working
    assert await place.statuses() == {
        "slow": "completed",
        "limited": "pending",
        "next": "pending",
    }
    assert place.host in place.activity.outages


async def test_forty_jobs_do_not_each_find_out_that_the_host_asks_for_patience(
    place: Workplace,
) -> None:
    names = [f"p{number}" for number in range(40)]
    for name in names:
        place.registry.fault(name, status(429, retry_after="1200"), always=True)
        await place.ask(name)
    await place.work(concurrency=40)
    connections = 6
    assert len(place.registry.requests) <= connections
    assert set((await place.statuses()).values()) == {"pending"}
    # Those that were not sent cost nothing, and say why they wait.
    rows = [await place.request(name) for name in names]
    assert sum(row.attempt_count for row in rows) == len(place.registry.requests)


async def test_after_the_wait_one_request_finds_out_whether_the_host_answers(
    place: Workplace,
) -> None:
    for number in range(10):
        place.registry.add_package(f"p{number}")
    place.registry.fault("p0", status(429, retry_after="1200"))
    await place.bring(*[f"p{number}" for number in range(10)], concurrency=1)
    place.registry.fault("p0", status(429, retry_after="1200"))
    before = len(place.registry.requests)
    await place.pass_time(timedelta(minutes=21))
    await place.work(concurrency=10)
    assert len(place.registry.requests) == before + 1
    assert set((await place.statuses()).values()) == {"pending"}
    await place.pass_time(timedelta(minutes=21))
    gates = [place.registry.hang(name) for name in ("p5", "p6")]
    working = asyncio.create_task(place.work(concurrency=10))
    for gate in gates:
        await gate.arrived()  # both: it has answered
    for gate in gates:
        gate.open()
    await working
    assert set((await place.statuses()).values()) == {"completed"}


async def test_every_program_on_the_database_obeys_what_one_was_told(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    place.registry.add_package("b")
    place.registry.fault("a", status(429, retry_after="1200"))
    await place.bring("a")
    await place.ask("b")
    other = make_workplace()
    await other.work()
    assert (await place.request("b")).status == "pending"
    assert other.asked_for("b") == 0
    assert other.host in other.activity.outages


async def test_a_host_that_is_down_costs_no_attempt_and_is_an_outage_until_it_answers(
    place: Workplace,
) -> None:
    place.registry.add_package("a")
    configure(place, nowhere())
    await place.bring("a")
    request = await place.request("a")
    told = (request.status, request.error_code, request.attempt_count)
    assert told == ("pending", "unreachable", 0)
    assert "can't be reached" in request.error_message
    (outage,) = await place.database.read(current_outages)
    assert "can't be reached" in outage.reason
    # It is there again, and the wait is over.
    await place.change(OUTAGES.update().values(host=outage.host))
    configure(place, place.registry.url)
    await place.change(OUTAGES.update().values(host=place.host))
    place.activity.outages[place.host] = outage
    await place.pass_time(timedelta(seconds=retry.OUTAGE_S))
    await place.work()
    assert await place.statuses() == {"a": "completed"}
    assert place.activity.outages == {}
    await place.work()
    assert await place.database.read(current_outages) == []


async def test_a_registry_that_is_down_does_not_hold_up_another(place: Workplace) -> None:
    """Here: a scope with a registry of its own."""
    place.registry.add_package("usual")
    configure(place, place.registry.url, acme=nowhere())
    await place.bring("@acme/private", "usual", concurrency=1)
    assert await place.statuses() == {"@acme/private": "pending", "usual": "completed"}


async def test_the_usual_registry_being_down_does_not_hold_up_a_scope_of_its_own(
    place: Workplace,
) -> None:
    place.registry.add_package("@acme/private")
    configure(place, nowhere(), acme=place.registry.url)
    await place.bring("usual", "@acme/private", concurrency=1)
    assert await place.statuses() == {"@acme/private": "completed", "usual": "pending"}


async def test_a_registry_that_is_slow_fills_its_own_places_and_no_other(place: Workplace) -> None:
    with FakeRegistry() as slow:
        slow.add_package("@acme/slow")
        gate = slow.hang("@acme/slow")
        configure(place, place.registry.url, acme=slow.url)
        place.registry.add_package("quick")
        for name in ("@acme/slow", "quick"):
            await place.ask(name)
        done = asyncio.Event()
        place.activity.subscribe(done.set)
        worker = place.worker(concurrency=1)
        working = asyncio.create_task(worker.run(until_empty=True))
        await gate.arrived()
        async with asyncio.timeout(30):
            while (await place.request("quick")).status != "completed":
                await done.wait()
                done.clear()
        assert (await place.request("@acme/slow")).status == "fetching"
        gate.open()
        await working
    assert set((await place.statuses()).values()) == {"completed"}


def record(database: Database, wait_s: float, *, machine: str = "here", **how: Any) -> None:
    usual = {"reason": "It was away.", "backs_off": False}
    database.write_now(
        record_outage,
        LANE.registry,
        LANE.host,
        machine=machine,
        wait_s=wait_s,
        **{**usual, **how},
    )


def waits(database: Database, machine: str = "here") -> list[int]:
    found = database.read_now(current_outages, machine)
    return [round((outage.until - clock.now()).total_seconds()) for outage in found]


def over(database: Database) -> None:
    """Let the wait be over this moment, by SQLite's clock too, which knows milliseconds only."""
    over_by_now = clock.now() - timedelta(milliseconds=1)
    database.write_now(
        lambda connection: connection.execute(OUTAGES.update().values(retry_at=over_by_now))
    )


def test_the_longer_of_two_waits_stands(database: Database) -> None:
    record(database, 600)
    record(database, 10)
    assert waits(database) == pytest.approx([600], abs=5)
    record(database, 700)
    assert waits(database) == pytest.approx([700], abs=5)


def test_a_host_that_stays_away_is_asked_ever_more_seldom_and_bounded(database: Database) -> None:
    seen = []
    for _ in range(7):
        record(database, 15, backs_off=True)
        seen += waits(database)
        over(database)
    assert seen == pytest.approx([15, 30, 60, 120, 240, 300, 300], abs=5)


def test_what_one_machine_can_not_reach_others_may(database: Database) -> None:
    record(database, 60)
    assert waits(database, "here") == pytest.approx([60], abs=5)
    assert waits(database, "there") == []
    record(database, 90, machine=EVERYBODY)
    assert waits(database, "here") == pytest.approx([90], abs=5)
    assert waits(database, "there") == pytest.approx([90], abs=5)


def test_an_answer_ends_an_outage_whose_wait_is_over_and_no_other(database: Database) -> None:
    record(database, 60)
    database.write_now(end_outages, [LANE.host], machine="here")
    assert waits(database) == pytest.approx([60], abs=5)
    over(database)
    database.write_now(end_outages, [LANE.host], machine="there")
    assert waits(database) == pytest.approx([0], abs=5)
    database.write_now(end_outages, [LANE.host], machine="here")
    assert database.read_now(lambda connection: connection.execute(select(OUTAGES)).all()) == []


def known(seconds: float) -> RegistryOutage:
    until = clock.now() + timedelta(seconds=seconds)
    return RegistryOutage(LANE.registry, LANE.host, "It was away.", until)


def test_what_a_program_found_out_holds_before_it_is_recorded() -> None:
    outages = Outages(Activity(), HostGate())
    outages.leave_alone(LANE, 600, "It was away.")
    outages.learn([])
    assert not outages.is_open(LANE)
    assert outages.is_open(OTHER)


def test_an_outage_is_shown_until_its_host_answers_or_others_saw_it_answer() -> None:
    activity = Activity()
    outages = Outages(activity, HostGate())
    outages.learn([known(-1)])
    assert outages.is_open(LANE)
    assert LANE.host in activity.outages
    outages.answered(LANE.host)
    assert activity.outages == {}
    assert outages.take_answered() == {LANE.host}
    assert outages.take_answered() == set()
    outages.learn([known(-1)])
    outages.learn([])
    assert activity.outages == {}


def test_an_outage_that_somebody_ends_this_moment_is_recorded_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    outage: dict[str, Any] = {
        "machine": EVERYBODY,
        "reason": "It asks for patience.",
        "backs_off": False,
    }
    database.write_now(record_outage, "npm", LANE.host, wait_s=-1, **outage)
    ended = iter([True])

    def insert_then_end(*args: Any) -> int:
        inserted = insert_missing(*args)
        if next(ended, False):
            database.write_now(end_outages, [LANE.host], machine="here")
        return inserted

    monkeypatch.setattr("tgtui.data.requests.outages.insert_missing", insert_then_end)
    database.write_now(record_outage, "npm", LANE.host, wait_s=600, **outage)
    (known,) = database.read_now(current_outages)
    assert known.until > clock.now()
