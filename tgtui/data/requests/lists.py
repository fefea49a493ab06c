"""Requests for screens: rows, chains with their counts, the queue in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from tgtui.data.access.ownership import is_own
from tgtui.data.models.tables import Account, Package, PackageRequest, PackageRequestWatcher
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.sql import AnySelect, database_time, literal
from tgtui.data.storage.times import by_machine
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
    return PackageRequest.status.in_((literal("pending"), literal("fetching")))


def newest_request(session: Session, registry: str, name: str) -> RequestRow | None:
    """The latest request for a package, of any person."""
    rows = _request_rows(
        session,
        [PackageRequest.package_name == name, PackageRequest.registry_name == registry],
        limit=1,
    )
    return rows[0] if rows else None


def requests_of(
    session: Session, registry: str, name: str, *, account_id: UUID | None = None, limit: int
) -> list[RequestRow]:
    """The latest requests for a package, newest first; with `account_id` only that account's own."""
    of_package = [PackageRequest.package_name == name, PackageRequest.registry_name == registry]
    return _request_rows(session, [*of_package, *_own(account_id)], limit=limit)


def newest_request_status() -> ColumnElement[str]:
    """For a query over packages: the status of each package's newest request."""
    return (
        select(PackageRequest.status)
        .where(
            PackageRequest.package_name == Package.name,
            PackageRequest.registry_name == Package.registry_name,
        )
        .order_by(PackageRequest.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def request_row(session: Session, request_id: UUID) -> RequestRow | None:
    """One request; None if it is gone."""
    rows = _request_rows(session, [PackageRequest.id == request_id], limit=1)
    return rows[0] if rows else None


def chains_page(
    session: Session,
    *,
    account_id: UUID | None = None,
    statuses: Sequence[str] = (),
    of_members: bool = False,
    after: UUID | None = None,
    limit: int = CHAINS_PAGE,
) -> ChainPage:
    """Requests by people, newest first, each with its chain counted.

    `account_id` narrows to what that account requested or follows; `statuses` to the root's status, or with
    `of_members` to chains in which any request has one of them.
    """
    roots: list[ColumnElement[bool]] = [PackageRequest.is_auto_queued.is_(False)]
    if account_id is not None:
        # Gathered from indexes, so that a long history of others does not matter.
        asked = select(PackageRequest.id).where(*roots, PackageRequest.requested_by == account_id)
        followed = select(PackageRequestWatcher.request_id).where(
            PackageRequestWatcher.account_id == account_id
        )
        roots = [PackageRequest.id.in_(union(asked, followed))]
    if statuses:
        member = aliased(PackageRequest)
        within = exists().where(
            member.root_request_id == PackageRequest.id, member.status.in_(statuses)
        )
        own = PackageRequest.status.in_(statuses)
        roots.append(or_(own, within) if of_members else own)
    if after is not None:
        roots.append(PackageRequest.id < after)
    rows = _request_rows(session, roots, limit=limit + 1)
    page = rows[:limit]
    counts = _chain_counts(session, [row.id for row in page])
    return ChainPage(
        tuple(Chain(row, *counts.get(row.id, _alone(row))) for row in page),
        page[-1].id if len(rows) > limit else None,
    )


def chain_members(
    session: Session,
    root_id: UUID,
    *,
    statuses: Sequence[str] = (),
    after: UUID | None = None,
    limit: int = CHAINS_PAGE,
) -> list[RequestRow]:
    """Requests queued for a root, without it, in the order they were queued."""
    conditions = [PackageRequest.root_request_id == root_id, PackageRequest.id != root_id]
    if statuses:
        conditions.append(PackageRequest.status.in_(statuses))
    if after is not None:
        conditions.append(PackageRequest.id > after)
    return _request_rows(session, conditions, limit=limit, newest_first=False)


def step_of(stage: str | None, done: int | None, total: int | None) -> Step | None:
    """The step in the row's columns; None for a stage this program does not know."""
    if stage not in get_args(Stage):
        return None
    return Step(cast(Stage, stage), done or 0, total)


def queue_view(
    session: Session, whose: Whose = "everybody", account_id: UUID | None = None
) -> QueueView:
    """The queue in one line, for all programs; `account_id` is whose own requests count."""
    outages = tuple(current_outages(session))
    if whose == "nobody":
        return QueueView(QueueCounts(0, 0, 0, 0), None, outages, whose)
    row = session.execute(
        select(
            PackageRequest.registry_name,
            PackageRequest.package_name,
            PackageRequest.stage,
            PackageRequest.stage_done,
            PackageRequest.stage_total,
        )
        .where(
            PackageRequest.status == literal("fetching"),
            PackageRequest.stage.is_not(None),
            *_own(account_id),
        )
        .order_by(PackageRequest.lease_expires_at)
        .limit(1)
    ).one_or_none()
    step = None if row is None else step_of(row.stage, row.stage_done, row.stage_total)
    at_hand = None
    if row is not None and step is not None:
        at_hand = WorkAtHand(row.registry_name, row.package_name, step)
    return QueueView(queue_counts(session, account_id), at_hand, outages, whose)


def queue_counts(session: Session, account_id: UUID | None = None) -> QueueCounts:
    """For the queue strip. A failure counts until its package is requested again, for a day at most.

    `account_id` narrows to that account's own requests and their chains.
    """
    waits = PackageRequest.retry_after > database_time()
    row = session.execute(
        select(
            func.count(case((PackageRequest.status == "pending", 1))),
            func.count(case((PackageRequest.status == "fetching", 1))),
            func.count(case((and_(PackageRequest.status == "pending", waits), 1))),
        ).where(queued(), *_own(account_id))
    ).one()
    later = aliased(PackageRequest)
    failed = session.scalar(
        select(func.count()).where(
            # Both values, so that the index on (is_auto_queued, status) serves it.
            PackageRequest.is_auto_queued.in_((True, False)),
            PackageRequest.status == "failed",
            PackageRequest.updated_at > database_time(-FAILED_RECENTLY.total_seconds()),
            *_own(account_id),
            ~exists().where(
                later.package_name == PackageRequest.package_name,
                later.registry_name == PackageRequest.registry_name,
                later.id > PackageRequest.id,
            ),
        )
    )
    return QueueCounts(pending=row[0], fetching=row[1], waiting=row[2], failed=failed or 0)


def _own(account_id: UUID | None) -> list[ColumnElement[bool]]:
    return [] if account_id is None else [is_own(account_id)]


def _alone(row: RequestRow) -> tuple[int, int, int, int]:
    """A followed request that is not a root: it belongs to another person's chain, and counts only itself."""
    return (
        1,
        int(row.status == "completed"),
        int(row.status == "failed"),
        int(row.status == "cancelled"),
    )


def _chain_counts(session: Session, roots: Sequence[UUID]) -> dict[UUID, tuple[int, int, int, int]]:
    def of(status: str) -> ColumnElement[int]:
        return func.count(case((PackageRequest.status == status, 1)))

    rows = session.execute(
        select(
            PackageRequest.root_request_id,
            func.count(),
            of("completed"),
            of("failed"),
            of("cancelled"),
        )
        .where(PackageRequest.root_request_id.in_(roots))
        .group_by(PackageRequest.root_request_id)
    )
    return {
        root: (total, done, failed, cancelled)
        for root, total, done, failed, cancelled in rows
        if root
    }


def _request_rows(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    newest_first: bool = True,
) -> list[RequestRow]:
    source = aliased(PackageRequest)
    order = PackageRequest.id.desc() if newest_first else PackageRequest.id
    statement: AnySelect = (
        select(
            *PackageRequest.__table__.columns,
            Account.display_name,
            source.package_name.label("source_name"),
        )
        .outerjoin(Account, Account.id == PackageRequest.requested_by)
        .outerjoin(source, source.id == PackageRequest.source_request_id)
        .where(*conditions)
        .order_by(order)
        .limit(limit)
    )
    return [
        RequestRow(
            id=row.id,
            registry=row.registry,
            name=row.package_name,
            status=row.status,
            is_auto_queued=row.is_auto_queued,
            requested_by=row.display_name,
            source_name=row.source_name,
            root_request_id=row.root_request_id,
            depth=row.depth,
            attempt_count=row.attempt_count,
            error_code=row.error_code,
            error_message=row.error_message,
            retry_after=row.retry_after and by_machine(session, row.retry_after),
            package_id=row.package_id,
            step=step_of(row.stage, row.stage_done, row.stage_total),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in session.execute(statement)
    ]
