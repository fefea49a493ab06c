"""What an install needs and the catalogue does not have, and what of that a chain has tried already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy import Connection

from tgtui.data.access.limits import REMOVED
from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import names_of, open_ends
from tgtui.data.storage.sql import slices
from tgtui.data.views.edges import is_own_resolution
from tgtui.data.views.requests import Target
from tgtui.registries.registration import registration
from tgtui.worker.ingest import statements as sql

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Need(Struct):
    """Why a package has to be fetched."""

    depth: int
    """Edges below the nearest root."""
    is_missing: bool = False
    """A version of it is not here."""
    unloaded: set[UUID] = field(default_factory=set)
    """Versions that are here without their dependencies."""
    wants_latest: bool = False
    """The latest version is one of them, which a dependency's request leaves alone."""


Needs = dict[Target, Need]


def needs_of_packages(connection: Connection, registries: Mapping[UUID, str]) -> dict[UUID, Needs]:
    """What the edges of all versions of each lead to and is missing or not loaded. `registries` are those of the packages,
    by their ids."""
    needs: dict[UUID, Needs] = {id: {} for id in registries}
    for some in slices(sorted(needs)):
        for package_id, registry, name, version, id in connection.execute(
            sql.UNLOADED_TARGETS, {"package_ids": some}
        ):
            if not is_own_resolution(registry, version):
                _note(needs[package_id], (registry, name), 1, id)
        whole = [id for id in some if registration(registries[id]).resolves_whole]
        for row in (
            connection.execute(sql.MEMBERS_OF_PACKAGES, {"package_ids": whole}) if whole else ()
        ):
            _note(needs[row.package_id], (row.registry, row.package_name), 1, row.id)
    return needs


def needs_of_environments(connection: Connection, version_ids: Collection[UUID]) -> Needs:
    """What the environments of these versions have and is missing or not loaded."""
    needs: Needs = {}
    for some in slices(sorted(version_ids)):
        for row in connection.execute(sql.MEMBERS_OF_VERSIONS, {"version_ids": some}):
            _note(needs, (row.registry, row.package_name), 1, row.id)
    return needs


def needs_of_closure(connection: Connection, closure: Closure) -> Needs:
    """What is missing or not loaded in it, its roots included."""
    needs: Needs = {}
    levels = closure.levels
    for end in open_ends(connection, closure):
        if end.is_missing:
            _note(needs, (end.registry, end.name), levels[end.source] + 1, None)
    unloaded = [number for number, is_loaded in enumerate(closure.loaded) if not is_loaded]
    for number, name in names_of(connection, closure, unloaded).items():
        need = _note(needs, (name.registry, name.name), levels[number], closure.id_of(number))
        need.wants_latest |= number < closure.roots
    return needs


def merged(parts: Iterable[Needs]) -> Needs:
    """All in one."""
    whole: Needs = {}
    for needs in parts:
        for target, need in needs.items():
            known = whole.setdefault(target, Need(need.depth))
            known.depth = min(known.depth, need.depth)
            known.is_missing |= need.is_missing
            known.unloaded |= need.unloaded
            known.wants_latest |= need.wants_latest
    return whole


def tried(
    connection: Connection, chain_ids: Sequence[UUID], needs: Mapping[Target, Need]
) -> dict[UUID, set[Target]]:
    """Of each chain what is not queued for it again, until someone retries it.

    That is what failed in it, what was cancelled in it, and what was fetched for it when it was needed already.
    """
    ended: dict[UUID, datetime | None] = {}
    """Requests that are an attempt of each chain they belong to, and when they completed."""
    others: list[UUID] = []
    targets: dict[UUID, Target] = {}
    for some in slices(sorted(needs)):
        for row in connection.execute(sql.REQUESTS_FOR, {"names": [name for _, name in some]}):
            target = (row.registry, row.package_name)
            if target not in needs:
                continue
            targets[row.id] = target
            if row.status == "completed":
                ended[row.id] = row.updated_at
            # What an admin deleted may have been restored.
            elif row.status == "failed" and row.error_code != REMOVED:
                ended[row.id] = None
            else:
                others.append(row.id)
    found: dict[UUID, set[Target]] = {}
    completed: dict[tuple[UUID, Target], datetime] = {}
    for chain_id, id, is_wanted in _memberships(connection, chain_ids, ended, others):
        target, at = targets[id], ended.get(id)
        if at is None or not is_wanted:
            found.setdefault(chain_id, set()).add(target)
        else:
            last = completed.get((chain_id, target), at)
            completed[chain_id, target] = max(at, last)
    since = _needed_since(connection, {target for _, target in completed}, needs)
    for (chain_id, target), at in completed.items():
        if target not in since or since[target] < at:
            found.setdefault(chain_id, set()).add(target)
    return found


def _note(needs: Needs, target: Target, depth: int, unloaded: UUID | None) -> Need:
    need = needs.setdefault(target, Need(depth))
    need.depth = min(need.depth, depth)
    if unloaded is None:
        need.is_missing = True
    else:
        need.unloaded.add(unloaded)
    return need


def _memberships(
    connection: Connection,
    chain_ids: Sequence[UUID],
    ended: Collection[UUID],
    others: Collection[UUID],
) -> Iterable[tuple[UUID, UUID, bool]]:
    """(chain, request, whether the chain still needs it); of `others` those it does not need any more."""
    for chains in slices(chain_ids):
        for statement, ids in ((sql.MEMBERSHIPS, ended), (sql.LEFT_MEMBERSHIPS, others)):
            for some in slices(list(ids)):
                rows = connection.execute(statement, {"chain_ids": chains, "request_ids": some})
                yield from ((row.chain_id, row.request_id, row.is_wanted) for row in rows)


def _needed_since(
    connection: Connection, targets: Collection[Target], needs: Mapping[Target, Need]
) -> dict[Target, datetime]:
    """When the newest need for each came up; the end of time for a version that nobody has tried to load.

    A version that was tried has edges, though not all of them are final. Without that a chain would try it for ever.
    """
    since: dict[Target, datetime] = {}
    missing = sorted(target for target in targets if needs[target].is_missing)
    for some in slices(missing):
        rows = connection.execute(sql.MISSED_SINCE, {"names": [name for _, name in some]})
        since.update({(registry, name): moment for registry, name, moment in rows})
    unloaded = {id: target for target in targets for id in needs[target].unloaded}
    untried = set(unloaded)
    for some_ids in slices(list(unloaded)):
        untried.difference_update(connection.scalars(sql.WITH_EDGES, {"ids": some_ids}))
    since.update({unloaded[id]: END_OF_TIME for id in untried})
    return {target: since[target] for target in targets if target in since}
