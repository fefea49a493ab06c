"""What people do here: the catalogue's own popularity, the same for every registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.models.tables import package_interactions, packages
from tgtui.data.search.index import touch
from tgtui.data.storage.sql import insert_missing, slices
from tgtui.data.storage.times import database_now

Kind = Literal["view", "search", "request", "tag"]


class Interaction(Struct, frozen=True):
    """Counted once for each account, package, kind and day."""

    package_id: UUID
    account_id: UUID
    kind: Kind
    day: date
    """In UTC, by this machine's clock; stored by the database's."""


def record(connection: Connection, interactions: Sequence[Interaction]) -> int:
    """Store those that are new today; returns how many. Packages that are gone are skipped."""
    late = database_now(connection).date() - clock.now().date()
    if late:
        interactions = [replace(each, day=each.day + late) for each in interactions]
    if people_calls.are_used(connection):
        noted = [
            (each.package_id, each.account_id, each.kind, each.day)
            for each in dict.fromkeys(interactions)
        ]
        return people_calls.record(connection, noted) if noted else 0
    here: set[UUID] = set()
    for some in slices(sorted({each.package_id for each in interactions})):
        here.update(connection.scalars(select(packages.c.id).where(packages.c.id.in_(some))))
    now = database_now(connection)
    rows = [
        {
            "id": uuid7(),
            "package_id": each.package_id,
            "account_id": each.account_id,
            "kind": each.kind,
            "day": each.day,
            "created_at": now,
        }
        for each in dict.fromkeys(interactions)
        if each.package_id in here
    ]
    count = insert_missing(connection, package_interactions, rows)
    if count:
        touch(connection, here)
    return count
