"""Accounts: created when a person is first seen."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.models.tables import accounts
from tgtui.data.storage.sql import insert_missing
from tgtui.data.storage.times import database_now


def ensure_account(connection: Connection, issuer: str, subject: str, display_name: str) -> UUID:
    """The person's account, created if they have none yet."""
    if people_calls.are_used(connection):
        return people_calls.sign_in(connection, issuer, subject, display_name)
    account_id = find_account(connection, issuer, subject)
    if account_id is None:
        now = database_now(connection)
        row = {
            "id": uuid7(),
            "issuer": issuer,
            "subject": subject,
            "display_name": display_name,
            "created_at": now,
            "updated_at": now,
        }
        insert_missing(connection, accounts, [row])
        account_id = find_account(connection, issuer, subject)
    assert account_id is not None
    return account_id


def find_account(connection: Connection, issuer: str, subject: str) -> UUID | None:
    """The person's account; None if they have none yet."""
    known = select(accounts.c.id).where(accounts.c.issuer == issuer, accounts.c.subject == subject)
    return connection.scalar(known)
