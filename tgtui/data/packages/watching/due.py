"""Queues watched packages that were not fetched for long: few at a time, behind all that people wait for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, insert, or_, select

from tgtui.basics.ids import uuid7, uuid7s
from tgtui.data.models.personal import package_watches
from tgtui.data.models.tables import packages
from tgtui.data.requests.asking import PRIORITY_WATCHED, active_requests, insert_requests
from tgtui.data.requests.chains import ACTIVE, add_members, chains, members, requests
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import hidden, literal
from tgtui.data.storage.times import database_now

AT_ONCE = 100
"""Requests for watched packages that wait in the queue at most."""


def is_any_due(connection: Connection, *, hours: int, registries: Collection[str]) -> bool:
    """Whether `queue_due` would queue something, if there is room."""
    cutoff = database_now(connection) - timedelta(hours=hours)
    return bool(_due(connection, cutoff, registries, 1))


def queue_due(connection: Connection, *, hours: int, registries: Collection[str]) -> int:
    """Queue watched packages of these registries whose last fetch is older, as one chain; returns how many.

    Their requests of the time before, which tell nothing more, are deleted.
    """
    queued = (
        select(requests.c.id)
        .where(
            requests.c.status == literal("pending"),
            requests.c.registry.in_(registries),
            requests.c.priority == PRIORITY_WATCHED,
        )
        .limit(AT_ONCE)
        .subquery()
    )
    room = AT_ONCE - (connection.scalar(select(func.count()).select_from(queued)) or 0)
    cutoff = database_now(connection) - timedelta(hours=hours)
    wanted = _due(connection, cutoff, registries, room) if room > 0 else []
    if not wanted:
        return 0
    _forget_before(connection, wanted)
    insert_requests(
        connection,
        [
            {
                "id": id,
                "package_name": name,
                "registry": registry,
                "priority": PRIORITY_WATCHED,
            }
            for id, (registry, name) in zip(uuid7s(len(wanted)), wanted, strict=True)
        ],
    )
    now = database_now(connection)
    chain_id = uuid7()
    connection.execute(
        insert(chains),
        {
            "id": chain_id,
            "requested_by": None,
            "charges": 0,
            "charged_at": None,
            "created_at": now,
            "updated_at": now,
            "cancelled_at": None,
            "settled_at": None,
        },
    )
    # Read again: another program may have queued one at this moment.
    roots = active_requests(connection, wanted)
    add_members(connection, [chain_id], list(roots.values()), are_roots=True)
    announce(connection, "requests")
    return len(roots)


def _due(
    connection: Connection, cutoff: datetime, registries: Collection[str], limit: int
) -> list[tuple[str, str]]:
    """Longest not fetched first. What was requested since is left alone, whatever became of it."""
    watched = select(package_watches.c.package_id).distinct().subquery()
    # Hidden: else an index of all packages by their last fetch would be read for few watched ones.
    attempted = hidden(packages.c.last_fetch_attempt)
    asked_since = exists().where(
        requests.c.package_name == packages.c.name,
        requests.c.registry == packages.c.registry,
        or_(requests.c.created_at > cutoff, requests.c.status.concat("").in_(ACTIVE)),
    )
    rows = connection.execute(
        select(packages.c.registry, packages.c.name)
        .join(watched, watched.c.package_id == packages.c.id)
        .where(
            packages.c.deleted_at.is_(None),
            packages.c.registry.in_(registries),
            or_(attempted.is_(None), attempted < cutoff),
            ~asked_since,
        )
        .order_by(func.coalesce(attempted, packages.c.created_at), packages.c.id)
        .limit(limit)
    )
    return [(registry, name) for registry, name in rows]


def _forget_before(connection: Connection, wanted: Sequence[tuple[str, str]]) -> None:
    of_packages = set(wanted)
    ended: Any = (
        select(requests.c.id, requests.c.registry, requests.c.package_name)
        .where(
            requests.c.package_name.in_([name for _registry, name in wanted]),
            requests.c.priority == PRIORITY_WATCHED,
            requests.c.status.concat("").not_in(ACTIVE),
        )
        .order_by(requests.c.id)
    )
    ids = [id for id, *package in connection.execute(ended) if tuple(package) in of_packages]
    if not ids:
        return
    # Chains before requests, in the order of all transactions.
    of_these = select(members.c.chain_id).where(members.c.request_id.in_(ids))
    held: list[UUID] = list(
        connection.scalars(
            select(chains.c.id)
            .where(chains.c.id.in_(of_these), chains.c.requested_by.is_(None))
            .order_by(chains.c.id)
            .with_for_update()
        )
    )
    gone = requests.c.id.in_(ids)
    connection.execute(select(requests.c.id).where(gone).order_by(requests.c.id).with_for_update())
    connection.execute(delete(requests).where(gone))
    is_empty = ~exists().where(members.c.chain_id == chains.c.id)
    connection.execute(delete(chains).where(chains.c.id.in_(held), is_empty))
