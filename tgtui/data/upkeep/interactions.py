"""What people do here: the catalogue's own popularity, the same for every registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.models.tables import Package, PackageInteraction
from tgtui.data.search.index import touch
from tgtui.data.storage.sql import insert_missing, slices, table_of
from tgtui.data.storage.times import database_now

Kind = Literal["view", "search", "request", "tag"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """Counted once for each account, package, kind and day."""

    package_id: UUID
    account_id: UUID
    kind: Kind
    day: date
    """In UTC, by this machine's clock; stored by the database's."""


def record(session: Session, interactions: Sequence[Interaction]) -> int:
    """Store those that are new today; returns how many. Packages that are gone are skipped."""
    late = database_now(session).date() - clock.now().date()
    if late:
        interactions = [replace(each, day=each.day + late) for each in interactions]
    if people_calls.are_used(session):
        noted = [
            (each.package_id, each.account_id, each.kind, each.day)
            for each in dict.fromkeys(interactions)
        ]
        return people_calls.record(session, noted) if noted else 0
    here: set[UUID] = set()
    for some in slices(sorted({each.package_id for each in interactions})):
        here.update(session.scalars(select(Package.id).where(Package.id.in_(some))))
    now = database_now(session)
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
    count = insert_missing(session, table_of(PackageInteraction), rows)
    if count:
        touch(session, here)
    return count
