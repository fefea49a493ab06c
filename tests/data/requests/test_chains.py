"""Chains that share requests: asked for at once, cancelled by one, tried again by another; both databases alike."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from tests.support import rows
from tests.support.rows import CHAINS, MEMBERS
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import NOT_YOURS, RequestRefused
from tgtui.data.requests.asking import Asked, Limits, ask, ask_all
from tgtui.data.requests.cancelling import NotYourChain, cancel_chain, cancel_request
from tgtui.data.requests.lists import chain_members, chains_page, request_row
from tgtui.data.requests.retrying import retry
from tgtui.data.storage.sql import IN_LIST
from tgtui.data.views.requests import MAX_PACKAGES, Cancelled, Chain, Refused

HOUR = timedelta(hours=1)
COOLDOWN = Limits(cooldown=HOUR)
FEW_PARAMETERS = 2 * IN_LIST + 100
"""Of one statement: lists are cut, and two of them fit."""


def status(connection: Connection, request: UUID) -> str:
    row = request_row(connection, request)
    assert row is not None
    return row.status


def end(connection: Connection, request: UUID, **values: Any) -> None:
    values = {"status": "failed", "updated_at": clock.now(), **values}
    connection.execute(update(REQUESTS).where(REQUESTS.c.id == request).values(**values))


def chain_with(connection: Connection, id: UUID) -> Chain:
    return next(chain for chain in chains_page(connection).rows if chain.id == id)


def settle(connection: Connection) -> None:
    connection.execute(update(CHAINS).values(settled_at=clock.now()))


def is_settled(connection: Connection, chain: UUID) -> bool:
    found = select(CHAINS.c.settled_at).where(CHAINS.c.id == chain)
    return connection.scalar(found) is not None


def is_living_and_unsettled(connection: Connection, chain: UUID) -> bool:
    found = select(CHAINS.c.settled_at, CHAINS.c.cancelled_at).where(CHAINS.c.id == chain)
    return tuple(connection.execute(found).one()) == (None, None)


class TestAskingForManyAtOnce:
    def test_it_is_one_chain_with_several_roots(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        names = [f"p{number:04}" for number in range(1_000)]
        outcomes = ask_all(connection, [("npm", name) for name in names], account_id=ada)
        assert all(isinstance(each, Asked) and each.is_new for each in outcomes)
        assert len({each.chain_id for each in outcomes if isinstance(each, Asked)}) == 1
        (chain,) = chains_page(connection, account_id=ada).rows
        assert (chain.root.name, chain.roots, chain.total, chain.open) == (
            "p0000",
            1_000,
            1_000,
            1_000,
        )
        assert [row.name for row in chain_members(connection, chain.id, limit=1_000)] == names

    def test_it_counts_once(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        limits = Limits(per_hour=2)
        for number in range(2):
            packages = [("npm", f"p{number}-{each}") for each in range(5)]
            outcomes = ask_all(connection, packages, account_id=ada, limits=limits)
            assert all(isinstance(each, Asked) for each in outcomes)
        refused, joined = ask_all(
            connection, [("npm", "one-more"), ("npm", "p0-0")], account_id=ada, limits=limits
        )
        assert isinstance(refused, Refused)
        assert "You made 2 requests within an hour" in refused.reason
        assert isinstance(joined, Asked)
        assert not joined.is_new

    def test_a_name_that_is_refused_does_not_stop_the_others(self, connection: Connection) -> None:
        rows.add_package(connection, "removed", deleted_at=rows.DAY_ONE)
        gone = rows.add_request(connection, "gone", attempt_count=1)
        end(connection, gone, error_code="not_found", error_message="It is not there.")
        queued = rows.add_request(connection, "queued", is_auto_queued=True, priority=20)
        names = ("removed", "gone", "queued", "new", "new")
        outcomes = ask_all(
            connection, [("npm", name) for name in names], account_id=None, limits=COOLDOWN
        )
        removed, remembered, joined, new, again = outcomes
        assert isinstance(removed, Refused)
        assert "deleted by an admin" in removed.reason
        assert isinstance(remembered, Refused)
        assert "not asked again before" in remembered.reason
        assert isinstance(joined, Asked)
        assert isinstance(new, Asked)
        assert (joined.request_id, joined.is_new, new.is_new) == (queued, False, True)
        assert again == new
        assert joined.chain_id == new.chain_id
        row = request_row(connection, queued)
        assert row is not None
        assert not row.is_auto_queued, "its latest version is wanted now"

    def test_there_are_not_too_many(self, connection: Connection) -> None:
        with pytest.raises(
            RequestRefused, match="at most 5,000 packages at once; request the rest"
        ):
            ask_all(connection, [("npm", "a")] * (MAX_PACKAGES + 1), account_id=None)

    def test_nothing_is_nothing(self, connection: Connection) -> None:
        assert ask_all(connection, [], account_id=None) == []
        assert chains_page(connection).rows == ()


class Shared:
    """Ada and Bob asked for a package each; both bring `shared`, each another one of their own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ada, self.bob = (
            rows.add_account(connection, "ada"),
            rows.add_account(connection, "bob"),
        )
        self.adas = self._chain("a", self.ada)
        self.bobs = self._chain("b", self.bob)
        self.shared = rows.add_request(connection, "shared", chain=self.adas, is_auto_queued=True)
        rows.add_member(connection, self.bobs, self.shared)
        self.below = {
            chain: rows.add_request(connection, f"below-{name}", chain=chain, is_auto_queued=True)
            for name, chain in (("a", self.adas), ("b", self.bobs))
        }

    def _chain(self, name: str, account: UUID) -> UUID:
        return rows.add_request(self.connection, name, requested_by=account, status="completed")

    def statuses(self) -> tuple[str, str, str]:
        """The shared one, Ada's, Bob's."""
        ids = (self.shared, self.below[self.adas], self.below[self.bobs])
        a, b, c = (status(self.connection, id) for id in ids)
        return a, b, c


@pytest.fixture
def two(connection: Connection) -> Shared:
    return Shared(connection)


class TestCancellingOne:
    def test_what_another_living_chain_needs_stays_queued(
        self, connection: Connection, two: Shared
    ) -> None:
        done = cancel_chain(connection, two.adas, account_id=two.ada, only_own=True)
        assert done == Cancelled(ended=1, left=1)
        assert two.statuses() == ("pending", "cancelled", "pending")
        ada, bob = chain_with(connection, two.adas), chain_with(connection, two.bobs)
        assert (ada.total, ada.completed, ada.cancelled, ada.open) == (3, 1, 2, 0)
        assert (bob.total, bob.completed, bob.cancelled, bob.open) == (3, 1, 0, 2)
        members = {row.name: row.status for row in chain_members(connection, two.adas)}
        assert members == {"shared": "cancelled", "below-a": "cancelled"}

    def test_both_cancel_and_nothing_is_left(self, connection: Connection, two: Shared) -> None:
        cancel_chain(connection, two.adas, account_id=two.ada)
        assert cancel_chain(connection, two.bobs, account_id=two.bob) == Cancelled(ended=2, left=0)
        assert two.statuses() == ("cancelled", "cancelled", "cancelled")

    def test_an_admin_cancels_anybodys_chain_and_no_others(
        self, connection: Connection, two: Shared
    ) -> None:
        cleo = rows.add_account(connection, "cleo")
        with pytest.raises(NotYourChain):
            cancel_chain(connection, two.adas, account_id=cleo, only_own=True)
        assert cancel_chain(connection, two.adas, account_id=cleo) == Cancelled(ended=1, left=1)
        assert two.statuses() == ("pending", "cancelled", "pending")

    def test_a_single_request_is_left_to_the_others(
        self, connection: Connection, two: Shared
    ) -> None:
        assert not cancel_request(connection, two.shared, account_id=two.ada, only_own=True)
        assert two.statuses() == ("pending", "pending", "pending")
        assert cancel_request(connection, two.shared, account_id=two.bob, only_own=True)
        assert two.statuses() == ("cancelled", "pending", "pending")

    def test_a_root_that_is_another_chains_dependency(
        self, connection: Connection, two: Shared
    ) -> None:
        cleo = rows.add_account(connection, "cleo")
        own = ask(connection, "npm", "shared", account_id=cleo)
        assert own.request_id == two.shared
        for chain in (two.adas, two.bobs):
            cancel_chain(connection, chain)
        assert two.statuses() == ("pending", "cancelled", "cancelled")
        assert cancel_chain(connection, own.chain_id, account_id=cleo) == Cancelled(ended=1, left=0)

    def test_who_asked_for_it_alone_waits_for_nothing_more(self, connection: Connection) -> None:
        """A chain without a root that anyone wants is cancelled, and asking again makes another."""
        ada, bob = rows.add_account(connection, "ada"), rows.add_account(connection, "bob")
        first = ask(connection, "npm", "a", account_id=ada)
        ask(connection, "npm", "a", account_id=bob)
        assert not cancel_request(connection, first.request_id, account_id=ada, only_own=True)
        cancelled = select(CHAINS.c.cancelled_at).where(CHAINS.c.id == first.chain_id)
        assert connection.scalar(cancelled) is not None
        again = ask(connection, "npm", "a", account_id=ada)
        assert (again.request_id, again.is_new) == (first.request_id, False)
        assert again.chain_id != first.chain_id


class TestTryingAgain:
    def test_a_root_that_is_here_tries_what_failed_of_it(
        self, connection: Connection, two: Shared
    ) -> None:
        end(connection, two.shared, error_code="unreachable", attempt_count=5)
        end(connection, two.below[two.adas], status="completed")
        settle(connection)
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert (done.queued, done.refused) == (1, ())
        assert two.statuses() == ("pending", "completed", "pending")
        assert chain_with(connection, two.adas).failed == 0

    def test_by_one_heals_both(self, connection: Connection, two: Shared) -> None:
        end(connection, two.shared, error_code="unreachable")
        settle(connection)
        assert (
            chain_with(connection, two.adas).failed,
            chain_with(connection, two.bobs).failed,
        ) == (
            1,
            1,
        )
        retry(connection, two.bobs, account_id=two.bob, only_own=True)
        for chain in (two.adas, two.bobs):
            assert chain_with(connection, chain).failed == 0
            assert not is_settled(connection, chain), "it is looked at again when nothing is queued"

    def test_of_two_that_ended_for_one_package_the_newer(
        self, connection: Connection, two: Shared
    ) -> None:
        end(connection, two.shared, error_code="unreachable")
        end(connection, two.below[two.adas], status="completed")
        again = rows.add_request(
            connection, "shared", chain=two.adas, is_auto_queued=True, status="failed"
        )
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert (done.queued, done.request_id) == (1, again)
        assert (status(connection, two.shared), status(connection, again)) == ("failed", "pending")
        for chain in (two.adas, two.bobs):
            assert chain_with(connection, chain).failed == 0, "it goes over to the newer one"

    def test_of_a_cancelled_chain_everything(self, connection: Connection, two: Shared) -> None:
        cancel_chain(connection, two.adas, account_id=two.ada)
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert done.queued == 2
        assert two.statuses() == ("pending", "pending", "pending")
        ada = chain_with(connection, two.adas)
        assert (ada.total, ada.completed, ada.cancelled, ada.open) == (3, 1, 0, 2)
        assert cancel_chain(connection, two.bobs) == Cancelled(ended=1, left=1)

    @pytest.mark.parametrize("others", ["fetching", "completed"])
    def test_of_a_cancelled_chain_lives_again_whatever_became_of_it(
        self, connection: Connection, two: Shared, others: str
    ) -> None:
        """What was being fetched was finished, and then queued nothing for it."""
        for request in (two.shared, two.below[two.adas]):
            end(connection, request, status=others)
        cancel_chain(connection, two.adas, account_id=two.ada)
        settle(connection)
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert (done.request_id, done.queued, done.refused) == (two.adas, 0, ())
        assert is_living_and_unsettled(connection, two.adas)
        assert is_settled(connection, two.bobs), "nothing of his changed"
        assert chain_with(connection, two.adas).cancelled == 0

    def test_wants_again_what_was_left_to_others_and_is_here(
        self, connection: Connection, two: Shared
    ) -> None:
        cleo = rows.add_account(connection, "cleo")
        packages = [("npm", "a"), ("npm", "shared")]
        first, second = ask_all(connection, packages, account_id=cleo)
        assert isinstance(first, Asked)
        assert isinstance(second, Asked)
        for each in (first, second):
            cancel_request(connection, each.request_id, account_id=cleo, only_own=True)
            end(connection, each.request_id, status="completed")
        retry(connection, first.chain_id, account_id=cleo, only_own=True)
        assert is_living_and_unsettled(connection, first.chain_id)
        left = select(MEMBERS.c.cancelled_at).where(MEMBERS.c.chain_id == first.chain_id)
        assert set(connection.scalars(left)) == {None}

    def test_of_a_cancelled_chain_what_is_refused_is_named_beside_what_is_not(
        self, connection: Connection, two: Shared
    ) -> None:
        said = {"error_code": "not_found", "error_message": "It is not there.", "attempt_count": 1}
        end(connection, two.shared, **said)
        end(connection, two.below[two.adas], status="fetching")
        cancel_chain(connection, two.adas, account_id=two.ada)
        done = retry(connection, two.adas, account_id=two.ada, only_own=True, limits=COOLDOWN)
        assert (done.queued, [each.name for each in done.refused]) == (0, ["shared"])
        assert is_living_and_unsettled(connection, two.adas)

    def test_what_the_registry_said_within_the_cooldown_is_named(
        self, connection: Connection, two: Shared
    ) -> None:
        said = {"error_code": "not_found", "error_message": "It is not there.", "attempt_count": 1}
        end(connection, two.shared, **said)
        end(connection, two.below[two.adas], error_code="unreachable", attempt_count=5)
        how: dict[str, Any] = {"account_id": two.ada, "only_own": True, "limits": COOLDOWN}
        done = retry(connection, two.adas, **how)
        assert done.queued == 1
        assert [(each.name, "not asked again before" in each.reason) for each in done.refused] == [
            ("shared", True)
        ]
        end(connection, two.below[two.adas], status="completed")
        with pytest.raises(RequestRefused, match="not asked again before"):
            retry(connection, two.adas, **how)
        assert (
            retry(connection, two.adas, account_id=two.ada, force=True, limits=COOLDOWN).queued == 1
        )

    def test_it_counts_once(self, connection: Connection, two: Shared) -> None:
        for request in (two.shared, two.below[two.adas]):
            end(connection, request, error_code="unreachable")
        limits = Limits(per_hour=1)
        retry(connection, two.adas, account_id=two.ada, only_own=True, limits=limits)
        end(connection, two.shared, error_code="unreachable")
        with pytest.raises(RequestRefused, match="You made 1 requests within an hour"):
            retry(connection, two.adas, account_id=two.ada, only_own=True, limits=limits)

    @pytest.mark.parametrize("newer", ["pending", "fetching", "completed"])
    def test_a_newer_request_for_it_takes_its_place(
        self, connection: Connection, two: Shared, newer: str
    ) -> None:
        end(connection, two.shared, error_code="unreachable", updated_at=rows.DAY_ONE)
        other = rows.add_request(connection, "shared", status=newer, updated_at=clock.now())
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert done.request_id == other
        assert status(connection, two.shared) == "failed"
        for chain in (two.adas, two.bobs):
            belongs = select(MEMBERS.c.request_id).where(MEMBERS.c.chain_id == chain)
            assert other in connection.scalars(belongs).all()
            assert chain_with(connection, chain).failed == 0

    def test_a_newer_one_that_the_chain_brings_already_becomes_its_root(
        self, connection: Connection
    ) -> None:
        ada = rows.add_account(connection, "ada")
        packages = [("npm", "a"), ("npm", "needs-a")]
        first, second = ask_all(connection, packages, account_id=ada)
        assert isinstance(first, Asked)
        assert isinstance(second, Asked)
        end(connection, first.request_id, error_code="unreachable")
        end(connection, second.request_id, status="completed")
        newer = rows.add_request(connection, "a", chain=first.chain_id, is_auto_queued=True)
        assert retry(connection, first.chain_id, account_id=ada).request_id == newer
        chain = chain_with(connection, first.chain_id)
        assert (chain.roots, chain.total) == (2, 2)

    def test_a_single_dependency(self, connection: Connection, two: Shared) -> None:
        end(connection, two.shared, error_code="unreachable")
        end(connection, two.below[two.adas], error_code="unreachable")
        assert retry(connection, two.shared, account_id=two.ada, only_own=True).queued == 1
        assert two.statuses() == ("pending", "failed", "pending")

    def test_a_single_dependency_is_not_tried_because_somebody_else_left_it(
        self, connection: Connection, two: Shared
    ) -> None:
        cancel_request(connection, two.shared, account_id=two.bob, only_own=True)
        done = retry(connection, two.shared, account_id=two.ada, only_own=True)
        assert (done.request_id, done.queued, done.is_new) == (two.shared, 0, False)
        (bobs,) = (row for row in chain_members(connection, two.bobs) if row.name == "shared")
        assert bobs.status == "cancelled", "he still does not want it"
        again = retry(connection, two.shared, account_id=two.bob, only_own=True)
        assert (again.request_id, again.queued) == (two.shared, 1)

    @pytest.mark.parametrize("only_own", [True, False])
    def test_what_has_no_requests_or_no_chain_is_gone(
        self, connection: Connection, only_own: bool
    ) -> None:
        ada = rows.add_account(connection, "ada")
        without_requests = rows.add_chain(connection, requested_by=ada)
        failed = rows.add_request(connection, "a", requested_by=ada, status="failed")
        connection.execute(delete(CHAINS).where(CHAINS.c.id == failed))
        for id in (without_requests, failed, uuid7()):
            with pytest.raises(RequestRefused, match="^" + re.escape(NOT_YOURS)):
                retry(connection, id, account_id=ada, only_own=only_own)
        assert status(connection, failed) == "failed"

    def test_what_waits_for_its_next_try_is_due(self, connection: Connection, two: Shared) -> None:
        later = clock.now() + HOUR
        end(connection, two.shared, status="pending", retry_after=later)
        done = retry(connection, two.adas, account_id=two.ada, only_own=True)
        assert (done.queued, done.is_new) == (0, False)
        row = request_row(connection, two.shared)
        assert row is not None
        assert row.retry_after is None


def test_one_that_belongs_to_more_chains_than_a_statement_has_parameters(
    connection: Connection,
) -> None:
    """An admin cancels it for all of them, and tries it again."""
    request = rows.add_request(connection, "shared", chain=rows.add_chain(connection))
    theirs = [uuid7() for _ in range(2 * FEW_PARAMETERS)]
    times = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    connection.execute(insert(CHAINS), [{"id": id, "charges": 0, **times} for id in theirs])
    of_them = {"request_id": request, "is_root": False, "created_at": rows.DAY_ONE}
    connection.execute(
        insert(MEMBERS), [{"id": uuid7(), "chain_id": id, **of_them} for id in theirs]
    )
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):  # far more on PostgreSQL, which selects them itself
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, FEW_PARAMETERS)
    how_many_live = select(func.count()).where(CHAINS.c.cancelled_at.is_(None))
    assert cancel_request(connection, request)
    assert connection.scalar(how_many_live) == 0
    assert retry(connection, request, account_id=None).queued == 1
    assert connection.scalar(how_many_live) == len(theirs) + 1


def test_what_an_admin_deleted_and_restored_comes_back_to_its_chains(
    connection: Connection, two: Shared
) -> None:
    end(connection, two.shared, error_code="removed_by_admin")
    settle(connection)
    again = ask(connection, "npm", "shared", account_id=None)
    assert again.is_new
    for chain in (two.adas, two.bobs):
        assert not is_settled(connection, chain)
        assert "shared" in [
            row.name for row in chain_members(connection, chain, statuses=["pending"])
        ]
