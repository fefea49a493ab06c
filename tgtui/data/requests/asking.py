"""What people ask of the queue: packages, as one chain. Claiming is in `worker/queue/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, bindparam, case, exists, func, insert, select, update
from sqlalchemy import literal as literal_value

from tgtui.basics.formatting import number
from tgtui.basics.ids import uuid7, uuid7s
from tgtui.data.access import people_calls
from tgtui.data.access.limits import (
    REMOVED,
    RequestRefused,
    over_limit,
    remembered_failures,
    removed_sentence,
)
from tgtui.data.access.people_calls import Answer
from tgtui.data.models.tables import package_requests, package_versions, packages
from tgtui.data.requests.chains import (
    ACTIVE,
    add_members,
    chains,
    in_state,
    is_living,
    is_wanted,
    members,
    requests,
    unsettle_chains_of,
)
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, insert_missing, literal, slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.requests import MAX_PACKAGES, Refused, Target

PRIORITY_OPENED = 0
"""A person has this package open and waits."""
PRIORITY_ASKED = 10
PRIORITY_AUTO = 20
"""A dependency of what a person requested."""
PRIORITY_SEED = 30
PRIORITY_SEED_AUTO = 40
"""A dependency of a new catalogue's first packages."""
PRIORITY_WATCHED = 50
"""A package that someone watches: nobody waits for it."""


class Limits(Struct, frozen=True):
    """The limits of a person's requests."""

    per_hour: int | None = None
    """How often one account asks, for however many packages."""
    cooldown: timedelta | None = None
    """How long a package is not fetched again after a registry refused it."""


UNLIMITED = Limits()

# By names alone: of several pairs SQLite looks none up in an index. Whoever reads the rows leaves out other registries.
_ACTIVE_AMONG = select(requests.c.registry, requests.c.package_name, requests.c.id).where(
    requests.c.package_name.in_(bindparam("names", expanding=True)), in_state(*ACTIVE)
)
_DELETED_AMONG = select(packages.c.registry, packages.c.name).where(
    packages.c.name.in_(bindparam("names", expanding=True)), packages.c.deleted_at.is_not(None)
)


class Asked(Struct, frozen=True):
    """The outcome of a request."""

    request_id: UUID
    is_new: bool
    """False if the package was already queued, and its request is joined instead."""
    chain_id: UUID
    """What was asked for at once, with all that it brings."""


def ask(
    connection: Connection,
    registry: str,
    name: str,
    *,
    account_id: UUID | None,
    force: bool = False,
    priority: int = PRIORITY_ASKED,
    limits: Limits = UNLIMITED,
) -> Asked:
    """Queue a package, or join its active request. RequestRefused as `ask_all` tells it."""
    (outcome,) = ask_all(
        connection,
        [(registry, name)],
        account_id=account_id,
        force=force,
        priority=priority,
        limits=limits,
    )
    if isinstance(outcome, Refused):
        raise RequestRefused(outcome.reason)
    return outcome


def ask_all(
    connection: Connection,
    packages: Sequence[Target],
    *,
    account_id: UUID | None,
    force: bool = False,
    priority: int = PRIORITY_ASKED,
    limits: Limits = UNLIMITED,
) -> list[Asked | Refused]:
    """Queue packages, or join their active requests, as one chain that counts once; an outcome for each, in order.

    Refused are those that an admin deleted, that the registry refused within the cooldown, and all that are not
    queued yet if the account is over its hourly limit; `force` ignores both. RequestRefused if there are too many.
    """
    if len(packages) > MAX_PACKAGES:
        raise RequestRefused(
            f"You can request at most {number(MAX_PACKAGES)} packages at once; request the rest after them."
        )
    wanted = list(dict.fromkeys(packages))
    if people_calls.are_used(connection):
        answers = people_calls.ask(
            connection,
            wanted,
            account_id=account_id,
            force=force,
            priority=priority,
            per_hour=limits.per_hour,
            cooldown=limits.cooldown,
        )
        outcomes = {(each.registry, each.name): outcome_of(each) for each in answers}
    else:
        outcomes = _ask_all(connection, wanted, account_id, force, priority, limits)
    if any(isinstance(outcome, Asked) for outcome in outcomes.values()):
        announce(connection, "requests")
    return [outcomes[package] for package in packages]


def outcome_of(answer: Answer) -> Asked | Refused:
    """The outcome of a package by what PostgreSQL's function answered."""
    if answer.request_id is not None and answer.chain_id is not None and not answer.reason:
        return Asked(answer.request_id, answer.outcome == "new", answer.chain_id)
    return Refused(answer.registry, answer.name, answer.reason)


def insert_requests(connection: Connection, wanted: Sequence[Mapping[str, Any]]) -> int:
    """The one place that inserts requests; returns how many, without packages that have an active one."""
    now = database_now(connection)
    rows = [
        {
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
        for values in wanted
    ]
    return insert_missing(connection, requests, rows)


def active_requests(connection: Connection, packages: Sequence[Target]) -> dict[Target, UUID]:
    """The active request of each (registry, name) that has one."""
    found: dict[Target, UUID] = {}
    for some in slices(packages):
        rows = connection.execute(_ACTIVE_AMONG, {"names": [name for _registry, name in some]})
        found.update({(registry, name): id for registry, name, id in rows})
    return {each: found[each] for each in packages if each in found}


def want_dependencies(connection: Connection, version_id: UUID, *, account_id: UUID | None) -> None:
    """Load the dependencies of a version that a person opened next."""
    row = connection.execute(
        select(packages.c.registry, packages.c.name, package_versions.c.dependencies_fetched_at)
        .join(packages, packages.c.id == package_versions.c.package_id)
        .where(package_versions.c.id == version_id)
    ).one_or_none()
    if row is None or row.dependencies_fetched_at is not None:
        return
    if people_calls.are_used(connection):
        for answer in people_calls.want_version(connection, version_id, account_id):
            outcome = outcome_of(answer)
            if isinstance(outcome, Refused):
                raise RequestRefused(outcome.reason)
        announce(connection, "requests")
        return
    connection.execute(
        update(package_versions)
        .where(package_versions.c.id == version_id)
        .values(dependencies_wanted_at=database_now(connection))
    )
    ask(connection, row.registry, row.name, account_id=account_id, priority=PRIORITY_OPENED)


def bring_to_front(connection: Connection, registry: str, name: str) -> bool:
    """Make the pending request of a package that a person opened the next one. False if none is pending."""
    if people_calls.are_used(connection):
        return people_calls.bring_to_front(connection, registry, name)
    moved = changed_rows(
        connection,
        update(package_requests)
        .where(
            package_requests.c.package_name == name,
            package_requests.c.registry == registry,
            package_requests.c.status == literal("pending"),
            package_requests.c.priority > PRIORITY_OPENED,
        )
        .values(priority=PRIORITY_OPENED),
    )
    return bool(moved)


def deleted_among(connection: Connection, packages: Sequence[Target]) -> set[Target]:
    """Those of these (registry, name) that an admin deleted."""
    found: set[Target] = set()
    for some in slices(packages):
        rows = connection.execute(_DELETED_AMONG, {"names": [name for _registry, name in some]})
        found.update((registry, name) for registry, name in rows)
    return found.intersection(packages)


def _ask_all(
    connection: Connection,
    wanted: Sequence[Target],
    account_id: UUID | None,
    force: bool,
    priority: int,
    limits: Limits,
) -> dict[Target, Asked | Refused]:
    """On SQLite, where no one else writes meanwhile."""
    reasons = {each: removed_sentence(*each) for each in deleted_among(connection, wanted)}
    joined = active_requests(connection, [each for each in wanted if each not in reasons])
    fresh = [each for each in wanted if each not in reasons and each not in joined]
    if not force:
        if limits.cooldown is not None:
            failures = remembered_failures(connection, fresh, limits.cooldown)
            reasons.update({each: failure.message for each, failure in failures.items()})
            fresh = [each for each in fresh if each not in reasons]
        if fresh and account_id is not None and limits.per_hour is not None:
            reason = over_limit(connection, account_id, limits.per_hour)
            if reason is not None:
                reasons.update(dict.fromkeys(fresh, reason))
                fresh = []
    made = dict(zip(fresh, uuid7s(len(fresh)), strict=True))
    insert_requests(
        connection,
        [
            {
                "id": id,
                "package_name": name,
                "registry": registry,
                "requested_by": account_id,
                "priority": priority,
                "is_forced": force,
            }
            for (registry, name), id in made.items()
        ],
    )
    roots = {each: {**joined, **made}[each] for each in wanted if each not in reasons}
    if not roots:
        return {each: Refused(*each, reason) for each, reason in reasons.items()}
    _hurry_joined(connection, list(joined.values()), account_id, priority, force)
    chain_id = _chain_for(
        connection, list(roots.values()), made=list(made.values()), account_id=account_id
    )
    _bring_back(connection, made)
    return {
        **{each: Refused(*each, reason) for each, reason in reasons.items()},
        **{each: Asked(id, each in made, chain_id) for each, id in roots.items()},
    }


def _hurry_joined(
    connection: Connection, ids: Sequence[UUID], account_id: UUID | None, priority: int, force: bool
) -> None:
    """A person wants what is queued already: with its latest version, and no later than they may expect."""
    changes: dict[str, Any] = {
        "priority": case(
            (package_requests.c.priority > priority, priority), else_=package_requests.c.priority
        ),
        "is_auto_queued": False,
        "requested_by": func.coalesce(
            package_requests.c.requested_by,
            literal_value(account_id, package_requests.c.requested_by.type),
        ),
        **({"is_forced": True} if force else {}),
    }
    for some in slices(ids):
        connection.execute(
            update(package_requests).where(package_requests.c.id.in_(some)).values(changes)
        )


def _chain_for(
    connection: Connection, roots: Sequence[UUID], *, made: Sequence[UUID], account_id: UUID | None
) -> UUID:
    """A chain of these roots: one that the account has already, if none of them is new."""
    if not made and (known := _known_chain(connection, roots, account_id)) is not None:
        return known
    # The id of its first request, if that is new: what is known by the request is known by the chain.
    id = roots[0] if roots[0] in made else uuid7()
    now = database_now(connection)
    is_charged = bool(made) and account_id is not None
    connection.execute(
        insert(chains),
        {
            "id": id,
            "requested_by": account_id,
            "charges": int(is_charged),
            "charged_at": now if is_charged else None,
            "created_at": now,
            "updated_at": now,
            "cancelled_at": None,
            "settled_at": None,
        },
    )
    add_members(connection, [id], roots, are_roots=True)
    return id


def _known_chain(
    connection: Connection, roots: Sequence[UUID], account_id: UUID | None
) -> UUID | None:
    counts: dict[UUID, int] = {}
    for some in slices(roots):
        rows = connection.execute(
            select(members.c.chain_id, func.count())
            .join(chains, chains.c.id == members.c.chain_id)
            .where(
                members.c.request_id.in_(some),
                members.c.is_root,
                is_wanted(),
                is_living(),
                chains.c.requested_by == account_id
                if account_id is not None
                else chains.c.requested_by.is_(None),
            )
            .group_by(members.c.chain_id)
        )
        for chain_id, count in rows:
            counts[chain_id] = counts.get(chain_id, 0) + count
    return min((id for id, count in counts.items() if count == len(roots)), default=None)


def _bring_back(connection: Connection, made: Mapping[Target, UUID]) -> None:
    """What an admin deleted and restored comes back to the chains that wait for it."""
    for some in slices(list(made)):
        rows = [
            row
            for row in connection.execute(
                select(requests.c.registry, requests.c.package_name, requests.c.id)
                .where(
                    requests.c.package_name.in_([name for _registry, name in some]),
                    in_state("failed"),
                    requests.c.error_code == REMOVED,
                    exists().where(members.c.request_id == requests.c.id),
                )
                .order_by(requests.c.id.desc())
            )
            if (row.registry, row.package_name) in made
        ]
        for registry, name, id in rows:
            new = made[registry, name]
            there = members.alias()
            is_there = exists().where(
                there.c.chain_id == members.c.chain_id, there.c.request_id == new
            )
            living = select(chains.c.id).where(is_living())
            connection.execute(
                update(members)
                .where(members.c.request_id == id, ~is_there, members.c.chain_id.in_(living))
                .values(request_id=new)
            )
        unsettle_chains_of(connection, [made[registry, name] for registry, name, _id in rows])
