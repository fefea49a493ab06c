"""Writes what is ready together in one transaction: packages, versions, edges, the requests for what an install
would bring, and the completion of each request.

Few statements for the whole group. What can't be written is left out, and the rest is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.search.index import packages_stored
from tgtui.data.storage.changes import announce
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.named import package_ids
from tgtui.data.views.requests import BOUND_REACHED, Target
from tgtui.worker.ingest import edges, storing
from tgtui.worker.ingest.autoqueue import queue_dependencies
from tgtui.worker.ingest.loading import ForcedMeanwhile, Loading, MoreNeeded, RemovedByAdmin
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.locks import lock_packages
from tgtui.worker.queue import claims, settling
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.gathering import Gathering
from tgtui.worker.queue.settling import Ending, settle

MOST_VERSIONS = 20_000
"""Versions and edges in one transaction, so that other writers don't wait for long; a larger package goes alone."""

Refused = dict[Loading, Exception]
"""What is not written, and why."""


class LeftBehind(Exception):
    """These can't be completed after all: the transaction is undone, and repeated without them."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(len(refused))
        self.refused = refused


class Policy(Struct, frozen=True):
    """What the settings say of every package."""

    bounds: Bounds
    node_version: str | None


class Writing:
    """While one transaction is written the next packages gather, so a single one does not wait for others."""

    def __init__(
        self, database: Database, policy: Policy, is_more_coming: Callable[[], bool] = lambda: False
    ) -> None:
        self._database = database
        self._policy = policy
        self._gathering: Gathering[Loading, None] = Gathering(
            "tgtui-writing",
            self._write,
            weigh=_weight,
            most=MOST_VERSIONS,
            is_more_coming=is_more_coming,
        )

    async def write(self, loading: Loading) -> None:
        """Write it and complete its request. MoreNeeded, ForcedMeanwhile, LeaseLost, RemovedByAdmin, DatabaseError."""
        await self._gathering.put(loading)

    def claims(self) -> list[Claim]:
        """Of what is being written, or waits to be."""
        return [loading.claim for loading in self._gathering.items()]

    def weight(self) -> int:
        """Bytes of the documents that are being written, or wait to be."""
        return sum(loading.document.weight for loading in self._gathering.items())

    async def close(self) -> None:
        """Wait for the current writes."""
        await self._gathering.close()

    async def _write(self, group: Sequence[Loading]) -> list[Exception | None]:
        refused: Refused = {}
        while left := [loading for loading in group if loading not in refused]:
            try:
                refused |= await self._database.write(store, left, self._policy)
                break
            except LeftBehind as behind:
                refused |= behind.refused
        return [refused.get(loading) for loading in group]


def store(connection: Connection, group: Sequence[Loading], policy: Policy) -> Refused:
    """The transaction. Returns what was refused before anything was written for it; LeftBehind rolls all back."""
    own = {loading.package for loading in group}
    lock_packages(connection, own, set[Target]().union(*(loading.targets for loading in group)))
    refused: Refused = {}
    asked = _still_asked_for(connection, group, refused)
    ready = [loading for loading in group if loading not in refused]
    for loading, versions in edges.arrived_meanwhile(connection, ready).items():
        refused[loading] = MoreNeeded(versions)
    ready = [loading for loading in ready if loading not in refused]
    for loading, versions in _still_missing(connection, ready, asked).items():
        refused[loading] = MoreNeeded(versions)
    ready = [loading for loading in ready if loading not in refused]
    ids = storing.store_packages(connection, [loading.fetched for loading in ready])
    refused |= {loading: RemovedByAdmin() for loading in ready if loading.package not in ids}
    ready = [loading for loading in ready if loading not in refused]
    if ready:
        _store_contents(connection, ready, ids, policy)
        _complete(connection, ready, ids, asked, policy)
    return refused


def _still_asked_for(
    connection: Connection, group: Sequence[Loading], refused: Refused
) -> dict[Claim, Claim]:
    """The claims that are still held, with what people want of them by now."""
    held = settling.held_among(connection, [loading.claim for loading in group], locks=False)
    asked = claims.as_asked_for_now(connection, list(held))
    packages: set[Target] = set()
    for loading in group:
        claim = asked.get(loading.claim)
        if claim is None:
            refused[loading] = LeaseLost(f"{loading.claim.registry}:{loading.claim.name}")
        elif claim.is_forced and not loading.claim.is_forced:
            refused[loading] = ForcedMeanwhile(claim)
        elif loading.package in packages:  # requested by two names: one after the other
            refused[loading] = MoreNeeded(set())
        else:
            packages.add(loading.package)
    return asked


def _still_missing(
    connection: Connection, group: Sequence[Loading], asked: Mapping[Claim, Claim]
) -> dict[Loading, set[str]]:
    """Versions that are needed by now, by others in the group too, and whose edges are neither stored nor here."""
    needed = edges.needed_versions(connection, {loading.package for loading in group})
    for loading in group:
        for found in loading.edges.values():
            for edge in found:
                if edge.is_followed and edge.target in needed:
                    needed[edge.target].add(edge.resolved_version)
    return _lacking(
        connection,
        {
            loading: needed_of(
                asked[loading.claim], needed[loading.package], loading.index.latest()
            )
            for loading in group
        },
    )


def _lacking(
    connection: Connection, needed: Mapping[Loading, Collection[str]]
) -> dict[Loading, set[str]]:
    """Those of these versions whose edges are neither stored nor about to be."""
    wanted = {
        loading: {v for v in versions if v in loading.index.versions and v not in loading.edges}
        for loading, versions in needed.items()
    }
    ids = package_ids(connection, {each.package for each, versions in wanted.items() if versions})
    loaded = edges.loaded_among(
        connection,
        {
            (ids[loading.package], version)
            for loading, versions in wanted.items()
            for version in versions
            if loading.package in ids
        },
    )
    missing = {
        loading: {v for v in versions if (ids.get(loading.package), v) not in loaded}
        for loading, versions in wanted.items()
    }
    return {loading: versions for loading, versions in missing.items() if versions}


def _store_contents(
    connection: Connection, group: Sequence[Loading], ids: Mapping[Target, UUID], policy: Policy
) -> None:
    """Packages, versions, edges, and their rows in the search. LeftBehind."""
    documents = {ids[loading.package]: loading.document for loading in group}
    version_ids = storing.store_versions(connection, documents)
    told = {
        ids[each.package]: each.edges.keys()
        | {latest for latest in [each.index.latest()] if latest}
        for each in group
    }
    storing.store_facts(connection, documents, version_ids, told)
    storing.store_dist_tags(connection, documents)
    storing.store_software(connection, documents)
    chosen = edges.choose_from_catalogue(connection, group, policy.node_version)
    stored = [
        edges.Stored(
            package_id=(id := ids[loading.package]),
            version_ids=version_ids[id],
            document=loading.document,
            index=loading.index,
            edges=chosen[loading],
        )
        for loading in group
    ]
    edges.store_edges(connection, stored)
    storing.store_environments(
        connection,
        {
            version_ids[ids[each.package]][version]: by_extras
            for each in group
            for version, by_extras in each.environments.items()
            if version in version_ids[ids[each.package]]
        },
    )
    linked = edges.link_dependents(connection, stored, policy.node_version)
    chosen_now = {each: linked.reached.get(each.package, set()) for each in group}
    if lacking := _lacking(connection, chosen_now):
        raise LeftBehind({each: MoreNeeded(versions) for each, versions in lacking.items()})
    evaluate(connection, documents.keys())
    packages_stored(connection, documents.keys(), linked.sources)
    announce(connection, "packages")


def _complete(
    connection: Connection,
    group: Sequence[Loading],
    ids: Mapping[Target, UUID],
    asked: Mapping[Claim, Claim],
    policy: Policy,
) -> None:
    """Queue what is missing below, and complete the requests. LeftBehind."""
    packages = {asked[loading.claim]: ids[loading.package] for loading in group}
    endings = completed(connection, packages, policy.bounds)
    more = claims.asked_for_more(connection, tuple(packages))  # they are locked by now
    lost = settle(connection, {claim: each for claim, each in endings.items() if claim not in more})
    behind: Refused = {}
    for loading in group:
        claim = asked[loading.claim]
        if claim in more:
            behind[loading] = MoreNeeded(set())
        elif claim in lost:
            behind[loading] = LeaseLost(f"{claim.registry}:{claim.name}")
    if behind:
        raise LeftBehind(behind)


def completed(
    connection: Connection, packages: Mapping[Claim, UUID], bounds: Bounds
) -> dict[Claim, Ending]:
    """Queue what is missing below these packages; the outcome of each request. Locks the requests."""
    notes = queue_dependencies(connection, packages, bounds)
    return {
        claim: Ending(
            "completed",
            package_id,
            code=BOUND_REACHED if notes[claim] else None,
            message=notes[claim],
        )
        for claim, package_id in packages.items()
    }


def _weight(loading: Loading) -> int:
    return len(loading.index) + sum(map(len, loading.edges.values()))


def needed_of(claim: Claim, needed: Collection[str], latest: str | None) -> set[str]:
    """Versions whose edges are wanted. For a person's request the latest one; for a dependency the versions
    that others resolved to, and its latest when it is opened."""
    if latest is None or (claim.is_auto_queued and needed):
        return set(needed)
    return {*needed, latest}
