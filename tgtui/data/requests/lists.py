"""Requests for screens: rows, chains with their counts, the queue in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from tgtui.data.access.ownership import is_own
from tgtui.data.models.tables import accounts, packages
from tgtui.data.requests.asking import PRIORITY_WATCHED
from tgtui.data.requests.chains import chains, members, requests, status_in_chain
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.sql import AnySelect, literal
from tgtui.data.storage.times import by_machine, database_now
from tgtui.data.views.requests import (
    Chain,
    ChainPage,
    QueueCounts,
    QueueView,
    RequestRow,
    Stage,
    Step,
    Whose,
    WorkAtHand,
)

CHAINS_PAGE = 100
FAILED_RECENTLY = timedelta(days=1)


def queued() -> ColumnElement[bool]:
    """Pending or fetching, written so that the partial indexes serve it."""
    return requests.c.status.in_((literal("pending"), literal("fetching")))


_later = requests.alias()
_AT_HAND = (
    select(
        requests.c.registry,
        requests.c.package_name,
        requests.c.stage,
        requests.c.stage_done,
        requests.c.stage_total,
    )
    .where(
        requests.c.status == literal("fetching"),
        requests.c.stage.is_not(None),
        # Before are the entries of all that was done and not cleaned up.
        requests.c.lease_expires_at > bindparam("now"),
    )
    .order_by(requests.c.lease_expires_at)
    .limit(1)
)
_QUEUED = select(
    func.count(case((requests.c.status == "pending", 1))),
    func.count(case((requests.c.status == "fetching", 1))),
    func.count(
        case((and_(requests.c.status == "pending", requests.c.retry_after > bindparam("now")), 1))
    ),
).where(queued())
_FAILED = select(func.count()).where(
    # Both values, so that the index on (is_auto_queued, status) serves it.
    requests.c.is_auto_queued.in_((True, False)),
    requests.c.status == "failed",
    requests.c.updated_at > bindparam("since"),
    ~exists().where(
        _later.c.package_name == requests.c.package_name,
        _later.c.registry == requests.c.registry,
        _later.c.id > requests.c.id,
    ),
)


def newest_request(connection: Connection, registry: str, name: str) -> RequestRow | None:
    """The latest request for a package, of any person."""
    rows = _request_rows(
        connection,
        [requests.c.package_name == name, requests.c.registry == registry],
        limit=1,
    )
    return rows[0] if rows else None


def requests_of(
    connection: Connection, registry: str, name: str, *, account_id: UUID | None = None, limit: int
) -> list[RequestRow]:
    """The latest requests for a package, newest first; with `account_id` only that account's own."""
    of_package = [requests.c.package_name == name, requests.c.registry == registry]
    own = [] if account_id is None else [is_own(account_id)]
    return _request_rows(connection, [*of_package, *own], limit=limit)


def newest_request_status() -> ColumnElement[str]:
    """For a query over packages: the status of each package's newest request."""
    return (
        select(requests.c.status)
        .where(
            requests.c.package_name == packages.c.name,
            requests.c.registry == packages.c.registry,
        )
        .order_by(requests.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def request_row(connection: Connection, request_id: UUID) -> RequestRow | None:
    """One request; None if it is gone."""
    rows = _request_rows(connection, [requests.c.id == request_id], limit=1)
    return rows[0] if rows else None


def first_root(connection: Connection, request_id: UUID) -> UUID | None:
    """Of the oldest chain that the request belongs to; None without one."""
    root = members.alias()
    return connection.scalar(
        select(root.c.request_id)
        .join(members, members.c.chain_id == root.c.chain_id)
        .where(members.c.request_id == request_id, root.c.is_root)
        .order_by(root.c.chain_id, root.c.request_id)
        .limit(1)
    )


def member_row(connection: Connection, chain_id: UUID, request_id: UUID) -> RequestRow | None:
    """One request as its chain has it; None if it does not belong to it."""
    of_chain = [members.c.chain_id == chain_id, members.c.request_id == request_id]
    rows = _member_rows(connection, of_chain, limit=1)
    return rows[0] if rows else None


def chains_page(
    connection: Connection,
    *,
    account_id: UUID | None = None,
    statuses: Sequence[str] = (),
    of_members: bool = False,
    after: UUID | None = None,
    limit: int = CHAINS_PAGE,
) -> ChainPage:
    """What people asked for, newest first, each chain counted.

    `account_id` narrows to that account's own; `statuses` to the status of a root, or with `of_members` to chains in
    which any request has one of them.
    """
    first_root = _first_root_of(chains.c.id).correlate(chains).scalar_subquery()
    conditions: list[ColumnElement[bool]] = []
    if account_id is not None:
        conditions.append(chains.c.requested_by == account_id)
    if statuses:
        within = [] if of_members else [members.c.is_root]
        conditions.append(
            exists().where(
                members.c.chain_id == chains.c.id,
                requests.c.id == members.c.request_id,
                status_in_chain().in_(statuses),
                *within,
            )
        )
    if after is not None:
        conditions.append(chains.c.id < after)
    found = connection.execute(
        select(
            chains.c.id,
            chains.c.settled_at,
            chains.c.left_out,
            chains.c.cancelled_at,
            chains.c.created_at,
            accounts.c.display_name,
            first_root.label("first_root"),
        )
        .outerjoin(accounts, accounts.c.id == chains.c.requested_by)
        .where(*conditions)
        .order_by(chains.c.id.desc())
        .limit(limit + 1)
    ).all()
    page = found[:limit]
    counts = _chain_counts(connection, [row.id for row in page])
    first_roots = [(row.id, row.first_root) for row in page if row.first_root is not None]
    roots = {
        (row.chain_id, row.id): row
        for row in _member_rows(
            connection,
            [
                # Besides: of several pairs SQLite looks none up in an index.
                members.c.request_id.in_([request_id for _chain_id, request_id in first_roots]),
                tuple_(members.c.chain_id, members.c.request_id).in_(first_roots),
            ],
            limit=limit,
        )
    }
    rows = []
    for row in page:
        first = roots.get((row.id, row.first_root))
        if first is not None:  # all but a chain whose requests are just being deleted
            first = replace(
                first,
                requested_by=row.display_name,
                source_name=None,
                created_at=row.created_at,
            )
            is_looked_at = row.settled_at is not None
            left_out = (row.left_out or 0) if is_looked_at else 0
            is_settled = is_looked_at or row.cancelled_at is not None
            rows.append(Chain(first, *counts[row.id], is_settled, left_out))
    return ChainPage(tuple(rows), page[-1].id if len(found) > limit else None)


def chain_row(connection: Connection, chain_id: UUID) -> Chain | None:
    """One chain, counted; None if it is gone."""
    above = UUID(int=chain_id.int + 1)
    rows = chains_page(connection, after=above, limit=1).rows
    return rows[0] if rows and rows[0].id == chain_id else None


def chain_members(
    connection: Connection,
    chain_id: UUID,
    *,
    statuses: Sequence[str] = (),
    after: UUID | None = None,
    limit: int = CHAINS_PAGE,
) -> list[RequestRow]:
    """Requests of a chain in the order they were queued; without its root, if it has only one."""
    root = members.alias()
    is_other_root = exists().where(
        root.c.chain_id == chain_id, root.c.is_root, root.c.request_id != members.c.request_id
    )
    conditions = [members.c.chain_id == chain_id, or_(~members.c.is_root, is_other_root)]
    if statuses:
        conditions.append(status_in_chain().in_(statuses))
    if after is not None:
        conditions.append(members.c.request_id > after)
    return _member_rows(connection, conditions, limit=limit)


def own_root(
    connection: Connection, registry: str, name: str, account_id: UUID | None
) -> RequestRow | None:
    """The account's newest own request for the package, as the root of its chain; None if there is none."""
    newest = connection.execute(
        select(chains.c.id, members.c.request_id)
        .join(members, members.c.chain_id == chains.c.id)
        .join(requests, requests.c.id == members.c.request_id)
        .where(
            requests.c.package_name == name,
            requests.c.registry == registry,
            members.c.is_root,
            chains.c.requested_by == account_id,
        )
        .order_by(chains.c.id.desc())
        .limit(1)
    ).one_or_none()
    return member_row(connection, newest.id, newest.request_id) if newest is not None else None


def step_of(stage: str | None, done: int | None, total: int | None) -> Step | None:
    """The step in the row's columns; None for a stage this program does not know."""
    if stage not in get_args(Stage):
        return None
    return Step(cast(Stage, stage), done or 0, total)


def queue_view(
    connection: Connection, whose: Whose = "everybody", account_id: UUID | None = None
) -> QueueView:
    """The queue in one line, for all programs; `account_id` is whose own requests count."""
    outages = tuple(current_outages(connection))
    if whose == "nobody":
        return QueueView(QueueCounts(0, 0, 0, 0), None, outages, whose)
    row = connection.execute(
        _AT_HAND.where(*_wanted_by(account_id)), {"now": database_now(connection)}
    ).one_or_none()
    step = None if row is None else step_of(row.stage, row.stage_done, row.stage_total)
    at_hand = None
    if row is not None and step is not None:
        at_hand = WorkAtHand(row.registry, row.package_name, step)
    return QueueView(queue_counts(connection, account_id), at_hand, outages, whose)


def queue_counts(connection: Connection, account_id: UUID | None = None) -> QueueCounts:
    """For the queue strip. A failure counts until its package is requested again, for a day at most.

    `account_id` narrows to that account's own requests and their chains.
    """
    now, whose = database_now(connection), _wanted_by(account_id)
    row = connection.execute(_QUEUED.where(*whose), {"now": now}).one()
    failed = connection.scalar(_FAILED.where(*whose), {"since": now - FAILED_RECENTLY})
    return QueueCounts(pending=row[0], fetching=row[1], waiting=row[2], failed=failed or 0)


def _wanted_by(account_id: UUID | None) -> list[ColumnElement[bool]]:
    return [] if account_id is None else [is_own(account_id, is_wanted=True)]


def _chain_counts(
    connection: Connection, chain_ids: Sequence[UUID]
) -> dict[UUID, tuple[int, int, int, int, int]]:
    """All, completed, failed, cancelled, roots."""
    status = status_in_chain()

    def of(value: str) -> ColumnElement[int]:
        return func.count(case((status == value, 1)))

    rows = connection.execute(
        select(
            members.c.chain_id,
            func.count(),
            of("completed"),
            of("failed"),
            of("cancelled"),
            func.count(case((members.c.is_root, 1))),
        )
        .join(requests, requests.c.id == members.c.request_id)
        .where(members.c.chain_id.in_(chain_ids))
        .group_by(members.c.chain_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rows}


def _request_rows(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, limit: int
) -> list[RequestRow]:
    """Newest first."""
    statement = _of_requests().where(*conditions).order_by(requests.c.id.desc()).limit(limit)
    return [_row(connection, row) for row in connection.execute(statement)]


def _member_rows(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, limit: int
) -> list[RequestRow]:
    """As their chains have them, in the order they were queued."""
    statement = _of_members().where(*conditions).order_by(members.c.request_id).limit(limit)
    return [_row(connection, row, row.chain_id) for row in connection.execute(statement)]


def _first_root_of(chain_id: Any) -> Select[UUID]:
    root = members.alias()
    return (
        select(root.c.request_id)
        .where(root.c.chain_id == chain_id, root.c.is_root)
        .order_by(root.c.request_id)
        .limit(1)
    )


@cache
def _of_requests() -> AnySelect:
    """Built once, like the next, because that takes longer than running it."""
    return _rows(requests.c.status)


@cache
def _of_members() -> AnySelect:
    rows = _rows(status_in_chain()).add_columns(members.c.chain_id)
    return rows.join(members, members.c.request_id == requests.c.id)


def _rows(status: ColumnElement[str]) -> AnySelect:
    source = requests.alias()
    columns = [column for column in requests.c if column.name != "status"]
    return (
        select(
            *columns,
            status.label("status"),
            accounts.c.display_name,
            source.c.package_name.label("source_name"),
        )
        .select_from(requests)
        .outerjoin(accounts, accounts.c.id == requests.c.requested_by)
        .outerjoin(source, source.c.id == requests.c.source_request_id)
    )


def _row(connection: Connection, row: Any, chain_id: UUID | None = None) -> RequestRow:
    return RequestRow(
        id=row.id,
        registry=row.registry,
        name=row.package_name,
        status=row.status,
        is_auto_queued=row.is_auto_queued,
        requested_by=row.display_name,
        source_name=row.source_name,
        depth=row.depth,
        attempt_count=row.attempt_count,
        error_code=row.error_code,
        error_message=row.error_message,
        retry_after=row.retry_after and by_machine(connection, row.retry_after),
        package_id=row.package_id,
        step=step_of(row.stage, row.stage_done, row.stage_total),
        created_at=row.created_at,
        updated_at=row.updated_at,
        is_for_watchers=row.priority == PRIORITY_WATCHED,
        chain_id=chain_id,
    )
