"""Accounts: created when a person is first seen."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.models.tables import Account
from tgtui.data.storage.sql import insert_missing, table_of
from tgtui.data.storage.times import database_now


def ensure_account(session: Session, issuer: str, subject: str, display_name: str) -> UUID:
    """The person's account, created if they have none yet."""
    if people_calls.are_used(session):
        return people_calls.sign_in(session, issuer, subject, display_name)
    account_id = find_account(session, issuer, subject)
    if account_id is None:
        now = database_now(session)
        row = {
            "id": uuid7(),
            "issuer": issuer,
            "subject": subject,
            "display_name": display_name,
            "created_at": now,
            "updated_at": now,
        }
        insert_missing(session, table_of(Account), [row])
        account_id = find_account(session, issuer, subject)
    assert account_id is not None
    return account_id


def find_account(session: Session, issuer: str, subject: str) -> UUID | None:
    """The person's account; None if they have none yet."""
    known = select(Account.id).where(Account.issuer == issuer, Account.subject == subject)
    return session.scalar(known)
