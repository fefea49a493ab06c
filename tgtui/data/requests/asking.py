"""What people do with the queue: request, follow, retry. Claiming is in `worker/queue/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, select, true, update
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.access import people_calls
from tgtui.data.access.limits import (
    BEING_FETCHED,
    NOT_YOURS,
    RequestRefused,
    refuse_over_limit,
    remembered_failure,
    removed_sentence,
)
from tgtui.data.access.ownership import is_own
from tgtui.data.models.tables import Package, PackageRequest, PackageRequestWatcher, PackageVersion
from tgtui.data.requests.lists import queued
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, insert_missing, literal, table_of
from tgtui.data.storage.times import database_now

PRIORITY_OPENED = 0
"""A person has this package open and waits."""
PRIORITY_ASKED = 10
PRIORITY_AUTO = 20
"""A dependency of what a person requested."""
PRIORITY_SEED = 30
PRIORITY_SEED_AUTO = 40
"""A dependency of a new catalogue's first packages."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a person's requests."""

    per_hour: int | None = None
    """Requests of one account."""
    cooldown: timedelta | None = None
    """How long a package is not fetched again after a registry refused it."""


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class Asked:
    """The outcome of a request."""

    request_id: UUID
    is_new: bool
    """False if the package was already queued, and its request is followed instead."""


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
    """Queue a package, or follow its active request.

    `force` ignores the cooldown and the hourly limit. RequestRefused for a package that an admin deleted or the
    registry refused within the cooldown, and over the hourly limit.
    """
    if people_calls.are_used(session):
        request_id, is_new = people_calls.ask(
            session,
            registry,
            name,
            account_id=account_id,
            force=force,
            priority=priority,
            per_hour=limits.per_hour,
            cooldown=limits.cooldown,
        )
        if is_new:
            announce(session, "requests")
        return Asked(request_id, is_new)
    removed = session.scalar(
        select(Package.deleted_at).where(Package.name == name, Package.registry_name == registry)
    )
    if removed is not None:
        raise RequestRefused(removed_sentence(registry, name))
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
    # Another person requested it between the look and the insert.
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
    """Insert one request; False if an active one for the package exists."""
    return bool(insert_requests(session, [values]))


def insert_requests(session: Session, requests: Sequence[Mapping[str, Any]]) -> int:
    """The one place that inserts requests; returns how many, without packages that have an active one."""
    now = database_now(session)
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
    """Load the dependencies of a version that a person opened next."""
    row = session.execute(
        select(Package.registry_name, Package.name, PackageVersion.dependencies_fetched_at)
        .join(Package, Package.id == PackageVersion.package_id)
        .where(PackageVersion.id == version_id)
    ).one_or_none()
    if row is None or row.dependencies_fetched_at is not None:
        return
    if people_calls.are_used(session):
        people_calls.want_version(session, version_id, account_id)
        announce(session, "requests")
        return
    session.execute(
        update(PackageVersion)
        .where(PackageVersion.id == version_id)
        .values(dependencies_wanted_at=database_now(session))
    )
    ask(session, row.registry_name, row.name, account_id=account_id, priority=PRIORITY_OPENED)


def bring_to_front(session: Session, registry: str, name: str) -> bool:
    """Make the pending request of a package that a person opened the next one. False if none is pending."""
    if people_calls.are_used(session):
        return people_calls.bring_to_front(session, registry, name)
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


def retry_request(
    session: Session,
    request_id: UUID,
    *,
    account_id: UUID | None,
    only_own: bool = False,
    force: bool = False,
    limits: Limits = UNLIMITED,
) -> Asked:
    """Retry now: a waiting request becomes due, an ended one is requested again.

    `only_own` finds only the account's own requests. `force` ignores a remembered failure.
    """
    if people_calls.are_used(session):
        request_id, is_new = people_calls.retry(
            session,
            request_id,
            account_id=account_id,
            only_own=only_own,
            force=force,
            per_hour=limits.per_hour,
            cooldown=limits.cooldown,
        )
        announce(session, "requests")
        return Asked(request_id, is_new)
    whose = is_own(account_id) if only_own else true()
    row = session.execute(
        select(PackageRequest.status, PackageRequest.registry_name, PackageRequest.package_name)
        .where(PackageRequest.id == request_id, whose)
        # Locked: a cancellation at the same time comes before or after, and both are told the truth.
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise RequestRefused(NOT_YOURS)
    if row.status == "pending":
        session.execute(
            update(PackageRequest)
            .where(PackageRequest.id == request_id)
            .values(retry_after=None, updated_at=database_now(session))
        )
        announce(session, "requests")
        return Asked(request_id, is_new=False)
    if row.status == "fetching":
        raise RequestRefused(BEING_FETCHED)
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
    # Locked: a request that is being completed is waited for, and is then no longer active.
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
        "created_at": database_now(session),
    }
    insert_missing(session, table_of(PackageRequestWatcher), [watcher])
