"""What people do to the queue: ask, follow, cancel, retry; and the lists that show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import RequestRefused
from tgtui.data.models import tables
from tgtui.data.models.base import Base
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


def column(session: Session, name: str, request: UUID) -> Any:
    table = Base.metadata.tables["package_requests"]
    return session.execute(select(table.c[name]).where(table.c.id == request)).scalar_one()


def end(session: Session, request: UUID, status: str = "completed") -> None:
    statement = update(tables.PackageRequest).where(tables.PackageRequest.id == request)
    session.execute(statement.values(status=status))


def owners(session: Session, request: UUID) -> list[UUID | None]:
    """Whose chains have it as a root."""
    chain, member = tables.PackageRequestChain, tables.PackageRequestMember
    found = (
        select(chain.requested_by)
        .join(member, member.chain_id == chain.id)
        .where(member.request_id == request, member.is_root)
    )
    return list(session.scalars(found.order_by(chain.id)))


class TestAsking:
    def test_a_package_is_queued_as_the_root_of_its_chain(self, session: Session) -> None:
        ada = rows.add_account(session)
        asked = ask(session, "npm", "express", account_id=ada)
        row = request_row(session, asked.request_id)
        assert row is not None
        assert asked.is_new
        assert (row.registry, row.name, row.status) == ("npm", "express", "pending")
        assert (row.requested_by, row.is_auto_queued, row.depth) == ("Ada", False, 0)
        assert (first_root(session, row.id), row.attempt_count) == (row.id, 0)
        assert column(session, "priority", row.id) == PRIORITY_ASKED

    def test_asking_again_follows_the_active_request(self, session: Session) -> None:
        ada, bob = rows.add_account(session, "ada"), rows.add_account(session, "bob")
        first = ask(session, "npm", "express", account_id=ada)
        for _ in range(2):
            again = ask(session, "npm", "express", account_id=bob)
            assert (again.request_id, again.is_new) == (first.request_id, False)
        assert owners(session, first.request_id) == [ada, bob]

    def test_asking_twice_makes_no_second_chain(self, session: Session) -> None:
        ada = rows.add_account(session)
        for account in (ada, None):
            first = ask(session, "npm", "express", account_id=account)
            assert ask(session, "npm", "express", account_id=account).chain_id == first.chain_id
        assert owners(session, first.request_id) == [ada, None]

    def test_a_name_in_another_registry_is_another_package(self, session: Session) -> None:
        ask(session, "npm", "hono", account_id=None)
        assert ask(session, "jsr", "hono", account_id=None).is_new
        assert ask(session, "npm", "Hono", account_id=None).is_new

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_a_request_that_ended_is_not_followed(self, session: Session, status: str) -> None:
        first = ask(session, "npm", "express", account_id=None)
        end(session, first.request_id, status)
        second = ask(session, "npm", "express", account_id=None)
        assert second.is_new
        assert second.request_id != first.request_id

    def test_a_person_who_follows_moves_a_machines_request_forward_never_back(
        self, session: Session
    ) -> None:
        request = rows.add_request(session, is_auto_queued=True, priority=PRIORITY_AUTO)
        ask(session, "npm", "express", account_id=None)
        assert column(session, "priority", request) == PRIORITY_ASKED
        ask(session, "npm", "express", account_id=None, priority=PRIORITY_AUTO)
        assert column(session, "priority", request) == PRIORITY_ASKED

    def test_force_is_kept_and_never_taken_back(self, session: Session) -> None:
        request = ask(session, "npm", "express", account_id=None).request_id
        assert not column(session, "is_forced", request)
        ask(session, "npm", "express", account_id=None, force=True)
        ask(session, "npm", "express", account_id=None)
        assert column(session, "is_forced", request)

    def test_a_package_an_admin_removed_is_refused(self, session: Session) -> None:
        rows.add_package(session, "express", deleted_at=rows.DAY_ONE)
        with pytest.raises(RequestRefused, match="npm:express was deleted by an admin"):
            ask(session, "npm", "express", account_id=None, force=True)
        assert queue_counts(session).pending == 0

    def test_one_active_request_is_made_whoever_else_makes_one_meanwhile(
        self, session: Session
    ) -> None:
        rows.add_request(session)
        other = {"package_name": "express", "registry": "npm", "priority": PRIORITY_AUTO}
        assert not insert_requests(session, [{"id": uuid7(), **other}])
        assert insert_requests(session, [{"id": uuid7(), **other, "registry": "jsr"}])


class TestLimit:
    LIMIT = 3

    def asks(self, session: Session, account: UUID, *names: str) -> None:
        for name in names:
            ask(session, "npm", name, account_id=account, limits=Limits(per_hour=self.LIMIT))

    def test_one_more_than_the_limit_is_refused_and_says_until_when(self, session: Session) -> None:
        ada = rows.add_account(session)
        self.asks(session, ada, "a", "b", "c")
        with pytest.raises(
            RequestRefused, match=r"3 requests.*limit is 3; ask again after \d\d:\d\d"
        ):
            self.asks(session, ada, "d")
        assert queue_counts(session).pending == 3

    def test_it_lifts_when_the_oldest_is_an_hour_old(self, session: Session) -> None:
        ada = rows.add_account(session)
        old, young = clock.now() - timedelta(minutes=61), clock.now() - timedelta(minutes=59)
        rows.add_request(session, "a", requested_by=ada, created_at=old)
        for name in ("b", "c"):
            rows.add_request(session, name, requested_by=ada, created_at=young)
        self.asks(session, ada, "d")
        lifts = (young + timedelta(hours=1)).astimezone()
        with pytest.raises(RequestRefused, match=f"after {lifts:%H:%M}"):
            self.asks(session, ada, "e")

    def test_it_counts_neither_others_nor_machines(self, session: Session) -> None:
        ada, bob = rows.add_account(session, "ada"), rows.add_account(session, "bob")
        self.asks(session, bob, "a", "b", "c")
        for name in "xyz":
            rows.add_request(
                session, name, requested_by=ada, is_auto_queued=True, created_at=clock.now()
            )
        self.asks(session, ada, "d", "e", "f")

    def test_following_costs_nothing(self, session: Session) -> None:
        ada = rows.add_account(session)
        rows.add_request(session, "queued")
        self.asks(session, ada, "a", "b", "c", "queued", "a")


class TestMovingAndEnding:
    def test_an_opened_package_is_next(self, session: Session) -> None:
        request = ask(session, "npm", "express", account_id=None).request_id
        assert bring_to_front(session, "npm", "express")
        assert column(session, "priority", request) == PRIORITY_OPENED
        assert not bring_to_front(session, "npm", "express")

    @pytest.mark.parametrize("status", ["fetching", "completed"])
    def test_nothing_but_a_pending_request_moves(self, session: Session, status: str) -> None:
        rows.add_request(session, status=status)
        assert not bring_to_front(session, "npm", "express")
        assert not bring_to_front(session, "npm", "unheard-of")

    def test_a_pending_request_can_be_cancelled(self, session: Session) -> None:
        request = rows.add_request(session, retry_after=rows.DAY_ONE)
        cancel_request(session, request)
        assert column(session, "status", request) == "cancelled"
        assert column(session, "retry_after", request) is None

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            ("fetching", "being fetched and will be completed"),
            ("completed", "is completed; there is nothing"),
            ("failed", "has failed; there is nothing"),
        ],
    )
    def test_any_other_can_not(self, session: Session, status: str, sentence: str) -> None:
        request = rows.add_request(session, status=status)
        with pytest.raises(RequestRefused, match=sentence):
            cancel_request(session, request)
        assert column(session, "status", request) == status

    def test_a_request_that_is_gone_can_neither_be_cancelled_nor_retried(
        self, session: Session
    ) -> None:
        with pytest.raises(RequestRefused, match="is gone"):
            cancel_request(session, uuid7())
        with pytest.raises(RequestRefused, match="is gone"):
            retry(session, uuid7(), account_id=None)

    def test_a_chain_is_cancelled_but_for_what_is_fetched_or_ended(self, session: Session) -> None:
        root = rows.add_request(session, "root", status="completed")
        members = {
            status: rows.add_request(session, status, status=status, chain=root)
            for status in ("pending", "fetching", "failed")
        }
        other = rows.add_request(session, "other")
        assert cancel_chain(session, root) == Cancelled(ended=1, left=0)
        after = {status: column(session, "status", id) for status, id in members.items()}
        assert after == {"pending": "cancelled", "fetching": "fetching", "failed": "failed"}
        assert column(session, "status", other) == "pending"

    def test_a_waiting_request_loses_its_wait(self, session: Session) -> None:
        later = clock.now() + timedelta(hours=1)
        request = rows.add_request(session, retry_after=later, attempt_count=2)
        retried = retry(session, request, account_id=None)
        assert (retried.request_id, retried.is_new) == (request, False)
        assert column(session, "retry_after", request) is None

    def test_a_request_that_is_fetched_is_not_retried(self, session: Session) -> None:
        request = rows.add_request(session, status="fetching")
        with pytest.raises(RequestRefused, match="being fetched right now"):
            retry(session, request, account_id=None)

    @pytest.mark.parametrize("status", ["failed", "cancelled"])
    @pytest.mark.parametrize("force", [False, True])
    def test_what_ended_in_vain_is_pending_again(
        self, session: Session, status: str, force: bool
    ) -> None:
        values: dict[str, Any] = {"status": status, "attempt_count": 5, "error_code": "unreachable"}
        request = rows.add_request(session, **values, error_message="It was away.")
        retried = retry(session, request, account_id=None, force=force)
        assert (retried.request_id, retried.is_new, retried.queued) == (request, True, 1)
        row = request_row(session, request)
        assert row is not None
        assert (row.status, row.attempt_count, row.error_code, row.error_message) == (
            "pending", 0, None, None,
        )  # fmt: skip
        assert column(session, "is_forced", request) is (force and status == "failed")

    def test_what_was_completed_is_asked_for_anew(self, session: Session) -> None:
        ada = rows.add_account(session)
        request = rows.add_request(session, "@scope/name", registry="jsr", status="completed")
        retried = retry(session, request, account_id=ada)
        assert retried.is_new
        row = request_row(session, retried.request_id)
        assert row is not None
        assert row.id != request
        assert (row.registry, row.name, row.requested_by) == ("jsr", "@scope/name", "Ada")


class TestChains:
    def chain(self, session: Session, name: str, *statuses: str, **values: Any) -> UUID:
        """A root whose status is the first, and its members'."""
        root = rows.add_request(session, name, status=statuses[0], **values)
        for number, status in enumerate(statuses[1:]):
            rows.add_request(
                session, f"{name}-{number}", status=status, chain=root,
                source_request_id=root, is_auto_queued=True, depth=1,
            )  # fmt: skip
        return root

    def test_a_chain_counts_its_root_and_all_it_caused(self, session: Session) -> None:
        self.chain(
            session, "a", "completed", "completed", "failed", "cancelled", "pending", "fetching"
        )
        self.chain(session, "b", "pending")
        b, a = chains_page(session).rows
        assert (a.root.name, a.total, a.completed, a.failed, a.cancelled) == ("a", 6, 2, 1, 1)
        assert (a.open, b.root.name, b.total, b.open) == (2, "b", 1, 1)

    def test_requests_of_machines_are_no_chains_of_their_own(self, session: Session) -> None:
        root = self.chain(session, "a", "completed", "pending")
        assert [chain.root.id for chain in chains_page(session).rows] == [root]

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_pages_are_complete_newest_first_while_others_ask(
        self, session: Session, limit: int
    ) -> None:
        roots = [self.chain(session, f"p{number}", "pending", "pending") for number in range(5)]
        found: list[UUID] = []
        cursor = None
        for number in range(10):
            page = chains_page(session, after=cursor, limit=limit)
            found += [chain.root.id for chain in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
            self.chain(session, f"new{number}", "pending")
        assert found == roots[::-1]

    def test_narrowed_to_a_status(self, session: Session) -> None:
        for status in ("pending", "failed", "completed"):
            self.chain(session, status, status)
        page = chains_page(session, statuses=("failed", "completed"))
        assert [chain.root.name for chain in page.rows] == ["completed", "failed"]

    def test_narrowed_to_what_an_account_asked_for_or_follows(self, session: Session) -> None:
        ada, bob = rows.add_account(session, "ada"), rows.add_account(session, "bob")
        mine = self.chain(session, "mine", "pending", requested_by=ada)
        followed = self.chain(session, "followed", "pending", "completed", requested_by=bob)
        self.chain(session, "other", "pending", requested_by=bob)
        rows.follow(session, followed, ada)
        page = chains_page(session, account_id=ada)
        assert [chain.root.id for chain in page.rows] == [followed, mine]
        assert {chain.root.requested_by for chain in page.rows} == {"Ada"}
        assert (page.rows[0].total, page.rows[0].completed) == (2, 1)

    @pytest.mark.parametrize(
        ("status", "counts"),
        [("pending", (0, 0, 0, 1)), ("completed", (1, 0, 0, 0)), ("failed", (0, 1, 0, 0))],
    )
    def test_a_followed_dependency_of_another_chain_counts_itself(
        self, session: Session, status: str, counts: tuple[int, ...]
    ) -> None:
        ada = rows.add_account(session)
        self.chain(session, "root", "completed", status, "pending")
        dependency = session.execute(
            select(tables.PackageRequest.id).where(tables.PackageRequest.package_name == "root-0")
        ).scalar_one()
        rows.follow(session, dependency, ada)
        (chain,) = chains_page(session, account_id=ada).rows
        assert chain.total == 1
        assert (chain.completed, chain.failed, chain.cancelled, chain.open) == counts

    def test_members_in_the_order_they_were_queued_without_the_root(self, session: Session) -> None:
        root = self.chain(session, "a", "completed", "completed", "failed", "pending")
        members = chain_members(session, root)
        assert [row.name for row in members] == ["a-0", "a-1", "a-2"]
        assert {row.source_name for row in members} == {"a"}
        assert {row.depth for row in members} == {1}
        failed = chain_members(session, root, statuses=("failed",))
        assert [row.name for row in failed] == ["a-1"]
        second = chain_members(session, root, after=members[0].id, limit=1)
        assert [row.name for row in second] == ["a-1"]

    def test_a_request_outlives_its_chains(self, session: Session) -> None:
        request = rows.add_request(session)
        session.execute(delete(tables.PackageRequestChain))
        row = request_row(session, request)
        assert row is not None
        assert (row.requested_by, row.source_name, first_root(session, request)) == (None,) * 3
        assert chains_page(session).rows == ()


def test_the_queue_is_counted_by_what_it_does(session: Session) -> None:
    now = clock.now()
    rows.add_request(session, "a")
    rows.add_request(session, "b", retry_after=now + timedelta(hours=1))
    rows.add_request(session, "c", retry_after=now - timedelta(hours=1), is_auto_queued=True)
    rows.add_request(session, "d", status="fetching", retry_after=now + timedelta(hours=1))
    rows.add_request(session, "e", status="failed", updated_at=now - timedelta(hours=23))
    rows.add_request(
        session, "f", status="failed", updated_at=now - timedelta(hours=1), is_auto_queued=True
    )
    rows.add_request(session, "g", status="failed", updated_at=now - timedelta(hours=25))
    rows.add_request(session, "h", status="completed", updated_at=now)
    assert queue_counts(session) == QueueCounts(pending=3, fetching=1, failed=2, waiting=1)


def test_a_failure_counts_until_its_package_is_asked_for_again(session: Session) -> None:
    now = clock.now()
    rows.add_request(session, "again", status="failed", updated_at=now)
    rows.add_request(session, "again", status="failed", updated_at=now)
    rows.add_request(session, "well", status="failed", updated_at=now)
    rows.add_request(session, "well", status="completed", updated_at=now)
    rows.add_request(session, "again", registry="jsr", status="completed", updated_at=now)
    assert queue_counts(session).failed == 1


def test_an_empty_queue_is_all_zeros(session: Session) -> None:
    assert queue_counts(session) == QueueCounts(pending=0, fetching=0, failed=0, waiting=0)
    assert session.scalar(select(func.count(tables.PackageRequest.id))) == 0
