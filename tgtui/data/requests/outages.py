"""Registries' hosts that are left alone, shared by all programs on the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from tgtui.basics import clock
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import registry_outages as Row
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, insert_missing
from tgtui.data.storage.times import database_now
from tgtui.data.views.requests import RegistryOutage

EVERYBODY = ""
"""In place of a machine: the host itself asked everyone to wait."""
SHOWN_S = 120.0
"""How long an outage is shown after its wait, unless the host answers."""
LONGEST_OUTAGE_S = 300.0
"""Longest wait between two attempts at a host that is down."""
FORGOTTEN_S = 600.0
"""A host whose last failure is this old starts again with the shortest wait."""
LONGEST_REST_S = 2 * 3_600.0
"""Longer than any wait for a host. A later one is invalid: the database's clock was set back."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


_CURRENT = (
    select(
        Row.c.registry.label("registry"),
        Row.c.host,
        Row.c.reason,
        Row.c.retry_at,
        database_time().label("now"),
    )
    .where(
        Row.c.retry_at > database_time(-SHOWN_S), Row.c.retry_at <= database_time(LONGEST_REST_S)
    )
    .order_by(Row.c.retry_at.desc())
)
_CURRENT_HERE = _CURRENT.where(
    or_(Row.c.machine == EVERYBODY, Row.c.machine == bindparam("machine"))
)


def current_outages(connection: Connection, machine: str | None = None) -> list[RegistryOutage]:
    """Outages without an answer yet, longest first; with `machine` only those that concern it."""
    rows = connection.execute(_CURRENT if machine is None else _CURRENT_HERE, {"machine": machine})
    now = clock.now()
    longest: dict[str, RegistryOutage] = {}
    for row in rows:
        until = now + (row.retry_at - row.now)
        outage = RegistryOutage(row.registry, row.host, row.reason, until, row.retry_at > row.now)
        longest.setdefault(row.host, outage)
    return list(longest.values())


def record_outage(
    connection: Connection,
    registry: str,
    host: str,
    *,
    machine: str,
    reason: str,
    wait_s: float,
    backs_off: bool,
) -> None:
    """Leave `host` alone for `wait_s` seconds; a longer wait already set stands.

    `backs_off` doubles the wait each time it is over and the host is still down.
    """
    now = database_now(connection)
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
        select(Row.c.id, Row.c.failures, Row.c.retry_at, database_time().label("now"))
        .where(Row.c.host == host, Row.c.machine == machine)
        .with_for_update()
    )
    row = None
    while row is None:  # the row may be deleted in between, by a program that ends the outage
        insert_missing(connection, Row, [made])
        row = connection.execute(wanted).one_or_none()
    left = row.retry_at - row.now
    is_over = not timedelta(0) < left <= timedelta(seconds=LONGEST_REST_S)
    is_old = row.now - row.retry_at > timedelta(seconds=FORGOTTEN_S)
    failures = 1 if is_old else row.failures + is_over
    wait_s = min(wait_s * 2.0 ** (failures - 1), LONGEST_OUTAGE_S) if backs_off else wait_s
    if not is_over and left >= timedelta(seconds=wait_s):
        return
    connection.execute(
        update(Row)
        .where(Row.c.id == row.id)
        .values(
            registry=registry,
            reason=reason,
            failures=failures,
            retry_at=database_time(wait_s),
            updated_at=now,
        )
    )
    announce(connection, "requests")


def end_outages(connection: Connection, hosts: Iterable[str], *, machine: str) -> None:
    """End the outages of hosts that answered. A wait that is not over stands: it was requested before."""
    hosts = list(hosts)
    if not hosts:
        return
    connection.execute(
        delete(Row).where(
            Row.c.host.in_(hosts),
            Row.c.machine.in_((EVERYBODY, machine)),
            Row.c.retry_at <= database_time(),
        )
    )
    announce(connection, "requests")
