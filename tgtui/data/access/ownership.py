"""Whose a request is: it belongs to those with a chain that needs it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, exists, false

from tgtui.data.models.tables import (
    package_request_chains,
    package_request_members,
    package_requests,
)


def is_own(account_id: UUID | None, *, is_wanted: bool = False) -> ColumnElement[bool]:
    """The request is in a chain of the account; never true without an account.

    With `is_wanted` only what the account did not cancel there.
    """
    if account_id is None:
        return false()
    wanted = [package_request_members.c.cancelled_at.is_(None)] if is_wanted else []
    return exists().where(
        *wanted,
        package_request_members.c.request_id == package_requests.c.id,
        package_request_chains.c.id == package_request_members.c.chain_id,
        package_request_chains.c.requested_by == account_id,
    )
