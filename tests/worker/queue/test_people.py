"""What people do at once: ask, follow, cancel, retry. Each outcome is one of two, and each is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select, update

from tests.support.rows import CHAINS, add_account, add_package, add_request
from tests.support.working import NPM, PACKAGES, REQUESTS, MakeWorkplace, Workplace
from tests.worker.queue.claiming import claim, expire, row_of
from tgtui.basics import clock
from tgtui.data.access.limits import RequestRefused
from tgtui.data.requests.asking import Limits, ask
from tgtui.data.requests.cancelling import cancel_chain, cancel_request
from tgtui.data.requests.retrying import retry
from tgtui.data.storage.database import Database
from tgtui.data.views.requests import Cancelled
from tgtui.worker.queue import claims
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.finishing import Finish, finish_all
from tgtui.worker.queue.settling import Ending

WAIT_S = 30.0
HOUR = timedelta(hours=1)
ROUNDS = 8


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What each returned, or the RequestRefused it raised."""
    together = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return action()
        except RequestRefused as refused:
            return refused

    with ThreadPoolExecutor(len(actions)) as people:
        return [done.result() for done in [people.submit(run, action) for action in actions]]


def active(database: Database) -> list[UUID]:
    return database.read_now(
        lambda connection: list(
            connection.scalars(
                select(REQUESTS.c.id).where(REQUESTS.c.status.in_(("pending", "fetching")))
            )
        )
    )


def test_one_cancels_and_another_retries_at_once(database: Database) -> None:
    """Cancelled first, the retry queues it again; retried first, the cancel ends it. Never both, never neither."""
    for number in range(ROUNDS):
        name = f"package-{number}"
        request_id = database.write_now(add_request, name, retry_after=clock.now() + HOUR)
        cancelled, retried = at_once(
            partial(database.write_now, cancel_request, request_id),
            partial(database.write_now, retry, request_id, account_id=None),
        )
        assert cancelled is True
        assert retried.request_id == request_id
        assert active(database) == ([request_id] if retried.is_new else [])
        database.write_now(cancel_chain, request_id)


def test_two_that_cancel_at_once_are_told_what_is_so(database: Database) -> None:
    request_id = database.write_now(add_request)
    outcomes = at_once(*[partial(database.write_now, cancel_request, request_id)] * 2)
    refused = [outcome for outcome in outcomes if outcome is not True]
    assert [str(one) for one in refused] == [
        "The request was cancelled already; there is nothing to cancel."
    ]


def test_two_that_retry_at_once_make_one_request(database: Database) -> None:
    for number in range(ROUNDS):
        ended = database.write_now(add_request, f"package-{number}", status="failed")
        outcomes = at_once(*[partial(database.write_now, retry, ended, account_id=None)] * 3)
        assert len({outcome.request_id for outcome in outcomes}) == 1
        assert sum(outcome.is_new for outcome in outcomes) == 1
    assert len(active(database)) == ROUNDS


def test_a_cancel_in_the_middle_of_a_write_comes_too_late_and_says_so(database: Database) -> None:
    request_id = database.write_now(add_request)
    (held,) = claim(database)
    written, may_commit = Event(), Event()

    def write(connection: Connection) -> None:
        claims.end(connection, held, Ending("completed", add_package(connection, "express")))
        written.set()
        assert may_commit.wait(WAIT_S)

    def cancel() -> str:
        with pytest.raises(RequestRefused) as refused:
            database.write_now(cancel_request, request_id)
        return str(refused.value)

    with ThreadPoolExecutor(2) as both:
        writing = both.submit(database.write_now, write)
        assert written.wait(WAIT_S)
        cancelling = both.submit(cancel)
        may_commit.set()
        writing.result()
        said = cancelling.result()
    # While it is written the row still says fetching to whoever does not wait for the lock.
    assert said in {
        "The request is completed; there is nothing to cancel.",
        "It is being fetched and will be completed shortly.",
    }
    assert row_of(database, request_id).status == "completed"
    stored = database.read_now(lambda s: s.scalar(select(func.count()).select_from(PACKAGES)))
    assert stored == 1


def test_a_second_person_follows_and_the_first_may_go(database: Database) -> None:
    ada, bob = (database.write_now(add_account, name) for name in ("ada", "bob"))
    first = database.write_now(ask, "npm", "express", account_id=ada)
    again = database.write_now(ask, "npm", "express", account_id=bob)
    once_more = database.write_now(ask, "npm", "express", account_id=bob)
    assert {first.request_id} == {again.request_id, once_more.request_id}
    assert once_more.chain_id == again.chain_id != first.chain_id
    assert not database.write_now(cancel_request, first.request_id, account_id=ada)
    assert row_of(database, first.request_id).status == "pending"
    with pytest.raises(RequestRefused, match="cancelled already"):
        database.write_now(cancel_request, first.request_id, account_id=ada, only_own=True)
    # Bob alone waits for it now.
    assert database.write_now(cancel_request, first.request_id, account_id=bob)
    assert row_of(database, first.request_id).status == "cancelled"


def test_who_follows_may_stop_following(database: Database) -> None:
    ada, bob = (database.write_now(add_account, name) for name in ("ada", "bob"))
    first = database.write_now(ask, "npm", "express", account_id=ada)
    database.write_now(ask, "npm", "express", account_id=bob)
    assert not database.write_now(cancel_request, first.request_id, account_id=bob)
    assert row_of(database, first.request_id).status == "pending"
    assert database.write_now(cancel_request, first.request_id, account_id=ada)


def test_cancelling_a_chain_leaves_what_others_follow(database: Database) -> None:
    bob = database.write_now(add_account, "bob")
    root = database.write_now(add_request, "root", status="completed")
    shared = database.write_now(add_request, "b", chain=root, is_auto_queued=True)
    database.write_now(add_request, "c", chain=root, is_auto_queued=True)
    database.write_now(ask, "npm", "b", account_id=bob)
    assert database.write_now(cancel_chain, root) == Cancelled(ended=1, left=1)
    assert row_of(database, shared).status == "pending"


def test_of_two_requests_at_the_limit_one_is_made(database: Database) -> None:
    ada = database.write_now(add_account)
    for number in range(ROUNDS):
        database.write_now(
            lambda connection: connection.execute(
                update(CHAINS).values(charged_at=clock.now() - 2 * HOUR)
            )
        )
        outcomes = at_once(
            *[
                partial(
                    database.write_now,
                    ask,
                    "npm",
                    f"package-{number}-{each}",
                    account_id=ada,
                    limits=Limits(per_hour=1),
                )
                for each in range(3)
            ]
        )
        assert sum(isinstance(outcome, RequestRefused) for outcome in outcomes) == 2


async def test_what_the_registry_refused_within_the_hour_is_said_at_once_with_when_it_lifts(
    place: Workplace, make_workplace: MakeWorkplace
) -> None:
    limits = Limits(cooldown=HOUR)
    await place.bring("nowhere")
    with pytest.raises(
        RequestRefused,
        match=r"^npm:nowhere is not in the registry; .* not asked again before \d\d:\d\d",
    ):
        await place.ask("nowhere", limits=limits)
    place.registry.add_package("nowhere")
    # An admin forces it, on another machine, which has no document of its own.
    other = make_workplace()
    assert (await other.ask("nowhere", limits=limits, force=True)).is_new
    await other.work()
    assert await place.statuses() == {"nowhere": "completed"}


async def test_a_person_may_not_get_round_the_cooldown_by_retrying(place: Workplace) -> None:
    limits = Limits(cooldown=HOUR)
    await place.bring("nowhere")
    failed = await place.request("nowhere")
    with pytest.raises(RequestRefused, match="not asked again before"):
        await place.database.write(retry, failed.id, account_id=None, limits=limits)
    again = await place.database.write(retry, failed.id, account_id=None, limits=limits, force=True)
    assert again.is_new


def test_what_a_person_waits_for_is_forgotten_with_nobody(database: Database) -> None:
    """A chain that is cancelled ends every request that waits, and none that is worked on."""
    root = database.write_now(add_request, "root")
    claim(database)
    below = [
        database.write_now(add_request, name, chain=root, is_auto_queued=True)
        for name in ("b", "c")
    ]
    assert database.write_now(cancel_chain, root) == Cancelled(ended=2, left=0)
    assert row_of(database, root).status == "fetching"
    assert {row_of(database, one).status for one in below} == {"cancelled"}


async def test_a_cancelled_chain_does_not_grow_again_from_what_was_being_fetched(
    place: Workplace,
) -> None:
    place.registry.add_package("root", {"1.0.0": {"dependencies": {"x": "*", "y": "*"}}})
    place.registry.add_package("x", {"1.0.0": {"dependencies": {"y": "*", "z": "*"}}})
    for name in "yz":
        place.registry.add_package(name)
    root = await place.ask("root")
    worker = place.worker(concurrency=1)
    gate = place.registry.hang("z")
    working = asyncio.create_task(worker.run(until_empty=True))
    await gate.arrived()  # x is being resolved; y waits
    assert await place.database.write(cancel_chain, root.request_id) == Cancelled(ended=1, left=0)
    gate.open()
    await working
    assert await place.statuses() == {"root": "completed", "x": "completed", "y": "cancelled"}
    assert "the chain was cancelled" in (await place.request("x")).error_message


def hand_back(database: Database, held: Claim) -> None:
    database.write_now(claims.hand_back, [held])


def fail_for_now(database: Database, held: Claim) -> None:
    later = Ending("pending", code="server_error", message="Later.", wait_s=60)
    finish = Finish(held, lambda connection: later)
    (ending,) = database.write_now(finish_all, [finish]).values()
    assert ending is not None
    assert ending.status == row_of(database, held.request_id).status, (
        "what happened is what is told"
    )


def lose_the_lease(database: Database, held: Claim) -> None:
    expire(database, held.request_id)
    assert database.read_now(claims.is_suspect_due, [NPM])
    claim(database)


@pytest.mark.parametrize("end", [hand_back, fail_for_now, lose_the_lease])
class TestWhatWasBeingFetchedForACancelledChain:
    """It is finished if it can be, but is not queued again for nobody."""

    def test_is_cancelled_when_it_is_not_finished(
        self, database: Database, end: Callable[[Database, Claim], None]
    ) -> None:
        request_id = database.write_now(add_request)
        (held,) = claim(database)
        assert database.write_now(cancel_chain, request_id) == Cancelled(ended=0, left=0)
        end(database, held)
        row = row_of(database, request_id)
        assert (row.status, row.error_code) == ("cancelled", "chain_cancelled")
        assert (row.lease_token, row.retry_after) == (None, None)
        assert claim(database) == []
        # It is as any other that was cancelled with its chain.
        assert database.write_now(retry, request_id, account_id=None).queued == 1
        assert row_of(database, request_id).status == "pending"

    def test_stays_for_another_chain(
        self, database: Database, end: Callable[[Database, Claim], None]
    ) -> None:
        bob = database.write_now(add_account, "bob")
        request_id = database.write_now(add_request)
        (held,) = claim(database)
        database.write_now(cancel_chain, request_id)
        assert not database.write_now(ask, "npm", "express", account_id=bob).is_new
        end(database, held)
        assert row_of(database, request_id).status in {"pending", "fetching"}


def test_a_cancel_while_a_request_is_handed_back_forgets_it_for_nobody(database: Database) -> None:
    for number in range(ROUNDS):
        request_id = database.write_now(add_request, f"package-{number}")
        held = claim(database)
        at_once(
            partial(database.write_now, claims.hand_back, held),
            partial(database.write_now, cancel_chain, request_id),
            partial(database.write_now, cancel_request, request_id),
        )
        assert row_of(database, request_id).status == "cancelled"
