"""Whose a request is: those who asked for it or follow it, and those whose request queued it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import aliased

from tgtui.data.models.tables import PackageRequest, PackageRequestWatcher


def is_own(account_id: UUID | None) -> ColumnElement[bool]:
    """Requested or followed by the account, or in the chain of such a request; never true without an account."""
    if account_id is None:
        return false()
    return or_(may_end(account_id), PackageRequest.root_request_id.in_(_followed_by(account_id)))


def may_end(account_id: UUID | None) -> ColumnElement[bool]:
    """Following a request allows leaving it, not cancelling the chain that another person started."""
    if account_id is None:
        return false()
    asked = aliased(PackageRequest)
    roots = select(asked.id).where(asked.requested_by == account_id)
    return or_(
        PackageRequest.requested_by == account_id,
        PackageRequest.id.in_(_followed_by(account_id)),
        PackageRequest.root_request_id.in_(roots),
    )


def _followed_by(account_id: UUID) -> Select[UUID]:
    return select(PackageRequestWatcher.request_id).where(
        PackageRequestWatcher.account_id == account_id
    )
