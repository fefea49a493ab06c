"""Whose a request is: of those who asked for it or follow it, and of those whose request brought it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import aliased

from tgtui.data.models.tables import PackageRequest, PackageRequestWatcher


def is_own(account_id: UUID | None) -> ColumnElement[bool]:
    """Asked for or followed by the account, or in the chain of such a request. Nothing, of nobody."""
    if account_id is None:
        return false()
    asked = aliased(PackageRequest)
    roots = select(asked.id).where(asked.requested_by == account_id)
    followed = select(PackageRequestWatcher.request_id).where(
        PackageRequestWatcher.account_id == account_id
    )
    return or_(
        PackageRequest.requested_by == account_id,
        PackageRequest.id.in_(followed),
        PackageRequest.root_request_id.in_(roots),
        PackageRequest.root_request_id.in_(followed),
    )


def may_end(account_id: UUID | None) -> ColumnElement[bool]:
    """Who only follows a request may leave it, and ends nothing of the chain that somebody else began."""
    if account_id is None:
        return false()
    asked = aliased(PackageRequest)
    roots = select(asked.id).where(asked.requested_by == account_id)
    followed = select(PackageRequestWatcher.request_id).where(
        PackageRequestWatcher.account_id == account_id
    )
    return or_(
        PackageRequest.requested_by == account_id,
        PackageRequest.id.in_(followed),
        PackageRequest.root_request_id.in_(roots),
    )
