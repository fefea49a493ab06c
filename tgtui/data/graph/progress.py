"""The progress of a request with everything an install of its package brings, and what failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, case, func, select, tuple_, update

from tgtui.data.access import people_calls
from tgtui.data.access.limits import REMOVED, RequestRefused, removed_sentence
from tgtui.data.graph.outline import Outline, OutlineEdge, outline_of
from tgtui.data.models.tables import package_requests
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.removal import find_deleted
from tgtui.data.requests.asking import PRIORITY_AUTO
from tgtui.data.requests.chains import (
    ACTIVE,
    chain_of,
    chains,
    is_unsettled,
    is_wanted,
    members,
    requests,
    status_in_chain,
)
from tgtui.data.requests.lists import member_row, newest_request, queued, request_row
from tgtui.data.storage.sql import literal, slices
from tgtui.data.versions.listing import find_version
from tgtui.data.views.requests import BOUND_REACHED, LIMITS, RequestRow, Target
from tgtui.data.views.versions import VersionRow

SHORTFALLS = 1_000
"""At most this many failures of one chain are listed."""
RETRIED = 10
"""At most this many requests that wait for a retry are listed."""


class Shortfall(Struct, frozen=True):
    """A package that is missing, and why."""

    registry: str
    name: str
    version: str | None
    """The version chosen for a dependency; None for the package itself."""
    error_code: str | None
    reason: str
    """A sentence; may quote a registry."""
    is_left_out: bool = False
    """It was not queued, because the chain reached a limit."""


class ChainProgress(Struct, frozen=True):
    """A request, its chain, and the closure of the requested version."""

    request: RequestRow
    version: VersionRow | None
    """The requested version, or the latest; None until the package is fetched, or if there is no such version."""
    is_done: bool
    """The request has ended, and nothing in the closure is queued or fetched."""
    total: int
    """Packages known to belong to it, its own included; grows as the chain is discovered."""
    completed: int
    unloaded_version_id: UUID | None
    """The version is here, but its dependencies are neither stored nor being loaded: they must be requested."""
    shortfalls: tuple[Shortfall, ...]
    """What failed. Final once `is_done`."""
    waits_for: frozenset[Target] = frozenset()
    """Packages of the closure with an active request of any chain. Known once this chain is done."""
    retried: tuple[RequestRow, ...] = ()
    """Some of the requests that failed and will be retried."""
    chain_id: UUID | None = None
    """Several requests may have been asked for as one chain. Until it is done the counts are those of the chain."""
    left_out: int = 0
    """Packages that a limit kept from being queued for the chain."""


def chain_progress(
    connection: Connection,
    request_id: UUID,
    version: str | None = None,
    chain_id: UUID | None = None,
) -> ChainProgress:
    """Follows the closure, not only the chain: a dependency may be queued because of another request.

    `version` is a version or dist-tag, None for the latest; `chain_id` None is the newest chain with the request as a
    root. RequestRefused if the request is gone.
    """
    chain_id = chain_id or chain_of(connection, request_id, None, only_own=False)
    request = None
    if chain_id is not None:
        request = member_row(connection, chain_id, request_id)
        request = request or _successor(connection, chain_id, request_id)
    request = request or request_row(connection, request_id)
    if request is None:
        raise RequestRefused("The request is gone; ask again.")
    total, still_open, is_settled, left_out = _chain_counts(connection, chain_id)
    failures = tuple(_chain_failures(connection, chain_id))
    if still_open or not is_settled or request.status in {"pending", "fetching"}:
        retried = tuple(_retried(connection, chain_id))
        return ChainProgress(
            request,
            None,
            False,
            max(total, 1),
            max(total, 1) - max(still_open, int(total == 0)),
            None,
            failures,
            retried=retried,
            chain_id=chain_id,
        )
    # Read before the closure: what finishes between the two is in this set and checked once more.
    active = _active(connection)
    chosen = _version(connection, request, version)
    if request.status != "completed" or chosen is None:
        is_active = request.status != "cancelled" and (request.registry, request.name) in active
        shortfalls = () if is_active else _own_shortfall(request, version)
        return ChainProgress(
            request, None, not is_active, 1, 0, None, shortfalls, chain_id=chain_id
        )
    outline = outline_of(connection, chosen.id)
    own = (request.registry, request.name)
    waiting = {own, *_targets(outline)} & active
    packages = {own, *_targets(outline, only_resolved=True), *waiting}
    unloaded = chosen.id if not (waiting or chosen.dependencies_loaded) else None
    return ChainProgress(
        request=request,
        version=chosen,
        is_done=not waiting,
        total=len(packages),
        completed=len(packages) - len(waiting),
        unloaded_version_id=unloaded,
        shortfalls=()
        if waiting
        else _shortfalls(
            connection,
            request,
            chosen,
            outline,
            failures,
            _bound_note(connection, chain_id, left_out),
        ),
        waits_for=frozenset(waiting),
        chain_id=chain_id,
        left_out=left_out,
    )


def hurry(connection: Connection, progress: ChainProgress) -> None:
    """Someone waits: move what the chain still lacks ahead of a new catalogue's first packages."""
    if people_calls.are_used(connection):
        if progress.chain_id is not None:
            people_calls.hurry(connection, progress.chain_id, sorted(progress.waits_for))
        return
    late = [
        package_requests.c.status == literal("pending"),
        package_requests.c.priority > PRIORITY_AUTO,
    ]
    of_chain = _in_chain(progress.chain_id)
    connection.execute(
        update(package_requests).where(of_chain, *late).values(priority=PRIORITY_AUTO)
    )
    for some in slices(sorted(progress.waits_for)):
        package = tuple_(package_requests.c.registry, package_requests.c.package_name)
        # The names besides: of several pairs SQLite looks none up in an index.
        is_named = package_requests.c.package_name.in_([name for _registry, name in some])
        connection.execute(
            update(package_requests)
            .where(is_named, package.in_(some), *late)
            .values(priority=PRIORITY_AUTO)
        )


def _successor(connection: Connection, chain_id: UUID, request_id: UUID) -> RequestRow | None:
    """The newer request that took the place of this one in its chain."""
    asked = requests.alias()
    id = connection.scalar(
        select(requests.c.id)
        .join(members, members.c.request_id == requests.c.id)
        .join(
            asked,
            and_(
                asked.c.package_name == requests.c.package_name,
                asked.c.registry == requests.c.registry,
            ),
        )
        .where(members.c.chain_id == chain_id, asked.c.id == request_id)
        .order_by(requests.c.id.desc())
        .limit(1)
    )
    return member_row(connection, chain_id, id) if id is not None else None


def _in_chain(chain_id: UUID | None) -> ColumnElement[bool]:
    return package_requests.c.id.in_(
        select(members.c.request_id).where(members.c.chain_id == chain_id, is_wanted())
    )


def _chain_counts(connection: Connection, chain_id: UUID | None) -> tuple[int, int, bool, int]:
    """All of the chain, what is still open of it, whether it needs nothing more, and what its limits left out."""
    is_unfinished = select(chains.c.id).where(chains.c.id == chain_id, is_unsettled())
    left_out = select(chains.c.left_out).where(chains.c.id == chain_id)
    row = connection.execute(
        select(func.count(), func.count(case((status_in_chain().in_(ACTIVE), 1))))
        .select_from(members)
        .join(requests, requests.c.id == members.c.request_id)
        .where(members.c.chain_id == chain_id)
    ).one()
    is_settled = connection.scalar(is_unfinished) is None
    return row[0], row[1], is_settled, connection.scalar(left_out) or 0


def _retried(connection: Connection, chain_id: UUID | None) -> Iterator[RequestRow]:
    ids = connection.scalars(
        select(package_requests.c.id)
        .where(
            _in_chain(chain_id),
            package_requests.c.status == literal("pending"),
            package_requests.c.error_message.is_not(None),
        )
        .order_by(package_requests.c.id)
        .limit(RETRIED)
    ).all()
    for id in ids:
        if (row := request_row(connection, id)) is not None:
            yield row


def _chain_failures(connection: Connection, chain_id: UUID | None) -> Iterator[Shortfall]:
    """Failed requests of the chain, without those that a newer request made good."""
    rows = connection.execute(
        select(package_requests.c.registry, package_requests.c.package_name)
        .where(_in_chain(chain_id), package_requests.c.status == literal("failed"))
        .order_by(package_requests.c.id)
        .limit(SHORTFALLS)
    ).all()
    for registry, name in rows:
        newest = newest_request(connection, registry, name)
        if newest is not None and newest.status == "failed":
            yield _failed(newest, None)


def _active(connection: Connection) -> set[Target]:
    if people_calls.are_used(connection):
        return people_calls.active_packages(connection)
    rows = connection.execute(
        select(package_requests.c.registry, package_requests.c.package_name).where(queued())
    )
    return {(registry, name) for registry, name in rows}


def _version(connection: Connection, request: RequestRow, version: str | None) -> VersionRow | None:
    if request.package_id is None:
        return None
    if version is not None:
        return find_version(connection, request.package_id, version)
    detail = package_detail(connection, request.package_id)
    return detail.latest if detail is not None else None


def _own_shortfall(request: RequestRow, version: str | None) -> tuple[Shortfall, ...]:
    if request.status == "failed":
        return (_failed(request, version),)
    package = f"{request.registry}:{request.name}"
    if request.status == "cancelled":
        reason = f"The request for {package} was cancelled."
    elif version is None:
        reason = f"{package} has no version."
    else:
        reason = f"{package} has no version or tag {version}."
    return (Shortfall(request.registry, request.name, version, None, reason),)


def _targets(outline: Outline, *, only_resolved: bool = False) -> Iterator[Target]:
    for edge in _edges(outline):
        if not (edge.is_external or (only_resolved and edge.is_unresolved)):
            yield edge.registry, edge.name


def _edges(outline: Outline) -> Iterator[OutlineEdge]:
    for edges in outline.edges.values():
        yield from edges


def _shortfalls(
    connection: Connection,
    request: RequestRow,
    chosen: VersionRow,
    outline: Outline,
    failures: Sequence[Shortfall],
    bound: str | None,
) -> tuple[Shortfall, ...]:
    """Each package once: the version itself, what its closure lacks, other failures of the chain."""
    found: dict[Target, Shortfall] = {}
    own = (request.registry, request.name)
    if not chosen.dependencies_loaded:
        found[own] = _missing(connection, *own, chosen.version, is_here=True, bound=None)
    for edge in _edges(outline):
        target = (edge.registry, edge.name)
        if target in found or len(found) >= SHORTFALLS:
            continue
        if edge.is_unresolved:
            if not edge.is_optional:
                reason = edge.resolution_error or "No version could be chosen."
                found[target] = Shortfall(*target, None, "unresolved", reason)
        elif edge.is_missing or (edge.target_id is not None and not edge.is_loaded):
            found[target] = _missing(
                connection, *target, edge.resolved_version, is_here=not edge.is_missing, bound=bound
            )
    for failure in failures:
        found.setdefault((failure.registry, failure.name), failure)
    return tuple(found.values())


def _missing(
    connection: Connection,
    registry: str,
    name: str,
    version: str,
    *,
    is_here: bool,
    bound: str | None,
) -> Shortfall:
    if find_deleted(connection, registry, name) is not None:
        return Shortfall(registry, name, version, REMOVED, removed_sentence(registry, name))
    newest = newest_request(connection, registry, name)
    if newest is not None and newest.status == "failed":
        return _failed(newest, version)
    package = f"{registry}:{name}@{version}"
    is_left_out = bound is not None and (newest is None or newest.status != "cancelled")
    if newest is not None and newest.status == "cancelled":
        reason = f"The request for {package} was cancelled."
    elif is_left_out:
        reason = f"{package} was not queued: {bound}"
    elif is_here:
        reason = f"The dependencies of {package} are not loaded; ask for it again."
    else:
        reason = f"{package} is not in the catalogue; ask for it again."
    return Shortfall(registry, name, version, None, reason, is_left_out)


def _failed(request: RequestRow, version: str | None) -> Shortfall:
    reason = request.error_message or "It failed for an unknown reason."
    return Shortfall(request.registry, request.name, version, request.error_code, reason)


def _bound_note(connection: Connection, chain_id: UUID | None, left_out: int) -> str | None:
    note = connection.scalar(
        select(package_requests.c.error_message)
        .where(_in_chain(chain_id), package_requests.c.error_code == BOUND_REACHED)
        .limit(1)
    )
    return note or (f"{LIMITS}; ask for it again to continue." if left_out else None)
