"""Registries' hosts that are left alone, for every program on the database to see and to heed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import RegistryOutage as Row
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, insert_missing, table_of
from tgtui.data.views.requests import RegistryOutage

EVERYBODY = ""
"""In place of a machine: the host itself asked for patience, of whoever asks."""
SHOWN_S = 120.0
"""An outage whose wait is over is shown for so long, until the host answers or nobody asks it any more."""
LONGEST_OUTAGE_S = 300.0
"""Between two tries of a host that stays away."""
FORGOTTEN_S = 600.0
"""A host that failed so long ago begins anew with the shortest wait."""
LONGEST_REST_S = 2 * 3_600.0
"""More than any host is left alone. A rest that ends later is none: the database's clock was set back."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


_CURRENT = (
    select(
        Row.registry_name.label("registry"),
        Row.host,
        Row.reason,
        Row.retry_at,
        database_time().label("now"),
    )
    .where(Row.retry_at > database_time(-SHOWN_S), Row.retry_at <= database_time(LONGEST_REST_S))
    .order_by(Row.retry_at.desc())
)
_CURRENT_HERE = _CURRENT.where(or_(Row.machine == EVERYBODY, Row.machine == bindparam("machine")))


def current_outages(session: Session, machine: str | None = None) -> list[RegistryOutage]:
    """Those that were not answered yet, the longest first. `machine` narrows to what concerns it."""
    rows = session.execute(_CURRENT if machine is None else _CURRENT_HERE, {"machine": machine})
    now = clock.now()
    longest: dict[str, RegistryOutage] = {}
    for row in rows:
        until = now + (row.retry_at - row.now)
        outage = RegistryOutage(row.registry, row.host, row.reason, until, row.retry_at > row.now)
        longest.setdefault(row.host, outage)
    return list(longest.values())


def record_outage(
    session: Session,
    registry: str,
    host: str,
    *,
    machine: str,
    reason: str,
    wait_s: float,
    backs_off: bool,
) -> None:
    """Leave `host` alone for `wait_s`; a longer wait that is under way stands.

    `backs_off` doubles the wait each time it is over and the host is away still.
    """
    now = clock.now()
    made: dict[str, Any] = {
        "id": uuid7(),
        "host": host,
        "machine": machine,
        "registry": registry,
        "reason": reason,
        "failures": 0,
        "retry_at": LONG_AGO,
        "created_at": now,
        "updated_at": now,
    }
    wanted = (
        select(Row.id, Row.failures, Row.retry_at, database_time().label("now"))
        .where(Row.host == host, Row.machine == machine)
        .with_for_update()
    )
    row = None
    while row is None:  # whoever ends the outage this moment may take the row away in between
        insert_missing(session, table_of(Row), [made])
        row = session.execute(wanted).one_or_none()
    left = row.retry_at - row.now
    is_over = not timedelta(0) < left <= timedelta(seconds=LONGEST_REST_S)
    is_old = row.now - row.retry_at > timedelta(seconds=FORGOTTEN_S)
    failures = 1 if is_old else row.failures + is_over
    wait_s = min(wait_s * 2.0 ** (failures - 1), LONGEST_OUTAGE_S) if backs_off else wait_s
    if not is_over and left >= timedelta(seconds=wait_s):
        return
    session.execute(
        update(Row)
        .where(Row.id == row.id)
        .values(
            registry_name=registry,
            reason=reason,
            failures=failures,
            retry_at=database_time(wait_s),
            updated_at=now,
        )
    )
    announce(session, "requests")


def end_outages(session: Session, hosts: Iterable[str], *, machine: str) -> None:
    """These hosts answered. A wait that is not over stands: the answer was under way before."""
    hosts = list(hosts)
    if not hosts:
        return
    session.execute(
        delete(Row).where(
            Row.host.in_(hosts),
            Row.machine.in_((EVERYBODY, machine)),
            Row.retry_at <= database_time(),
        )
    )
    announce(session, "requests")
