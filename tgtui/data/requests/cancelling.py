"""Cancels pending requests: one, or a whole chain, but not what others wait for too."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, true, update
from sqlalchemy.orm import Session

from tgtui.data.access import people_calls
from tgtui.data.access.limits import NOT_YOURS, RequestRefused
from tgtui.data.access.ownership import may_end
from tgtui.data.models.tables import PackageRequest, PackageRequestWatcher
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, literal
from tgtui.data.storage.times import database_now

CHAIN_CANCELLED = "chain_cancelled"
"""`error_code` of requests cancelled with their chain, which then queues nothing more."""
ENDED = {"completed": "is done", "failed": "has failed", "cancelled": "was cancelled already"}
"""The state of a request that has ended, for a sentence."""


class NotYourChain(RequestRefused):
    """The chain belongs to another person: following a request does not allow cancelling it."""

    def __init__(self) -> None:
        super().__init__("Another person requested it: only they or an admin can cancel its chain.")


def cancel_request(
    session: Session, request_id: UUID, *, account_id: UUID | None = None, only_own: bool = False
) -> bool:
    """Cancel a pending request: True; False if it is left to others who wait for it too.

    `account_id` is who cancels; None cancels it for everyone. `only_own` finds only the account's own requests.
    RequestRefused if it is being fetched or has ended.
    """
    if people_calls.are_used(session):
        outcome = people_calls.cancel(session, request_id, account_id, only_own)
        if outcome not in {"ended", "left"}:
            raise _nothing_to_cancel(outcome)
        announce(session, "requests")
        return outcome == "ended"
    whose = may_end(account_id) if only_own else true()
    row = session.execute(
        select(PackageRequest.status, PackageRequest.requested_by)
        .where(PackageRequest.id == request_id, whose)
        .with_for_update()
    ).one_or_none()
    if row is None or row.status != "pending":
        raise _nothing_to_cancel(row.status if row is not None else "gone")
    if account_id is not None and _leave_to_others(
        session, request_id, account_id, row.requested_by, only_own
    ):
        return False
    _end_pending(session, PackageRequest.id == request_id)
    return True


def _nothing_to_cancel(status: str) -> RequestRefused:
    if status == "gone":
        return RequestRefused(NOT_YOURS)
    if status == "fetching":
        return RequestRefused("It is being fetched and will be done shortly.")
    return RequestRefused(f"The request {ENDED[status]}; there is nothing to cancel.")


def _leave_to_others(
    session: Session, request_id: UUID, account_id: UUID, owner_id: UUID | None, only_own: bool
) -> bool:
    """Whether others wait for it: then the person only stops waiting."""
    watcher = PackageRequestWatcher
    following = list(
        session.execute(
            select(watcher.id, watcher.account_id)
            .where(watcher.request_id == request_id)
            .order_by(watcher.id)
        )
    )
    own = [row.id for row in following if row.account_id == account_id]
    heirs = [row for row in following if row.account_id != account_id]
    if own:
        session.execute(delete(watcher).where(watcher.id.in_(own)))
    elif owner_id == account_id and heirs:
        session.execute(delete(watcher).where(watcher.id == heirs[0].id))
        session.execute(
            update(PackageRequest)
            .where(PackageRequest.id == request_id)
            .values(requested_by=heirs[0].account_id, updated_at=database_now(session))
        )
    else:
        # Queued by a request of one's own, and another person waits for it too.
        return bool(heirs) and only_own
    announce(session, "requests")
    return True


def cancel_chain(
    session: Session, root_id: UUID, *, account_id: UUID | None = None, only_own: bool = False
) -> int:
    """Cancel every pending request of the chain; returns how many.

    What is being fetched is finished and queues nothing more. What others follow stays queued for them.
    NotYourChain with `only_own` if the account did not request it.
    """
    if people_calls.are_used(session):
        ended = people_calls.cancel_chain(session, root_id, account_id, only_own)
        if ended is None:
            raise NotYourChain
        announce(session, "requests")
        return ended
    asked = select(PackageRequest.id).where(
        PackageRequest.id == root_id, PackageRequest.requested_by == account_id
    )
    if only_own and session.scalar(asked) is None:
        raise NotYourChain
    in_chain = or_(PackageRequest.id == root_id, PackageRequest.root_request_id == root_id)
    followed = exists().where(PackageRequestWatcher.request_id == PackageRequest.id)
    return _end_pending(session, and_(in_chain, ~followed), code=CHAIN_CANCELLED)


def _end_pending(session: Session, which: ColumnElement[bool], *, code: str | None = None) -> int:
    ended = changed_rows(
        session,
        update(PackageRequest)
        .where(which, PackageRequest.status == literal("pending"))
        .values(
            status="cancelled",
            retry_after=None,
            error_code=PackageRequest.error_code if code is None else code,
            updated_at=database_now(session),
        ),
    )
    announce(session, "requests")
    return ended
