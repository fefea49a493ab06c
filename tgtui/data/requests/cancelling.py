"""Cancels requests that wait: one, or a whole chain, without taking from others what they wait for too."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, true, update
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.data.access import people_calls
from tgtui.data.access.limits import NOT_YOURS, RequestRefused
from tgtui.data.access.ownership import may_end
from tgtui.data.models.tables import PackageRequest, PackageRequestWatcher
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, literal

CHAIN_CANCELLED = "chain_cancelled"
"""`error_code` of what ended with its chain: the chain queues nothing more."""
ENDED = {"completed": "is done", "failed": "has failed", "cancelled": "was cancelled already"}
"""How a sentence says that a request has ended."""


class NotYourChain(RequestRefused):
    """Who follows a request ends nothing of what others asked for."""

    def __init__(self) -> None:
        super().__init__("Somebody else asked for it: they can cancel its chain, or an admin.")


def cancel_request(
    session: Session, request_id: UUID, *, account_id: UUID | None = None, only_own: bool = False
) -> bool:
    """A pending request ends as cancelled, True; where others wait for it too it is left to them, False.

    `account_id` is who cancels; None ends it whoever waits. `only_own` knows no requests but the account's own.
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
        return RequestRefused("It is being fetched this moment and will be done shortly.")
    return RequestRefused(f"The request {ENDED[status]}; there is nothing to cancel.")


def _leave_to_others(
    session: Session, request_id: UUID, account_id: UUID, owner_id: UUID | None, only_own: bool
) -> bool:
    """Whether somebody else waits for it: then who cancels only waits no longer."""
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
            .values(requested_by=heirs[0].account_id, updated_at=clock.now())
        )
    else:
        # Brought by a request of one's own, and somebody else waits for it too.
        return bool(heirs) and only_own
    announce(session, "requests")
    return True


def cancel_chain(
    session: Session, root_id: UUID, *, account_id: UUID | None = None, only_own: bool = False
) -> int:
    """Every pending request of the chain ends as cancelled; how many there were.

    What is fetched at the moment is finished and queues nothing more. What others follow stays queued for them.
    NotYourChain with `only_own` where the account did not ask for it.
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
            updated_at=clock.now(),
        ),
    )
    announce(session, "requests")
    return ended
