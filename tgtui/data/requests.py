"""What people do to the queue: ask, follow, cancel, retry. Claiming is in `worker/queue.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.changes import announce
from tgtui.data.limits import RequestRefused, refuse_over_limit, remembered_failure
from tgtui.data.models import Package, PackageRequest, PackageRequestWatcher, PackageVersion
from tgtui.data.request_lists import queued
from tgtui.data.sql import changed_rows, insert_missing, literal, table_of
from tgtui.ids import uuid7

CHAIN_CANCELLED = "chain_cancelled"
"""`error_code` of what ended with its chain: the chain queues nothing more."""

PRIORITY_OPENED = 0
"""Somebody has this package open and waits."""
PRIORITY_ASKED = 10
PRIORITY_AUTO = 20
"""A dependency of what somebody asked for."""
PRIORITY_SEED = 30
PRIORITY_SEED_AUTO = 40
"""A dependency of what a new catalogue starts with."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person's request is held to."""

    per_hour: int | None = None
    """Requests of one account."""
    cooldown: timedelta | None = None
    """How long what a registry refused is not asked for again."""


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking."""

    request_id: UUID
    is_new: bool
    """False where the package was queued already and that request is followed instead."""


ENDED = {"completed": "is done", "failed": "has failed", "cancelled": "was cancelled already"}
"""How a sentence says that a request has ended."""


def ask(
    session: Session,
    registry: str,
    name: str,
    *,
    account_id: UUID | None,
    force: bool = False,
    priority: int = PRIORITY_ASKED,
    limits: Limits = UNLIMITED,
) -> Asked:
    """Queue a package, or follow the request that is already active for it.

    `force` reads the registry again within the cooldown, and counts against no limit. RequestRefused for a
    package that an admin removed, or that the registry refused within the cooldown, or over the hourly limit.
    """
    removed = session.scalar(
        select(Package.deleted_at).where(Package.name == name, Package.registry_name == registry)
    )
    if removed is not None:
        raise RequestRefused(
            f"{registry}:{name} was removed by an admin and is not fetched again;"
            " ask an admin to restore it."
        )
    active = _active_request(session, registry, name)
    if active is not None:
        _follow(session, active, account_id, priority, force)
        return Asked(active, is_new=False)
    if not force:
        _refuse_beyond(session, registry, name, account_id, limits)
    request_id = uuid7()
    inserted = insert_request(
        session,
        id=request_id,
        package_name=name,
        registry=registry,
        requested_by=account_id,
        root_request_id=request_id,
        priority=priority,
        is_forced=force,
    )
    if inserted:
        announce(session, "requests")
        return Asked(request_id, is_new=True)
    # Somebody else asked between the look and the insert.
    active = _active_request(session, registry, name)
    if active is None:
        return ask(
            session,
            registry,
            name,
            account_id=account_id,
            force=force,
            priority=priority,
            limits=limits,
        )
    _follow(session, active, account_id, priority, force)
    return Asked(active, is_new=False)


def insert_request(session: Session, **values: Any) -> bool:
    """Make one request; False if an active one for the package exists."""
    return bool(insert_requests(session, [values]))


def insert_requests(session: Session, requests: Sequence[Mapping[str, Any]]) -> int:
    """The one way requests are made; how many were, for one that is active already stays alone."""
    now = clock.now()
    rows = [
        {
            "id": uuid7(),
            "source_request_id": None,
            "requested_by": None,
            "depth": 0,
            "is_auto_queued": False,
            "status": "pending",
            "is_forced": False,
            "attempt_count": 0,
            "created_at": now,
            "updated_at": now,
            **values,
        }
        for values in requests
    ]
    return insert_missing(session, table_of(PackageRequest), rows)


def want_dependencies(session: Session, version_id: UUID, *, account_id: UUID | None) -> None:
    """Somebody opened a version whose dependencies are not stored: they are loaded next."""
    row = session.execute(
        select(Package.registry_name, Package.name, PackageVersion.dependencies_fetched_at)
        .join(Package, Package.id == PackageVersion.package_id)
        .where(PackageVersion.id == version_id)
    ).one_or_none()
    if row is None or row.dependencies_fetched_at is not None:
        return
    session.execute(
        update(PackageVersion)
        .where(PackageVersion.id == version_id)
        .values(dependencies_wanted_at=clock.now())
    )
    ask(session, row.registry_name, row.name, account_id=account_id, priority=PRIORITY_OPENED)


def bring_to_front(session: Session, registry: str, name: str) -> bool:
    """Somebody opened the package: its pending request is next. False if none is pending."""
    moved = changed_rows(
        session,
        update(PackageRequest)
        .where(
            PackageRequest.package_name == name,
            PackageRequest.registry_name == registry,
            PackageRequest.status == literal("pending"),
            PackageRequest.priority > PRIORITY_OPENED,
        )
        .values(priority=PRIORITY_OPENED),
    )
    return bool(moved)


def cancel_request(session: Session, request_id: UUID, *, account_id: UUID | None = None) -> bool:
    """A pending request ends as cancelled, True; where others wait for it too it is left to them, False.

    `account_id` is who cancels; None ends it whoever waits. RequestRefused if it is being fetched or has ended.
    """
    row = session.execute(
        select(PackageRequest.status, PackageRequest.requested_by)
        .where(PackageRequest.id == request_id)
        .with_for_update()
    ).one_or_none()
    status = row.status if row is not None else None
    if row is None or status != "pending":
        raise RequestRefused(
            "It is being fetched this moment and will be done shortly."
            if status == "fetching"
            else f"The request {ENDED.get(status or '', 'is gone')}; there is nothing to cancel."
        )
    if account_id is not None and _leave_to_others(
        session, request_id, account_id, row.requested_by
    ):
        return False
    _end_pending(session, PackageRequest.id == request_id)
    return True


def _leave_to_others(
    session: Session, request_id: UUID, account_id: UUID, owner_id: UUID | None
) -> bool:
    """Whether somebody else waits for it: then who cancels only waits no longer."""
    watcher = PackageRequestWatcher
    following = list(
        session.execute(
            select(watcher.id, watcher.account_id)
            .where(watcher.request_id == request_id)
            .order_by(watcher.id)
        )
    )
    own = [row.id for row in following if row.account_id == account_id]
    heirs = [row for row in following if row.account_id != account_id]
    if own:
        session.execute(delete(watcher).where(watcher.id.in_(own)))
    elif owner_id == account_id and heirs:
        session.execute(delete(watcher).where(watcher.id == heirs[0].id))
        session.execute(
            update(PackageRequest)
            .where(PackageRequest.id == request_id)
            .values(requested_by=heirs[0].account_id, updated_at=clock.now())
        )
    else:
        return False
    announce(session, "requests")
    return True


def cancel_chain(session: Session, root_id: UUID) -> int:
    """Every pending request of the chain ends as cancelled; how many there were.

    What is fetched at the moment is finished and queues nothing more. What others follow stays queued for them.
    """
    in_chain = or_(PackageRequest.id == root_id, PackageRequest.root_request_id == root_id)
    followed = exists().where(PackageRequestWatcher.request_id == PackageRequest.id)
    return _end_pending(session, and_(in_chain, ~followed), code=CHAIN_CANCELLED)


def retry_request(
    session: Session,
    request_id: UUID,
    *,
    account_id: UUID | None,
    force: bool = False,
    limits: Limits = UNLIMITED,
) -> Asked:
    """Try again now: a waiting request loses its wait, an ended one is asked for anew.

    `force` does not take a remembered failure for an answer.
    """
    row = session.execute(
        select(PackageRequest.status, PackageRequest.registry_name, PackageRequest.package_name)
        .where(PackageRequest.id == request_id)
        # Locked: whoever cancels it this moment does so before or after, and both are told what is so.
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise RequestRefused("The request is gone.")
    if row.status == "pending":
        session.execute(
            update(PackageRequest)
            .where(PackageRequest.id == request_id)
            .values(retry_after=None, updated_at=clock.now())
        )
        announce(session, "requests")
        return Asked(request_id, is_new=False)
    if row.status == "fetching":
        raise RequestRefused("It is being fetched this moment.")
    return ask(
        session,
        row.registry_name,
        row.package_name,
        account_id=account_id,
        force=force and row.status == "failed",
        limits=limits,
    )


def _refuse_beyond(
    session: Session, registry: str, name: str, account_id: UUID | None, limits: Limits
) -> None:
    if limits.cooldown is not None:
        failure = remembered_failure(session, registry, name, limits.cooldown)
        if failure is not None:
            raise RequestRefused(failure.message)
    if account_id is not None and limits.per_hour is not None:
        refuse_over_limit(session, account_id, limits.per_hour)


def _active_request(session: Session, registry: str, name: str) -> UUID | None:
    # Locked: one that is being completed this moment is waited for, and is then active no more.
    return session.scalar(
        select(PackageRequest.id)
        .where(
            PackageRequest.package_name == name,
            PackageRequest.registry_name == registry,
            queued(),
        )
        .with_for_update()
    )


def _follow(
    session: Session, request_id: UUID, account_id: UUID | None, priority: int, force: bool
) -> None:
    changes: dict[str, Any] = {
        "priority": case(
            (PackageRequest.priority > priority, priority), else_=PackageRequest.priority
        )
    }
    if force:
        changes["is_forced"] = True
    session.execute(update(PackageRequest).where(PackageRequest.id == request_id).values(changes))
    owner = session.scalar(
        select(PackageRequest.requested_by).where(PackageRequest.id == request_id)
    )
    if account_id is None or account_id == owner:
        return
    watcher = {
        "id": uuid7(),
        "request_id": request_id,
        "account_id": account_id,
        "created_at": clock.now(),
    }
    insert_missing(session, table_of(PackageRequestWatcher), [watcher])


def _end_pending(session: Session, which: ColumnElement[bool], *, code: str | None = None) -> int:
    ended = changed_rows(
        session,
        update(PackageRequest)
        .where(which, PackageRequest.status == literal("pending"))
        .values(
            status="cancelled",
            retry_after=None,
            error_code=PackageRequest.error_code if code is None else code,
            updated_at=clock.now(),
        ),
    )
    announce(session, "requests")
    return ended
