"""The promises of a document already had: when it is answered without a request, revalidated, shared or forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.registries.conftest import Clock, MakeNpm
from tests.support.fake_registry import FakeRegistry
from tgtui.registries.base import FetchProgress, NotFound
from tgtui.registries.npm.adapter import NpmAdapter

HOUR = 3600.0


def damage_the_only_entry(folder: Path) -> None:
    """Change the last byte of the one document that is kept there."""
    (path,) = folder.rglob("*.doc")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


async def test_a_confirmed_copy_is_answered_without_a_request(
    make_npm: MakeNpm, fake_registry: FakeRegistry, clock: Clock
) -> None:
    fake_registry.add_package("express")
    first = make_npm()
    fetched = await first.fetch("express", max_age=0)
    clock.pass_seconds(HOUR - 1)
    for adapter in (first, make_npm()):  # from memory, and from disk in another program
        again = await adapter.fetch("express", max_age=HOUR)
        assert (again.from_cache, again.fetched_at) == (True, fetched.fetched_at)
        assert again.document.versions == fetched.document.versions
    assert len(fake_registry.requests) == 1


@pytest.mark.parametrize("use_etag", [True, False])
async def test_an_older_copy_costs_a_304(
    make_npm: MakeNpm, fake_registry: FakeRegistry, clock: Clock, use_etag: bool
) -> None:
    fake_registry.use_etag, fake_registry.use_last_modified = use_etag, not use_etag
    fake_registry.add_package("express")
    first = make_npm()
    document = (await first.fetch("express", max_age=0)).document
    for adapter in (first, make_npm()):
        clock.pass_seconds(HOUR)
        again = await adapter.fetch("express", max_age=HOUR)
        assert (again.from_cache, again.fetched_at) == (False, clock.now)
        assert again.document.versions == document.versions
    assert (await first.fetch("express", max_age=1)).from_cache is True
    key = "if-none-match" if use_etag else "if-modified-since"
    assert [key in request.headers for request in fake_registry.requests] == [False, True, True]


async def test_a_changed_document_replaces_the_copy(
    npm: NpmAdapter, fake_registry: FakeRegistry, clock: Clock
) -> None:
    fake_registry.add_package("express", ["1.0.0"])
    await npm.fetch("express", max_age=0)
    fake_registry.add_package("express", ["1.0.0", "2.0.0"])
    clock.pass_seconds(1)
    for max_age in (0, HOUR):
        fetched = await npm.fetch("express", max_age=max_age)
        assert len(fetched.document.versions) == 2


async def test_a_clock_set_back_does_not_keep_a_copy_for_ever(
    npm: NpmAdapter, fake_registry: FakeRegistry, clock: Clock
) -> None:
    fake_registry.add_package("express")
    await npm.fetch("express", max_age=0)
    clock.pass_seconds(-24 * HOUR)
    assert (await npm.fetch("express", max_age=HOUR)).from_cache is False


async def test_not_found_is_remembered_as_long_as_asked(
    make_npm: MakeNpm, fake_registry: FakeRegistry, clock: Clock
) -> None:
    for _ in range(2):
        with pytest.raises(NotFound, match="npm:ghost is not in the registry"):
            await make_npm().fetch("ghost", max_age=HOUR)
    assert len(fake_registry.requests) == 1
    fake_registry.add_package("ghost")
    clock.pass_seconds(HOUR)
    assert (await make_npm().fetch("ghost", max_age=HOUR)).document.name == "ghost"
    assert "if-none-match" not in fake_registry.requests[-1].headers


async def test_a_package_that_was_taken_away_is_not_answered_from_the_copy(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("ghost")
    await npm.fetch("ghost", max_age=0)
    fake_registry.remove_package("ghost")
    for max_age in (0, HOUR):
        with pytest.raises(NotFound):
            await npm.fetch("ghost", max_age=max_age)
    assert len(fake_registry.requests) == 2


async def test_an_unpublished_package_is_remembered_with_its_reason(
    make_npm: MakeNpm, fake_registry: FakeRegistry
) -> None:
    times = {"unpublished": {"time": "2020-02-03T04:05:06.000Z"}}
    fake_registry.add_package("gone", [], time=times)
    for _ in range(2):
        with pytest.raises(NotFound, match="npm:gone was unpublished on 2020-02-03"):
            await make_npm().fetch("gone", max_age=HOUR)
    assert len(fake_registry.requests) == 1


async def test_a_damaged_copy_is_fetched_again_although_the_server_confirms_it(
    make_npm: MakeNpm, fake_registry: FakeRegistry, tmp_path: Path
) -> None:
    fake_registry.add_package("express")
    await make_npm().fetch("express", max_age=0)
    damage_the_only_entry(tmp_path)
    fetched = await make_npm().fetch("express", max_age=0)
    assert fetched.document.name == "express"
    answers = ["if-none-match" in request.headers for request in fake_registry.requests]
    assert answers == [False, True, False]


async def test_concurrent_callers_share_one_request_and_its_progress(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.use_gzip = False
    fake_registry.add_package("express", readme="x" * 300_000)
    gate = fake_registry.hang("express")
    seen: list[list[FetchProgress]] = [[], [], []]
    tasks = [
        asyncio.create_task(npm.fetch("express", max_age=0, on_progress=heard.append))
        for heard in seen
    ]
    await gate.arrived()
    gate.open()
    fetched = await asyncio.gather(*tasks)
    assert len({id(one.document) for one in fetched}) == 1
    assert len(fake_registry.requests) == 1
    assert seen[0] == seen[1] == seen[2]
    received = [progress.received for progress in seen[0]]
    assert received == sorted(received)
    assert received[-1] == seen[0][-1].total
    assert received[-1] > 300_000
    assert len(received) <= received[-1] // 65536 + 1


async def test_one_caller_leaving_does_not_cost_the_others_their_answer(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    gate = fake_registry.hang("express")
    leaver = asyncio.create_task(npm.fetch("express", max_age=0))
    stayer = asyncio.create_task(npm.fetch("express", max_age=0))
    await gate.arrived()
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    gate.open()
    assert (await stayer).document.name == "express"


async def test_work_nobody_waits_for_is_given_up_and_can_be_asked_anew(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    gate = fake_registry.hang("express")
    task = asyncio.create_task(npm.fetch("express", max_age=0))
    await gate.arrived()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await npm.fetch("express", max_age=0)).document.name == "express"
    assert len(fake_registry.requests) == 2


async def test_closing_ends_what_is_under_way(npm: NpmAdapter, fake_registry: FakeRegistry) -> None:
    gate = fake_registry.hang("express")
    task = asyncio.create_task(npm.fetch("express", max_age=0))
    await gate.arrived()
    await npm.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task
