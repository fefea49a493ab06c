"""Whose a request is: people see, retry and cancel what they asked for or follow, on both databases alike."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from tests.support.rows import CHAINS, add_account, add_request, follow
from tests.worker.queue.claiming import change, row_of
from tgtui.data.access.limits import RequestRefused
from tgtui.data.requests.cancelling import NotYourChain, cancel_chain, cancel_request
from tgtui.data.requests.lists import queue_counts, queue_view, requests_of
from tgtui.data.requests.retrying import retry
from tgtui.data.storage.database import Database


class Two:
    """Ada asked for a package, which brought another; Bob asked for nothing yet."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ada = database.write_now(add_account, "ada")
        self.bob = database.write_now(add_account, "bob")
        self.root = database.write_now(add_request, "root", requested_by=self.ada)
        self.below = database.write_now(add_request, "below", chain=self.root, is_auto_queued=True)

    def cancel(self, request: UUID, account: UUID | None) -> bool:
        return self.database.write_now(cancel_request, request, account_id=account, only_own=True)

    def end_chain(self, account: UUID | None) -> int:
        return self.database.write_now(
            cancel_chain, self.root, account_id=account, only_own=True
        ).ended

    def retry(self, request: UUID, account: UUID | None) -> UUID:
        return self.database.write_now(retry, request, account_id=account, only_own=True).request_id

    def follow(self, request: UUID) -> None:
        self.database.write_now(follow, request, self.bob)

    def status(self, request: UUID) -> str:
        return str(row_of(self.database, request).status)


@pytest.fixture
def two(database: Database) -> Two:
    return Two(database)


def test_what_is_somebody_elses_is_neither_retried_nor_cancelled(two: Two) -> None:
    for account in (two.bob, None):
        for request in (two.root, two.below):
            with pytest.raises(RequestRefused, match="belongs to another person"):
                two.cancel(request, account)
            with pytest.raises(RequestRefused, match="belongs to another person"):
                two.retry(request, account)
        with pytest.raises(NotYourChain, match="only they or an admin can cancel its chain"):
            two.end_chain(account)
    assert (two.status(two.root), two.status(two.below)) == ("pending", "pending")


def test_what_ones_request_brought_is_ones_own(two: Two) -> None:
    assert two.retry(two.below, two.ada) == two.below
    assert two.cancel(two.below, two.ada)
    assert two.end_chain(two.ada) == 1
    assert two.status(two.root) == "cancelled"


def test_who_follows_may_retry_and_leave_but_end_nothing(two: Two) -> None:
    two.follow(two.root)
    change(two.database, two.below, status="failed")
    assert two.retry(two.below, two.bob) == two.below
    assert two.status(two.below) == "pending"
    assert not two.cancel(two.below, two.bob)
    assert two.end_chain(two.bob) == 0
    assert (two.status(two.root), two.status(two.below)) == ("pending", "pending")


def test_what_ones_request_brought_is_left_to_others_who_wait_for_it(two: Two) -> None:
    two.follow(two.below)
    assert not two.cancel(two.below, two.ada)
    assert two.status(two.below) == "pending"


def test_an_admin_ends_anybodys(two: Two) -> None:
    end = two.database.write_now
    assert end(cancel_request, two.below, account_id=two.bob)
    assert end(cancel_chain, two.root, account_id=two.bob).ended == 1


def test_ones_own_are_counted_and_listed(two: Two) -> None:
    read = two.database.read_now
    assert read(queue_counts, two.ada).pending == 2
    assert read(queue_counts, two.bob).pending == 0
    two.follow(two.below)
    assert read(queue_counts, two.bob).pending == 1
    two.follow(two.root)
    assert read(queue_counts, two.bob).pending == 2
    assert [row.id for row in read(requests_of, "npm", "root", account_id=two.bob, limit=9)] == [
        two.root
    ]
    two.database.write_now(
        lambda connection: connection.execute(update(CHAINS).values(requested_by=None))
    )
    assert read(requests_of, "npm", "below", account_id=two.ada, limit=9) == []


def test_nobodys_queue_is_empty_whoever_asked(two: Two) -> None:
    view = two.database.read_now(queue_view, "nobody")
    assert (view.counts.pending, view.at_hand, view.whose) == (0, None, "nobody")
