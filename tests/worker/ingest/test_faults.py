"""Whatever a registry answers ends as a sentence, retried or not as the policy says; nothing stops the worker."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tests.support.fake_registry import dropped, html_page, huge, raw, status
from tests.support.http_thread import Reply
from tests.support.working import Workplace
from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError, SettingsError
from tgtui.data.storage.database import Database
from tgtui.registries.base import (
    HostDown,
    Malformed,
    NotFound,
    RateLimited,
    ServerError,
    Unreachable,
)
from tgtui.versions.rules import VersionIndex
from tgtui.worker import runner, upkeep
from tgtui.worker.ingest import resolution
from tgtui.worker.queue import retry
from tgtui.worker.queue.retry import judge, wait_before_retry

pytestmark = pytest.mark.full_on("postgresql")

PERMANENT: dict[str, tuple[Reply, str]] = {
    "404": (status(404), "not_found"),
    "410": (status(410), "not_found"),
    "unpublished": (raw(b'{"name":"bad","time":{"unpublished":{}}}'), "not_found"),
    "401": (status(401), "forbidden"),
    "403": (status(403), "forbidden"),
    "400": (status(400), "forbidden"),
    "html": (html_page(), "malformed"),
    "nested": (raw(b'{"name":"bad","versions":' + b"[" * 100_000), "malformed"),
    "list": (raw(b"[]"), "malformed"),
    "another": (raw(b'{"name":"good","versions":{"1.0.0":{}}}'), "malformed"),
    "over the cap": (huge(200 << 20), "too_large"),
}
TRANSIENT: dict[str, tuple[Reply, str]] = {
    "500": (status(500), "server_error"),
    "503": (status(503), "server_error"),
    "408": (status(408), "server_error"),
    "dropped": (dropped(), "unreachable"),
    "truncated": (Reply(200, b'{"name":"bad"}', send_only=5), "unreachable"),
    "early end": (raw(b'{"name":"bad","versions":{"1.0.0":{'), "unreachable"),
}


@pytest.mark.parametrize("kind", PERMANENT)
async def test_a_permanent_error_is_final_at_once(place: Workplace, kind: str) -> None:
    reply, code = PERMANENT[kind]
    place.registry.fault("bad", reply, always=True)
    place.registry.add_package("good")
    await place.bring("bad", "good")
    assert await place.statuses() == {"bad": "failed", "good": "completed"}
    request = await place.request("bad")
    assert (request.error_code, request.attempt_count) == (code, 1)
    assert "bad" in request.error_message
    assert request.lease_token is None
    assert await place.package("bad") is None
    assert place.asked_for("bad") == 1
    assert place.activity.outages == {}


@pytest.mark.parametrize("kind", TRANSIENT)
async def test_a_transient_error_is_tried_again_and_heals(place: Workplace, kind: str) -> None:
    reply, code = TRANSIENT[kind]
    place.registry.add_package("bad")
    place.registry.fault("bad", reply)
    await place.bring("bad")
    request = await place.request("bad")
    assert (request.status, request.error_code, request.attempt_count) == ("pending", code, 1)
    assert request.retry_after > clock.now()
    assert request.error_message
    await place.make_due("bad")
    await place.work()
    request = await place.request("bad")
    assert (request.status, request.error_code, request.error_message) == ("completed", None, None)


async def test_a_transient_error_is_final_after_the_last_attempt(place: Workplace) -> None:
    place.registry.fault("bad", status(500), always=True)
    await place.ask("bad")
    for attempt in (1, 2, 3):
        await place.make_due("bad")
        await place.work(max_attempts=3)
        assert (await place.request("bad")).attempt_count == attempt
    request = await place.request("bad")
    assert (request.status, request.error_code) == ("failed", "server_error")
    assert "Tried 3 times" in request.error_message


async def test_an_invalid_name_is_refused_without_a_request(place: Workplace) -> None:
    await place.bring("Not A Name")
    request = await place.request("Not A Name")
    assert (request.status, request.error_code) == ("failed", "invalid_name")
    assert place.registry.requests == []


async def test_twenty_thousand_versions_are_stored_and_one_more_is_too_large(
    place: Workplace,
) -> None:
    versions = [f"1.{number // 1000}.{number % 1000}" for number in range(20_000)]
    place.registry.add_package("many", versions)
    place.registry.add_package("too-many", [*versions, "2.0.0"])
    await place.bring("many", "too-many")
    assert len(await place.versions("many")) == 20_000
    request = await place.request("too-many")
    assert (request.status, request.error_code) == ("failed", "too_large")
    assert "20,000" in request.error_message


async def test_a_bug_in_a_documents_handling_stops_neither_the_worker_nor_the_others(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(document: Any) -> VersionIndex:
        if document.name == "bad":
            raise RecursionError("a bug")
        return right(document)

    right = resolution.index_of
    monkeypatch.setattr(resolution, "index_of", broken)
    place.registry.add_package("bad")
    place.registry.add_package("good")
    with caplog.at_level(logging.ERROR, "tgtui.worker"):
        await place.bring("bad", "good")
    request = await place.request("bad")
    assert (request.status, request.error_code) == ("pending", "internal")
    assert "RecursionError" in request.error_message
    assert (await place.request("good")).status == "completed"
    assert any(record.exc_info for record in caplog.records)


async def test_a_subscriber_that_fails_harms_no_request(place: Workplace) -> None:
    def fail() -> None:
        raise ValueError("a bug in a screen")

    place.activity.subscribe(fail)
    place.registry.add_package("a")
    await place.bring("a")
    assert await place.statuses() == {"a": "completed"}


async def test_a_dependency_that_can_not_be_read_now_delays_its_parent(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    place.registry.fault("b", status(500))
    await place.bring("a")
    request = await place.request("a")
    assert (request.status, request.error_code) == ("pending", "server_error")
    assert "npm:b" in request.error_message
    assert await place.package("a") is None
    await place.make_due("a")
    await place.work()
    assert await place.statuses() == {"a": "completed", "b": "completed"}


async def test_at_the_last_attempt_a_broken_dependency_does_not_keep_the_rest_away(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "c": "*"}}})
    place.registry.add_package("c")
    place.registry.fault("b", status(500), always=True)
    await place.ask("a")
    for _attempt in (1, 2):
        await place.make_due("a")
        await place.work(max_attempts=2)
    assert await place.statuses() == {"a": "completed", "c": "completed"}
    edges = await place.edges("a", "1.0.0")
    assert edges["c"].resolved_version == "1.0.0"
    assert edges["b"].resolved_version == "unresolved"
    assert "npm:b" in edges["b"].resolution_error


async def test_asking_again_reads_what_was_broken_at_the_last_attempt(place: Workplace) -> None:
    place.registry.add_package("root", {"1.0.0": {"dependencies": {"a": "*"}}})
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b")
    place.registry.fault("b", status(500), always=True)
    await place.bring("root", max_attempts=1)
    assert await place.loaded("a") == set()
    place.registry.clear_faults("b")
    await place.bring("root", max_attempts=1)
    assert await place.loaded("a") == {"1.0.0"}
    assert (await place.edges("a", "1.0.0"))["b"].resolved_version == "1.0.0"


class Flaky(Database):
    """A database that is away for the next calls of some queries, as their name says."""

    def __init__(self, database: Database, **away: int) -> None:
        vars(self).update(vars(database))
        self.away = away

    async def write(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        if self.away.get(query.__name__, 0) > 0:
            self.away[query.__name__] -= 1
            raise DatabaseError("The database can't be reached.")
        return await Database.write(self, query, *args, **kwargs)


async def test_a_database_that_is_away_for_a_moment_stops_no_worker(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "POLL_S", 0.001)
    place.database = Flaky(place.database, claim_requests=2, release_dead_workers=1)
    place.registry.add_package("a")
    await place.bring("a")
    assert await place.statuses() == {"a": "completed"}


async def test_what_the_database_would_not_take_is_tried_again_later(place: Workplace) -> None:
    place.database = Flaky(place.database, store=1)
    place.registry.add_package("a")
    await place.bring("a")
    request = await place.request("a")
    assert (request.status, request.error_message) == (
        "pending",
        "The database can't be reached.",
    )
    await place.make_due("a")
    await place.work()
    assert await place.statuses() == {"a": "completed"}


async def test_an_outcome_the_database_would_not_take_is_recorded_when_it_does(
    place: Workplace,
) -> None:
    place.database = Flaky(place.database, finish_all=1)
    await place.bring("nowhere")
    request = await place.request("nowhere")
    assert (request.status, request.error_code, request.attempt_count) == ("failed", "not_found", 1)


async def test_a_request_whose_outcome_can_not_be_recorded_is_taken_over_later(
    place: Workplace,
) -> None:
    place.database = Flaky(place.database, finish_all=2)
    asked = await place.ask("nowhere")
    await place.work()
    assert (await place.request("nowhere")).status == "fetching"
    await place.let_lease_expire(asked.request_id)
    await place.work()
    request = await place.request("nowhere")
    assert (request.status, request.attempt_count) == ("failed", 1)


async def test_leases_that_can_not_be_renewed_end_no_job(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RENEWALS_PER_LEASE", 1_000_000)
    flaky = place.database = Flaky(place.database, renew_leases=3)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    await place.ask("a")
    working = asyncio.create_task(place.worker().run(until_empty=True))
    await gate.arrived()
    async with asyncio.timeout(30):
        while flaky.away["renew_leases"]:
            await place.request("a")
    gate.open()
    await working
    assert await place.statuses() == {"a": "completed"}


def test_the_wait_doubles_and_is_bounded() -> None:
    for attempt in (1, 2, 3, 30):
        usual = min(retry.FIRST_WAIT_S * 2 ** (attempt - 1), retry.LONGEST_WAIT_S)
        assert usual * (1 - retry.JITTER) <= wait_before_retry(attempt) <= usual


def test_what_the_server_asks_for_comes_first_and_is_bounded() -> None:
    assert 60 <= wait_before_retry(1, 60) <= 60 + retry.FIRST_WAIT_S
    assert wait_before_retry(1, 1e9) <= retry.LONGEST_RETRY_AFTER_S + retry.FIRST_WAIT_S


@pytest.mark.parametrize(
    ("error", "waits", "costs", "leaves"),
    [
        (NotFound("x"), False, True, False),
        (Malformed("x"), False, True, False),
        (ServerError("x"), True, True, False),
        (ServerError("x", retry_after=5), True, True, True),
        (RateLimited("x"), True, True, True),
        (Unreachable("x"), True, True, False),
        (HostDown("x"), True, False, True),
        (SettingsError("The address is wrong."), True, False, True),
        (ValueError("x"), True, True, False),
    ],
)
def test_the_policy(error: Exception, waits: bool, costs: bool, leaves: bool) -> None:
    verdict = judge(error, attempt=1, max_attempts=5)
    assert (verdict.wait_s is not None) is waits
    assert verdict.costs_attempt is costs
    assert (verdict.leave_host_s is not None) is leaves
    if waits and costs:
        assert judge(error, attempt=5, max_attempts=5).wait_s is None
