"""What people do to the queue: ask, follow, cancel, retry; and the lists that show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, func, select, update

from tests.support import rows
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import RequestRefused
from tgtui.data.models import tables
from tgtui.data.models.base import METADATA
from tgtui.data.requests.asking import (
    PRIORITY_ASKED,
    PRIORITY_AUTO,
    PRIORITY_OPENED,
    Limits,
    ask,
    bring_to_front,
    insert_requests,
)
from tgtui.data.requests.cancelling import cancel_chain, cancel_request
from tgtui.data.requests.lists import (
    chain_members,
    chains_page,
    first_root,
    queue_counts,
    request_row,
)
from tgtui.data.requests.retrying import retry
from tgtui.data.views.requests import Cancelled, QueueCounts


def column(connection: Connection, name: str, request: UUID) -> Any:
    table = METADATA.tables["package_requests"]
    return connection.execute(select(table.c[name]).where(table.c.id == request)).scalar_one()


def end(connection: Connection, request: UUID, status: str = "completed") -> None:
    statement = update(tables.package_requests).where(tables.package_requests.c.id == request)
    connection.execute(statement.values(status=status))


def owners(connection: Connection, request: UUID) -> list[UUID | None]:
    """Whose chains have it as a root."""
    chain, member = tables.package_request_chains, tables.package_request_members
    found = (
        select(chain.c.requested_by)
        .join(member, member.c.chain_id == chain.c.id)
        .where(member.c.request_id == request, member.c.is_root)
    )
    return list(connection.scalars(found.order_by(chain.c.id)))


class TestAsking:
    def test_a_package_is_queued_as_the_root_of_its_chain(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        asked = ask(connection, "npm", "express", account_id=ada)
        row = request_row(connection, asked.request_id)
        assert row is not None
        assert asked.is_new
        assert (row.registry, row.name, row.status) == ("npm", "express", "pending")
        assert (row.requested_by, row.is_auto_queued, row.depth) == ("Ada", False, 0)
        assert (first_root(connection, row.id), row.attempt_count) == (row.id, 0)
        assert column(connection, "priority", row.id) == PRIORITY_ASKED

    def test_asking_again_follows_the_active_request(self, connection: Connection) -> None:
        ada, bob = rows.add_account(connection, "ada"), rows.add_account(connection, "bob")
        first = ask(connection, "npm", "express", account_id=ada)
        for _ in range(2):
            again = ask(connection, "npm", "express", account_id=bob)
            assert (again.request_id, again.is_new) == (first.request_id, False)
        assert owners(connection, first.request_id) == [ada, bob]

    def test_asking_twice_makes_no_second_chain(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        for account in (ada, None):
            first = ask(connection, "npm", "express", account_id=account)
            assert ask(connection, "npm", "express", account_id=account).chain_id == first.chain_id
        assert owners(connection, first.request_id) == [ada, None]

    def test_a_name_in_another_registry_is_another_package(self, connection: Connection) -> None:
        ask(connection, "npm", "hono", account_id=None)
        assert ask(connection, "jsr", "hono", account_id=None).is_new
        assert ask(connection, "npm", "Hono", account_id=None).is_new

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_a_request_that_ended_is_not_followed(
        self, connection: Connection, status: str
    ) -> None:
        first = ask(connection, "npm", "express", account_id=None)
        end(connection, first.request_id, status)
        second = ask(connection, "npm", "express", account_id=None)
        assert second.is_new
        assert second.request_id != first.request_id

    def test_a_person_who_follows_moves_a_machines_request_forward_never_back(
        self, connection: Connection
    ) -> None:
        request = rows.add_request(connection, is_auto_queued=True, priority=PRIORITY_AUTO)
        ask(connection, "npm", "express", account_id=None)
        assert column(connection, "priority", request) == PRIORITY_ASKED
        ask(connection, "npm", "express", account_id=None, priority=PRIORITY_AUTO)
        assert column(connection, "priority", request) == PRIORITY_ASKED

    def test_force_is_kept_and_never_taken_back(self, connection: Connection) -> None:
        request = ask(connection, "npm", "express", account_id=None).request_id
        assert not column(connection, "is_forced", request)
        ask(connection, "npm", "express", account_id=None, force=True)
        ask(connection, "npm", "express", account_id=None)
        assert column(connection, "is_forced", request)

    def test_a_package_an_admin_removed_is_refused(self, connection: Connection) -> None:
        rows.add_package(connection, "express", deleted_at=rows.DAY_ONE)
        with pytest.raises(RequestRefused, match="npm:express was deleted by an admin"):
            ask(connection, "npm", "express", account_id=None, force=True)
        assert queue_counts(connection).pending == 0

    def test_one_active_request_is_made_whoever_else_makes_one_meanwhile(
        self, connection: Connection
    ) -> None:
        rows.add_request(connection)
        other = {"package_name": "express", "registry": "npm", "priority": PRIORITY_AUTO}
        assert not insert_requests(connection, [{"id": uuid7(), **other}])
        assert insert_requests(connection, [{"id": uuid7(), **other, "registry": "jsr"}])


class TestLimit:
    LIMIT = 3

    def asks(self, connection: Connection, account: UUID, *names: str) -> None:
        for name in names:
            ask(connection, "npm", name, account_id=account, limits=Limits(per_hour=self.LIMIT))

    def test_one_more_than_the_limit_is_refused_and_says_until_when(
        self, connection: Connection
    ) -> None:
        ada = rows.add_account(connection)
        self.asks(connection, ada, "a", "b", "c")
        with pytest.raises(
            RequestRefused, match=r"3 requests.*limit is 3; ask again after \d\d:\d\d"
        ):
            self.asks(connection, ada, "d")
        assert queue_counts(connection).pending == 3

    def test_it_lifts_when_the_oldest_is_an_hour_old(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        old, young = clock.now() - timedelta(minutes=61), clock.now() - timedelta(minutes=59)
        rows.add_request(connection, "a", requested_by=ada, created_at=old)
        for name in ("b", "c"):
            rows.add_request(connection, name, requested_by=ada, created_at=young)
        self.asks(connection, ada, "d")
        lifts = (young + timedelta(hours=1)).astimezone()
        with pytest.raises(RequestRefused, match=f"after {lifts:%H:%M}"):
            self.asks(connection, ada, "e")

    def test_it_counts_neither_others_nor_machines(self, connection: Connection) -> None:
        ada, bob = rows.add_account(connection, "ada"), rows.add_account(connection, "bob")
        self.asks(connection, bob, "a", "b", "c")
        for name in "xyz":
            rows.add_request(
                connection, name, requested_by=ada, is_auto_queued=True, created_at=clock.now()
            )
        self.asks(connection, ada, "d", "e", "f")

    def test_following_costs_nothing(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        rows.add_request(connection, "queued")
        self.asks(connection, ada, "a", "b", "c", "queued", "a")


class TestMovingAndEnding:
    def test_an_opened_package_is_next(self, connection: Connection) -> None:
        request = ask(connection, "npm", "express", account_id=None).request_id
        assert bring_to_front(connection, "npm", "express")
        assert column(connection, "priority", request) == PRIORITY_OPENED
        assert not bring_to_front(connection, "npm", "express")

    @pytest.mark.parametrize("status", ["fetching", "completed"])
    def test_nothing_but_a_pending_request_moves(self, connection: Connection, status: str) -> None:
        rows.add_request(connection, status=status)
        assert not bring_to_front(connection, "npm", "express")
        assert not bring_to_front(connection, "npm", "unheard-of")

    def test_a_pending_request_can_be_cancelled(self, connection: Connection) -> None:
        request = rows.add_request(connection, retry_after=rows.DAY_ONE)
        cancel_request(connection, request)
        assert column(connection, "status", request) == "cancelled"
        assert column(connection, "retry_after", request) is None

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            ("fetching", "being fetched and will be completed"),
            ("completed", "is completed; there is nothing"),
            ("failed", "has failed; there is nothing"),
        ],
    )
    def test_any_other_can_not(self, connection: Connection, status: str, sentence: str) -> None:
        request = rows.add_request(connection, status=status)
        with pytest.raises(RequestRefused, match=sentence):
            cancel_request(connection, request)
        assert column(connection, "status", request) == status

    def test_a_request_that_is_gone_can_neither_be_cancelled_nor_retried(
        self, connection: Connection
    ) -> None:
        with pytest.raises(RequestRefused, match="is gone"):
            cancel_request(connection, uuid7())
        with pytest.raises(RequestRefused, match="is gone"):
            retry(connection, uuid7(), account_id=None)

    def test_a_chain_is_cancelled_but_for_what_is_fetched_or_ended(
        self, connection: Connection
    ) -> None:
        root = rows.add_request(connection, "root", status="completed")
        members = {
            status: rows.add_request(connection, status, status=status, chain=root)
            for status in ("pending", "fetching", "failed")
        }
        other = rows.add_request(connection, "other")
        assert cancel_chain(connection, root) == Cancelled(ended=1, left=0)
        after = {status: column(connection, "status", id) for status, id in members.items()}
        assert after == {"pending": "cancelled", "fetching": "fetching", "failed": "failed"}
        assert column(connection, "status", other) == "pending"

    def test_a_waiting_request_loses_its_wait(self, connection: Connection) -> None:
        later = clock.now() + timedelta(hours=1)
        request = rows.add_request(connection, retry_after=later, attempt_count=2)
        retried = retry(connection, request, account_id=None)
        assert (retried.request_id, retried.is_new) == (request, False)
        assert column(connection, "retry_after", request) is None

    def test_a_request_that_is_fetched_is_not_retried(self, connection: Connection) -> None:
        request = rows.add_request(connection, status="fetching")
        with pytest.raises(RequestRefused, match="being fetched right now"):
            retry(connection, request, account_id=None)

    @pytest.mark.parametrize("status", ["failed", "cancelled"])
    @pytest.mark.parametrize("force", [False, True])
    def test_what_ended_in_vain_is_pending_again(
        self, connection: Connection, status: str, force: bool
    ) -> None:
        values: dict[str, Any] = {"status": status, "attempt_count": 5, "error_code": "unreachable"}
        request = rows.add_request(connection, **values, error_message="It was away.")
        retried = retry(connection, request, account_id=None, force=force)
        assert (retried.request_id, retried.is_new, retried.queued) == (request, True, 1)
        row = request_row(connection, request)
        assert row is not None
        assert (row.status, row.attempt_count, row.error_code, row.error_message) == (
            "pending", 0, None, None,
        )  # fmt: skip
        assert column(connection, "is_forced", request) is (force and status == "failed")

    def test_what_was_completed_is_asked_for_anew(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        request = rows.add_request(connection, "@scope/name", registry="jsr", status="completed")
        retried = retry(connection, request, account_id=ada)
        assert retried.is_new
        row = request_row(connection, retried.request_id)
        assert row is not None
        assert row.id != request
        assert (row.registry, row.name, row.requested_by) == ("jsr", "@scope/name", "Ada")


class TestChains:
    def chain(self, connection: Connection, name: str, *statuses: str, **values: Any) -> UUID:
        """A root whose status is the first, and its members'."""
        root = rows.add_request(connection, name, status=statuses[0], **values)
        for number, status in enumerate(statuses[1:]):
            rows.add_request(
                connection, f"{name}-{number}", status=status, chain=root,
                source_request_id=root, is_auto_queued=True, depth=1,
            )  # fmt: skip
        return root

    def test_a_chain_counts_its_root_and_all_it_caused(self, connection: Connection) -> None:
        self.chain(
            connection, "a", "completed", "completed", "failed", "cancelled", "pending", "fetching"
        )
        self.chain(connection, "b", "pending")
        b, a = chains_page(connection).rows
        assert (a.root.name, a.total, a.completed, a.failed, a.cancelled) == ("a", 6, 2, 1, 1)
        assert (a.open, b.root.name, b.total, b.open) == (2, "b", 1, 1)

    def test_requests_of_machines_are_no_chains_of_their_own(self, connection: Connection) -> None:
        root = self.chain(connection, "a", "completed", "pending")
        assert [chain.root.id for chain in chains_page(connection).rows] == [root]

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_pages_are_complete_newest_first_while_others_ask(
        self, connection: Connection, limit: int
    ) -> None:
        roots = [self.chain(connection, f"p{number}", "pending", "pending") for number in range(5)]
        found: list[UUID] = []
        cursor = None
        for number in range(10):
            page = chains_page(connection, after=cursor, limit=limit)
            found += [chain.root.id for chain in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
            self.chain(connection, f"new{number}", "pending")
        assert found == roots[::-1]

    def test_narrowed_to_a_status(self, connection: Connection) -> None:
        for status in ("pending", "failed", "completed"):
            self.chain(connection, status, status)
        page = chains_page(connection, statuses=("failed", "completed"))
        assert [chain.root.name for chain in page.rows] == ["completed", "failed"]

    def test_narrowed_to_what_an_account_asked_for_or_follows(self, connection: Connection) -> None:
        ada, bob = rows.add_account(connection, "ada"), rows.add_account(connection, "bob")
        mine = self.chain(connection, "mine", "pending", requested_by=ada)
        followed = self.chain(connection, "followed", "pending", "completed", requested_by=bob)
        self.chain(connection, "other", "pending", requested_by=bob)
        rows.follow(connection, followed, ada)
        page = chains_page(connection, account_id=ada)
        assert [chain.root.id for chain in page.rows] == [followed, mine]
        assert {chain.root.requested_by for chain in page.rows} == {"Ada"}
        assert (page.rows[0].total, page.rows[0].completed) == (2, 1)

    @pytest.mark.parametrize(
        ("status", "counts"),
        [("pending", (0, 0, 0, 1)), ("completed", (1, 0, 0, 0)), ("failed", (0, 1, 0, 0))],
    )
    def test_a_followed_dependency_of_another_chain_counts_itself(
        self, connection: Connection, status: str, counts: tuple[int, ...]
    ) -> None:
        ada = rows.add_account(connection)
        self.chain(connection, "root", "completed", status, "pending")
        dependency = connection.execute(
            select(tables.package_requests.c.id).where(
                tables.package_requests.c.package_name == "root-0"
            )
        ).scalar_one()
        rows.follow(connection, dependency, ada)
        (chain,) = chains_page(connection, account_id=ada).rows
        assert chain.total == 1
        assert (chain.completed, chain.failed, chain.cancelled, chain.open) == counts

    def test_members_in_the_order_they_were_queued_without_the_root(
        self, connection: Connection
    ) -> None:
        root = self.chain(connection, "a", "completed", "completed", "failed", "pending")
        members = chain_members(connection, root)
        assert [row.name for row in members] == ["a-0", "a-1", "a-2"]
        assert {row.source_name for row in members} == {"a"}
        assert {row.depth for row in members} == {1}
        failed = chain_members(connection, root, statuses=("failed",))
        assert [row.name for row in failed] == ["a-1"]
        second = chain_members(connection, root, after=members[0].id, limit=1)
        assert [row.name for row in second] == ["a-1"]

    def test_a_request_outlives_its_chains(self, connection: Connection) -> None:
        request = rows.add_request(connection)
        connection.execute(delete(tables.package_request_chains))
        row = request_row(connection, request)
        assert row is not None
        assert (row.requested_by, row.source_name, first_root(connection, request)) == (None,) * 3
        assert chains_page(connection).rows == ()


def test_the_queue_is_counted_by_what_it_does(connection: Connection) -> None:
    now = clock.now()
    rows.add_request(connection, "a")
    rows.add_request(connection, "b", retry_after=now + timedelta(hours=1))
    rows.add_request(connection, "c", retry_after=now - timedelta(hours=1), is_auto_queued=True)
    rows.add_request(connection, "d", status="fetching", retry_after=now + timedelta(hours=1))
    rows.add_request(connection, "e", status="failed", updated_at=now - timedelta(hours=23))
    rows.add_request(
        connection, "f", status="failed", updated_at=now - timedelta(hours=1), is_auto_queued=True
    )
    rows.add_request(connection, "g", status="failed", updated_at=now - timedelta(hours=25))
    rows.add_request(connection, "h", status="completed", updated_at=now)
    assert queue_counts(connection) == QueueCounts(pending=3, fetching=1, failed=2, waiting=1)


def test_a_failure_counts_until_its_package_is_asked_for_again(connection: Connection) -> None:
    now = clock.now()
    rows.add_request(connection, "again", status="failed", updated_at=now)
    rows.add_request(connection, "again", status="failed", updated_at=now)
    rows.add_request(connection, "well", status="failed", updated_at=now)
    rows.add_request(connection, "well", status="completed", updated_at=now)
    rows.add_request(connection, "again", registry="jsr", status="completed", updated_at=now)
    assert queue_counts(connection).failed == 1


def test_an_empty_queue_is_all_zeros(connection: Connection) -> None:
    assert queue_counts(connection) == QueueCounts(pending=0, fetching=0, failed=0, waiting=0)
    assert connection.scalar(select(func.count(tables.package_requests.c.id))) == 0
