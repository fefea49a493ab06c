"""Asked to stop, a worker returns soon and nothing is lost; killed, the next start finishes the queue."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.fake_registry import FakeRegistry
from tests.support.mass import mass
from tests.support.places import ROOT
from tests.support.rows import add_package
from tests.support.working import EDGES, PACKAGES, REQUESTS, VERSIONS, Workplace
from tgtui.basics import clock
from tgtui.worker import runner, upkeep

WAIT_S = 60.0
COUNT = 60


async def test_stopping_hands_back_what_is_under_way(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_GRACE_S", 0.01)
    place.registry.add_package("stuck")
    place.registry.add_package("waiting")
    gate = place.registry.hang("stuck")
    await place.ask("stuck")
    await place.ask("waiting")
    worker = place.worker(concurrency=1)
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    assert place.activity.is_running
    worker.stop()
    await asyncio.wait_for(working, WAIT_S)
    assert (place.activity.is_running, place.activity.progress) == (False, {})
    for name in ("stuck", "waiting"):
        request = await place.request(name)
        assert (request.status, request.attempt_count, request.lease_token) == ("pending", 0, None)
    gate.open()
    await place.work()
    assert set((await place.statuses()).values()) == {"completed"}


async def test_what_is_nearly_done_when_a_stop_is_asked_for_is_finished(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_GRACE_S", WAIT_S)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    await place.ask("a")
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    worker.stop()
    gate.open()
    await asyncio.wait_for(working, WAIT_S)
    assert await place.statuses() == {"a": "completed"}


async def test_a_worker_that_is_idle_stops_and_takes_nothing_more(place: Workplace) -> None:
    worker = place.worker()
    started = asyncio.Event()
    place.activity.subscribe(started.set)
    working = asyncio.create_task(worker.run())
    await started.wait()
    assert place.activity.is_running
    worker.stop()
    await asyncio.wait_for(working, WAIT_S)
    await place.ask("a")
    assert await place.statuses() == {"a": "pending"}


async def test_a_wake_is_answered_at_once(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "POLL_S", WAIT_S)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await place.ask("a")
    worker.wake()
    await gate.arrived()
    gate.open()
    worker.stop()
    await asyncio.wait_for(working, WAIT_S)


async def test_a_lease_is_kept_alive_while_its_package_is_fetched(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RENEWALS_PER_LEASE", 1_000_000)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    asked = await place.ask("a")
    working = asyncio.create_task(place.worker().run(until_empty=True))
    await gate.arrived()
    await place.let_lease_expire(asked.request_id)
    async with asyncio.timeout(WAIT_S):
        while (await place.request("a")).lease_expires_at < clock.now():
            pass  # each look waits for the database
    gate.open()
    await working
    assert (await place.request("a")).attempt_count == 1


async def test_a_job_whose_lease_is_lost_is_ended(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RENEWALS_PER_LEASE", 1_000_000)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    asked = await place.ask("a")
    working = asyncio.create_task(place.worker().run(until_empty=True))
    await gate.arrived()
    await place.change(
        update(REQUESTS).where(REQUESTS.c.id == asked.request_id).values(status="cancelled")
    )
    # The registry never answers: the worker ends because the heartbeat ends the job.
    await asyncio.wait_for(working, WAIT_S)
    assert await place.statuses() == {"a": "cancelled"}
    gate.open()


def publish(registry: FakeRegistry) -> None:
    """Sixty packages round a ring with two versions of each in use."""
    for number in range(COUNT):
        needs = {f"p{(number + step) % COUNT}": f"^{1 + step % 2}" for step in range(1, 7)}
        registry.add_package(
            f"p{number}", {"1.0.0": {"dependencies": needs}, "2.0.0": {"dependencies": needs}}
        )


def environment(url: str, registry: FakeRegistry, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TGTUI_DATABASE_URL": url,
        "TGTUI_DATA_DIR": str(folder),
        "TGTUI_NPM_REGISTRY": registry.url,
        "TGTUI_PYPI_INDEX": f"{registry.url}/simple/",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def program(env: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.program", *arguments]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_after(env: dict[str, str], lines: int) -> None:
    """Start the program, and kill it with no warning once it has said so many lines."""
    with program(env) as process:
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline(), "the program ended before it was killed"


async def assert_nothing_is_half_written(place: Workplace) -> None:
    versions: dict[Any, list[Any]] = defaultdict(list)
    for row in await place.read(VERSIONS.select()):
        versions[row.package_id].append(row)
    edges: dict[Any, list[str]] = defaultdict(list)
    for row in await place.read(EDGES.select()):
        edges[row.version_id].append(row.dependency_name)
    for package in await place.read(PACKAGES.select()):
        own = versions[package.id]
        if package.last_fetch_success is None:
            assert own == []
            continue
        assert sorted(row.version for row in own) == ["1.0.0", "2.0.0"]
        number = int(package.name[1:])
        expected = sorted(f"p{(number + step) % COUNT}" for step in range(1, 7))
        for row in own:
            is_loaded = row.dependencies_fetched_at is not None
            assert sorted(edges[row.id]) == (expected if is_loaded else [])
    done = [row for row in await place.read(REQUESTS.select()) if row.status == "completed"]
    stored = {row.name for row in await place.read(PACKAGES.select()) if row.last_fetch_success}
    assert {row.package_name for row in done} == stored


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX; there the lease runs out instead")
@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize("moments", mass((25,), full=[(3, 25, 40, 40)]), ids=str)
async def test_killed_at_any_moment_nothing_is_half_written_and_the_next_start_finishes(
    place: Workplace, migrated_url: str, tmp_path: Path, moments: tuple[int, ...]
) -> None:
    publish(place.registry)
    env = environment(migrated_url, place.registry, tmp_path / "home")
    # Known by name: a catalogue that holds anything gets no packages of its own.
    await place.database.write(add_package, "p0", last_fetch_success=None)
    await place.ask("p0")
    for lines in moments:
        await asyncio.to_thread(kill_after, env, lines)
        await assert_nothing_is_half_written(place)
    with program(env) as process:
        await asyncio.to_thread(process.communicate, timeout=WAIT_S)
    assert process.returncode == 0
    await assert_nothing_is_half_written(place)
    assert await place.statuses() == {f"p{number}": "completed" for number in range(COUNT)}
    edges = await place.read(EDGES.select())
    assert len(edges) == 2 * 6 * COUNT
    assert all(edge.resolved_version_id is not None for edge in edges)


@pytest.mark.full
@pytest.mark.full_on("postgresql")
@pytest.mark.skipif(os.name == "nt", reason="there leases of a program that is gone run out later")
async def test_a_document_that_ends_the_program_every_time_is_given_up_and_harms_no_other(
    place: Workplace, migrated_url: str, tmp_path: Path
) -> None:
    names = [f"good-{number}" for number in range(4)]
    for name in (*names, "poison"):
        place.registry.add_package(name)
    await place.database.write(add_package, "known", last_fetch_success=None)
    for name in ("poison", *names):
        await place.ask(name)
    env = {
        **environment(migrated_url, place.registry, tmp_path / "home"),
        "TGTUI_WORKER_MAX_ATTEMPTS": "3",
    }
    codes: list[int] = []
    while not codes or codes[-1] != 0:
        with program(env, "--crash-on", "poison") as process:
            await asyncio.to_thread(process.communicate, timeout=WAIT_S)
        codes.append(process.returncode)
        assert len(codes) < 9
        poison = await place.request("poison")
        if poison.status == "fetching":  # it has rested long enough
            is_poison = REQUESTS.c.id == poison.id
            await place.change(update(REQUESTS).where(is_poison).values(locked_by="elsewhere"))
            await place.let_lease_expire(poison.id)
    # Once beside others, then alone.
    assert codes == [9, 9, 9, 9, 0]
    assert (poison.status, poison.error_code, poison.attempt_count) == ("failed", "crashed", 3)
    assert "Gave up after 3 attempts" in poison.error_message
    for name in names:
        request = await place.request(name)
        assert (request.status, request.attempt_count) == ("completed", 1)
