"""Cancels requests that wait: one, or a whole chain, without taking from others what they wait for too."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.changes import announce
from tgtui.data.limits import RequestRefused
from tgtui.data.models import PackageRequest, PackageRequestWatcher
from tgtui.data.sql import changed_rows, literal

CHAIN_CANCELLED = "chain_cancelled"
"""`error_code` of what ended with its chain: the chain queues nothing more."""
ENDED = {"completed": "is done", "failed": "has failed", "cancelled": "was cancelled already"}
"""How a sentence says that a request has ended."""


def cancel_request(session: Session, request_id: UUID, *, account_id: UUID | None = None) -> bool:
    """A pending request ends as cancelled, True; where others wait for it too it is left to them, False.

    `account_id` is who cancels; None ends it whoever waits. RequestRefused if it is being fetched or has ended.
    """
    row = session.execute(
        select(PackageRequest.status, PackageRequest.requested_by)
        .where(PackageRequest.id == request_id)
        .with_for_update()
    ).one_or_none()
    status = row.status if row is not None else None
    if row is None or status != "pending":
        raise RequestRefused(
            "It is being fetched this moment and will be done shortly."
            if status == "fetching"
            else f"The request {ENDED.get(status or '', 'is gone')}; there is nothing to cancel."
        )
    if account_id is not None and _leave_to_others(
        session, request_id, account_id, row.requested_by
    ):
        return False
    _end_pending(session, PackageRequest.id == request_id)
    return True


def _leave_to_others(
    session: Session, request_id: UUID, account_id: UUID, owner_id: UUID | None
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
        return False
    announce(session, "requests")
    return True


def cancel_chain(session: Session, root_id: UUID) -> int:
    """Every pending request of the chain ends as cancelled; how many there were.

    What is fetched at the moment is finished and queues nothing more. What others follow stays queued for them.
    """
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
