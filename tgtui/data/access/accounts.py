"""Accounts: created when a person is first seen."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.models.tables import Account
from tgtui.data.storage.sql import insert_missing, table_of


def ensure_account(session: Session, issuer: str, subject: str, display_name: str) -> UUID:
    """The person's account, created if they have none yet."""
    if people_calls.are_used(session):
        return people_calls.sign_in(session, issuer, subject, display_name)
    known = select(Account.id).where(Account.issuer == issuer, Account.subject == subject)
    account_id = session.scalar(known)
    if account_id is None:
        now = clock.now()
        row = {
            "id": uuid7(),
            "issuer": issuer,
            "subject": subject,
            "display_name": display_name,
            "created_at": now,
            "updated_at": now,
        }
        insert_missing(session, table_of(Account), [row])
        account_id = session.scalar(known)
    assert account_id is not None
    return account_id
