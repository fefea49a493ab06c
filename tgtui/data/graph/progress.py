"""The progress of a request with everything an install of its package brings, and what failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, tuple_, update
from sqlalchemy.orm import Session

from tgtui.data.access import people_calls
from tgtui.data.access.limits import REMOVED, RequestRefused, removed_sentence
from tgtui.data.graph.outline import Outline, OutlineEdge, outline_of
from tgtui.data.models.tables import PackageRequest
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.removal import find_deleted
from tgtui.data.requests.asking import PRIORITY_AUTO
from tgtui.data.requests.lists import newest_request, queued, request_row
from tgtui.data.storage.sql import literal, slices
from tgtui.data.versions.listing import find_version
from tgtui.data.views.requests import RequestRow
from tgtui.data.views.versions import VersionRow

SHORTFALLS = 1_000
"""At most this many failures of one chain are listed."""
RETRIED = 10
"""At most this many requests that wait for a retry are listed."""

Target = tuple[str, str]
"""(registry, name)"""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A package that is missing, and why."""

    registry: str
    name: str
    version: str | None
    """The version chosen for a dependency; None for the package itself."""
    error_code: str | None
    reason: str
    """A sentence; may quote a registry."""


@dataclass(frozen=True, slots=True)
class ChainProgress:
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


def chain_progress(session: Session, request_id: UUID, version: str | None = None) -> ChainProgress:
    """Follows the closure, not only the chain: a dependency may be queued because of another request.

    `version` is a version or dist-tag, None for the latest. RequestRefused if the request is gone.
    """
    request = request_row(session, request_id)
    if request is None:
        raise RequestRefused("The request is gone; ask again.")
    total, still_open = _chain_counts(session, request_id)
    failures = tuple(_chain_failures(session, request_id))
    if still_open or request.status in {"pending", "fetching"}:
        retried = tuple(_retried(session, request_id))
        return ChainProgress(
            request, None, False, total, total - still_open, None, failures, retried=retried
        )
    # Read before the closure: what finishes between the two is in this set and checked once more.
    active = _active(session)
    chosen = _version(session, request, version)
    if request.status != "completed" or chosen is None:
        is_active = (request.registry, request.name) in active
        shortfalls = () if is_active else _own_shortfall(request, version)
        return ChainProgress(request, None, not is_active, 1, 0, None, shortfalls)
    outline = outline_of(session, chosen.id)
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
        shortfalls=() if waiting else _shortfalls(session, request, chosen, outline, failures),
        waits_for=frozenset(waiting),
    )


def hurry(session: Session, progress: ChainProgress) -> None:
    """Someone waits: move what the chain still lacks ahead of a new catalogue's first packages."""
    if people_calls.are_used(session):
        people_calls.hurry(session, progress.request.id, sorted(progress.waits_for))
        return
    late = [
        PackageRequest.status == literal("pending"),
        PackageRequest.priority > PRIORITY_AUTO,
    ]
    of_chain = PackageRequest.root_request_id == progress.request.id
    session.execute(update(PackageRequest).where(of_chain, *late).values(priority=PRIORITY_AUTO))
    for some in slices(sorted(progress.waits_for)):
        package = tuple_(PackageRequest.registry_name, PackageRequest.package_name)
        session.execute(
            update(PackageRequest).where(package.in_(some), *late).values(priority=PRIORITY_AUTO)
        )


def _in_chain(root_id: UUID) -> ColumnElement[bool]:
    return (PackageRequest.root_request_id == root_id) | (PackageRequest.id == root_id)


def _chain_counts(session: Session, root_id: UUID) -> tuple[int, int]:
    row = session.execute(
        select(func.count(), func.count(case((queued(), 1)))).where(_in_chain(root_id))
    ).one()
    return row[0], row[1]


def _retried(session: Session, root_id: UUID) -> Iterator[RequestRow]:
    ids = session.scalars(
        select(PackageRequest.id)
        .where(
            _in_chain(root_id),
            PackageRequest.status == literal("pending"),
            PackageRequest.error_message.is_not(None),
        )
        .order_by(PackageRequest.id)
        .limit(RETRIED)
    ).all()
    for id in ids:
        if (row := request_row(session, id)) is not None:
            yield row


def _chain_failures(session: Session, root_id: UUID) -> Iterator[Shortfall]:
    """Failed requests of the chain, without those that a newer request made good."""
    rows = session.execute(
        select(PackageRequest.registry_name, PackageRequest.package_name)
        .where(_in_chain(root_id), PackageRequest.status == literal("failed"))
        .order_by(PackageRequest.id)
        .limit(SHORTFALLS)
    ).all()
    for registry, name in rows:
        newest = newest_request(session, registry, name)
        if newest is not None and newest.status == "failed":
            yield _failed(newest, None)


def _active(session: Session) -> set[Target]:
    if people_calls.are_used(session):
        return people_calls.active_packages(session)
    rows = session.execute(
        select(PackageRequest.registry_name, PackageRequest.package_name).where(queued())
    )
    return {(registry, name) for registry, name in rows}


def _version(session: Session, request: RequestRow, version: str | None) -> VersionRow | None:
    if request.package_id is None:
        return None
    if version is not None:
        return find_version(session, request.package_id, version)
    detail = package_detail(session, request.package_id)
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
    session: Session,
    request: RequestRow,
    chosen: VersionRow,
    outline: Outline,
    failures: Sequence[Shortfall],
) -> tuple[Shortfall, ...]:
    """Each package once: the version itself, what its closure lacks, other failures of the chain."""
    found: dict[Target, Shortfall] = {}
    own = (request.registry, request.name)
    if not chosen.dependencies_loaded:
        found[own] = _missing(session, *own, chosen.version, is_here=True, bound=None)
    bound = _bound_note(session, request.id)
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
                session, *target, edge.resolved_version, is_here=not edge.is_missing, bound=bound
            )
    for failure in failures:
        found.setdefault((failure.registry, failure.name), failure)
    return tuple(found.values())


def _missing(
    session: Session, registry: str, name: str, version: str, *, is_here: bool, bound: str | None
) -> Shortfall:
    if find_deleted(session, registry, name) is not None:
        return Shortfall(registry, name, version, REMOVED, removed_sentence(registry, name))
    newest = newest_request(session, registry, name)
    if newest is not None and newest.status == "failed":
        return _failed(newest, version)
    package = f"{registry}:{name}@{version}"
    if newest is not None and newest.status == "cancelled":
        reason = f"The request for {package} was cancelled."
    elif bound is not None:
        reason = f"{package} was not queued: {bound}"
    elif is_here:
        reason = f"The dependencies of {package} are not loaded; ask for it again."
    else:
        reason = f"{package} is not in the catalogue; ask for it again."
    return Shortfall(registry, name, version, None, reason)


def _failed(request: RequestRow, version: str | None) -> Shortfall:
    reason = request.error_message or "It failed for an unknown reason."
    return Shortfall(request.registry, request.name, version, request.error_code, reason)


def _bound_note(session: Session, root_id: UUID) -> str | None:
    return session.scalar(
        select(PackageRequest.error_message)
        .where(_in_chain(root_id), PackageRequest.error_code == "bound_reached")
        .limit(1)
    )
