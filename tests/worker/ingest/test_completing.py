"""A chain is complete only when all it needs is here, whatever others cancel, delete or break meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.support.fake_registry import FakeRegistry
from tests.support.mass import mass
from tests.support.rows import CHAINS, add_account, add_request
from tests.support.working import EDGES, REQUESTS, Workplace
from tgtui.basics import clock
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.progress import chain_progress
from tgtui.data.packages.removal import delete_package, restore_package
from tgtui.data.requests.asking import Asked, ask_all
from tgtui.data.requests.cancelling import cancel_chain, cancel_request
from tgtui.data.requests.lists import chains_page
from tgtui.data.requests.retrying import retry
from tgtui.data.versions.listing import find_version
from tgtui.data.views.requests import Chain
from tgtui.worker.ingest.completing import complete, unsettled_chains
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.runner import Worker

pytestmark = pytest.mark.full_on("postgresql")


def add_tree(registry: FakeRegistry, root: str, names: Sequence[str]) -> None:
    """The root needs the first two, each of these the next two, and so on."""
    for number, name in enumerate([root, *names]):
        needs = [each for each in (2 * number, 2 * number + 1) if each < len(names)]
        below = {names[each]: "*" for each in needs}
        registry.add_package(name, {"1.0.0": {"dependencies": below}})


async def chain_of(place: Workplace, asked: Asked) -> Chain:
    page = await place.database.read(chains_page)
    return next(chain for chain in page.rows if chain.id == asked.chain_id)


async def n_of_m(place: Workplace, asked: Asked) -> str:
    chain = await chain_of(place, asked)
    return f"{chain.completed} of {chain.total}"


async def missing(place: Workplace, name: str) -> int:
    """Packages that an install of it needs and that are not here, or not with their dependencies."""
    package = await place.package(name)
    assert package is not None
    version = await place.database.read(find_version, package.id, "latest")
    assert version is not None
    totals = (await place.database.read(outline_of, version.id)).totals
    return totals.missing + totals.not_loaded


async def let_fail(place: Workplace, name: str) -> None:
    """The dependency's document ends each worker that reads it; all else is worked on."""
    waits = clock.now() + timedelta(hours=1)
    request = await place.database.write(
        add_request, name, retry_after=waits, is_auto_queued=True, priority=20
    )
    await place.work()
    of_request = update(REQUESTS).where(REQUESTS.c.id == request)
    await place.change(of_request.values(retry_after=None, attempt_count=1_000_000))
    await place.work()
    assert (await place.request(name)).error_code == "crashed"


async def people(place: Workplace) -> tuple[UUID, UUID]:
    return (
        await place.database.write(add_account, "ada"),
        await place.database.write(add_account, "bob"),
    )


@pytest.mark.parametrize("below", mass(26, full=[267]))
async def test_a_retry_of_the_root_tries_the_one_that_failed_and_the_chain_says_so(
    place: Workplace, below: int
) -> None:
    add_tree(place.registry, "jest", [f"d{number:03}" for number in range(below)])
    jest = await place.ask("jest")
    await let_fail(place, f"d{below - 1:03}")
    assert await n_of_m(place, jest) == f"{below} of {below + 1}"
    chain = await chain_of(place, jest)
    assert (chain.failed, chain.is_settled) == (1, True)
    asked_before = place.asked_for("jest")
    assert (await place.database.write(retry, jest.chain_id, account_id=None)).queued == 1
    await place.work()
    chain = await chain_of(place, jest)
    assert (chain.completed, chain.total, chain.is_settled) == (below + 1, below + 1, True)
    assert place.asked_for("jest") == asked_before
    assert await missing(place, "jest") == 0


@pytest.mark.parametrize("number_shared", mass(12, full=[120]))
async def test_a_colleagues_cancel_leaves_what_two_trees_share(
    place: Workplace, number_shared: int
) -> None:
    ada, bob = await people(place)
    shared = [f"s{number:03}" for number in range(number_shared)]
    add_tree(place.registry, "s", shared)
    for name in "ab":
        place.registry.add_package(name, {"1.0.0": {"dependencies": {"s": "*", f"{name}1": "*"}}})
        place.registry.add_package(f"{name}1")
    adas = await place.ask("a", account_id=ada)
    bobs = await place.ask("b", account_id=bob)
    worker = place.worker(concurrency=1)
    gate = place.registry.hang("s")
    working = work(worker)
    await gate.arrived()  # both packages are here, and s with all below it is shared
    cancelled = await place.database.write(
        cancel_chain, adas.chain_id, account_id=ada, only_own=True
    )
    gate.open()
    await working
    assert cancelled.ended <= 1
    assert await n_of_m(place, bobs) == f"{number_shared + 3} of {number_shared + 3}"
    assert (await chain_of(place, bobs)).is_settled
    assert await missing(place, "b") == 0
    assert (await place.statuses()).get("a1") in {"cancelled", None}


async def test_a_chain_that_came_after_part_of_the_shared_tree_is_completed_whatever_the_other_does(
    place: Workplace,
) -> None:
    """The second finds the shared package here, its dependencies queued for the first alone."""
    ada, bob = await people(place)
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"s": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"x": "*"}}})
    place.registry.add_package("x", {"1.0.0": {"dependencies": {"s": "*"}}})
    add_tree(place.registry, "s", [f"s{number}" for number in range(20)])
    adas = await place.ask("a", account_id=ada)
    gate = place.registry.hang("s0")
    working = work(place.worker(concurrency=2))
    await gate.arrived()
    bobs = await place.ask("b", account_id=bob)
    await place.database.write(cancel_chain, adas.chain_id, account_id=ada, only_own=True)
    gate.open()
    await working
    assert await missing(place, "b") == 0
    chain = await chain_of(place, bobs)
    assert (chain.open, chain.failed, chain.cancelled, chain.is_settled) == (0, 0, 0, True)


async def test_what_was_emptied_before_comes_back_when_the_chain_is_looked_at(
    place: Workplace,
) -> None:
    """As a chain that another person's cancel emptied, before a cancel left anything to others."""
    add_tree(place.registry, "a", [f"d{number}" for number in range(6)])
    asked = await place.ask("a")
    await place.work(max_depth=1)
    assert await missing(place, "a") == 4
    assert (await chain_of(place, asked)).is_settled
    await place.change(update(CHAINS).values(settled_at=None))
    await place.work()
    assert await missing(place, "a") == 0
    assert (await chain_of(place, asked)).is_settled


async def test_several_roots_are_one_chain_that_ends_once(place: Workplace) -> None:
    add_tree(place.registry, "a", ["s", "a1"])
    add_tree(place.registry, "b", ["s", "b1"])
    outcomes = await place.database.write(
        ask_all, [("npm", "a"), ("npm", "b"), ("npm", "nowhere")], account_id=None
    )
    first = outcomes[0]
    assert isinstance(first, Asked)
    await place.work()
    chain = await chain_of(place, first)
    assert (chain.roots, chain.total, chain.completed, chain.failed) == (3, 6, 5, 1)
    assert chain.is_settled
    for name in "ab":
        assert await missing(place, name) == 0


async def test_what_failed_or_was_cancelled_in_a_chain_is_not_queued_again_by_itself(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    for name in "bc":
        place.registry.add_package(name)
    asked = await place.ask("a")
    later = clock.now() + timedelta(hours=1)
    request = await place.database.write(
        add_request, "c", retry_after=later, is_auto_queued=True, priority=20
    )
    await let_fail(place, "b")
    assert await place.database.write(cancel_request, request)
    await place.work()
    chain = await chain_of(place, asked)
    assert chain.is_settled
    assert (chain.total, chain.completed, chain.failed, chain.cancelled) == (3, 1, 1, 1)


async def test_a_shared_request_that_fails_is_a_failure_of_both_until_one_tries_again(
    place: Workplace,
) -> None:
    ada, bob = await people(place)
    for name in "ab":
        place.registry.add_package(name, {"1.0.0": {"dependencies": {"s": "*"}}})
    place.registry.add_package("s", {"1.0.0": {"dependencies": {"deep": "*"}}})
    place.registry.add_package("deep")
    asked = [
        await place.ask("a", account_id=ada),
        await place.ask("b", account_id=bob),
    ]
    await let_fail(place, "s")
    assert [await n_of_m(place, each) for each in asked] == ["1 of 2"] * 2
    await place.database.write(retry, asked[1].request_id, account_id=bob, only_own=True)
    await place.work()
    assert [await n_of_m(place, each) for each in asked] == ["3 of 3"] * 2


async def test_what_an_admin_deleted_and_restored_is_completed(place: Workplace) -> None:
    cleo = await place.database.write(add_account, "cleo")
    place.registry.add_package("s", {"1.0.0": {"dependencies": {"deep": "*"}}})
    place.registry.add_package("deep")
    await place.bring("s")
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"s": "^2"}}})
    place.registry.add_package("s", {"1.0.0": {}, "2.0.0": {"dependencies": {"more": "*"}}})
    place.registry.add_package("more")
    package = await place.package("s")
    assert package is not None
    asked = await place.ask("a")
    await place.database.write(delete_package, package.id, account_id=cleo)
    await place.work()
    assert (await chain_of(place, asked)).is_settled
    await place.database.write(restore_package, package.id, account_id=cleo)
    await place.change(update(CHAINS).values(settled_at=None))
    await place.work()
    assert await missing(place, "a") == 0


async def test_what_the_registry_does_not_have_any_more_is_not_asked_for_for_ever(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.add_package("b", ["1.0.0"])
    await place.bring("a")
    await place.change(update(EDGES).values(resolved_version_id=None, resolved_version="9.9.9"))
    await place.change(update(CHAINS).values(settled_at=None))
    await place.work()
    page = await place.database.read(chains_page)
    assert [chain.is_settled for chain in page.rows] == [True]
    assert len(await place.read(select(REQUESTS))) == 2


async def test_who_waits_is_told_only_when_the_chain_was_looked_at(place: Workplace) -> None:
    place.registry.add_package("a")
    asked = await place.ask("a")
    await place.work()
    await place.change(update(CHAINS).values(settled_at=None))
    progress = await place.database.read(chain_progress, asked.request_id)
    assert not progress.is_done
    assert not await place.database.write(complete, [asked.chain_id], Bounds(60, 5_000))
    assert (await place.database.read(chain_progress, asked.request_id)).is_done


async def test_a_chain_of_which_something_is_queued_is_left_alone(place: Workplace) -> None:
    asked = await place.ask("a")
    assert not await place.database.write(complete, [asked.chain_id], Bounds(60, 5_000))
    assert await place.database.read(unsettled_chains, None, 10) == [asked.chain_id]


def work(worker: Worker) -> asyncio.Task[None]:
    return asyncio.create_task(worker.run(until_empty=True))
