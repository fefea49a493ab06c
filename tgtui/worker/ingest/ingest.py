"""Works on one claimed request, from fetching its document to completing it.

Network and decoding come first, outside any transaction. Then one transaction writes the package, its
versions, its edges, the requests for what an install would bring, and the request's own completion.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.data.access.limits import RememberedFailure
from tgtui.data.search.index import package_stored
from tgtui.data.storage.changes import announce
from tgtui.data.storage.database import Database
from tgtui.data.views.requests import BOUND_REACHED, Stage, Step, Target
from tgtui.registries.adapters import Registries
from tgtui.registries.base import DeclaredDependency, FetchedDocument, FetchProgress
from tgtui.registries.registration import registration
from tgtui.versions.rules import VersionIndex
from tgtui.worker.events import Activity, Progress
from tgtui.worker.ingest import edges, storing
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.autoqueue import needs_below, queue_dependencies
from tgtui.worker.ingest.documents import Documents
from tgtui.worker.ingest.known import Known, read_known
from tgtui.worker.ingest.resolution import ResolvedEdge, Resolver, is_installed
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.ingest.storing import RemovedByAdmin
from tgtui.worker.locks import lock_owned, lock_packages
from tgtui.worker.queue import claims
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.settling import Ending

MAX_ROUNDS = 20
"""How often more versions may become needed while the package is written, before it is retried later."""


class MoreNeeded(Exception):
    """Others came to need these versions while the package was worked on: nothing was written."""

    def __init__(self, versions: set[str]) -> None:
        super().__init__(*sorted(versions))
        self.versions = versions


class ForcedMeanwhile(Exception):
    """An admin wants it fetched anew, while it was worked on from what is kept: nothing was written."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim.registry}:{claim.name}")
        self.claim = claim


class AskedLately(Exception):
    """The registry refused the package within the cooldown and is not asked again."""

    def __init__(self, failure: RememberedFailure) -> None:
        super().__init__(failure.message)
        self.code = failure.code


@dataclass(slots=True)
class Loading:
    """A fetched package, before it is written."""

    claim: Claim
    fetched: FetchedDocument
    index: VersionIndex
    edges: dict[str, list[ResolvedEdge]] = field(default_factory=dict)
    """Edges by version, to be written by the transaction."""


class Ingest:
    """Works on the requests of one worker; shared by all of them."""

    def __init__(
        self,
        database: Database,
        registries: Registries,
        activity: Activity,
        *,
        cooldown: timedelta,
        max_attempts: int,
        bounds: Bounds,
        node_version: str | None,
        on_answer: Callable[[str], None],
        finishing: Finishing,
    ) -> None:
        self._database = database
        self._finishing = finishing
        self._activity = activity
        self._cooldown = cooldown
        self._max_attempts = max_attempts
        self._bounds = bounds
        self._node_version = node_version
        self._documents = Documents(registries, cooldown, on_answer)
        self._resolver = Resolver(self._documents, node_version=node_version)

    async def work_on(self, claim: Claim) -> None:
        """Work on the request until it is completed. RegistryError, AskedLately, LeaseLost, RemovedByAdmin."""
        known = await self._database.read(read_known, claim.registry, claim.name, self._cooldown)
        if known.is_deleted:
            raise RemovedByAdmin
        if self._is_fresh(claim, known) and await self._finish_known(claim):
            return
        if known.failure is not None and not claim.is_forced:
            raise AskedLately(known.failure)
        loading = await self._fetch(claim)
        document = loading.fetched.document
        if document.name != claim.name:  # requested by an alias or an old name
            known = await self._database.read(
                read_known, document.registry, document.name, self._cooldown
            )
        wanted = self._wanted(loading, known)
        for _round in range(MAX_ROUNDS):
            await self._resolve(loading, wanted)
            self._report(claim, "writing")
            try:
                await self._database.write(self._store, loading)
            except MoreNeeded as more:
                wanted = more.versions
            except ForcedMeanwhile as forced:
                await self.work_on(forced.claim)
                return
            else:
                return
        raise RuntimeError(f"{claim.registry}:{claim.name} was needed in more and more versions")

    def _is_fresh(self, claim: Claim, known: Known) -> bool:
        if claim.is_forced or known.last_success is None or known.latest is None:
            return False
        is_recent = clock.is_within(known.last_success, self._cooldown)
        return is_recent and _needed(claim, known.needed, known.latest) <= known.loaded.keys()

    async def _fetch(self, claim: Claim) -> Loading:
        def on_progress(progress: FetchProgress) -> None:
            self._report(claim, "fetching", progress.received, progress.total)

        self._report(claim, "fetching")
        fetched = await self._documents.fetch(
            claim.registry, claim.name, is_forced=claim.is_forced, on_progress=on_progress
        )
        return Loading(claim, fetched, await self._resolver.index(fetched))

    def _wanted(self, loading: Loading, known: Known) -> set[str]:
        """Needed versions whose edges are not stored, or were stored before the registry last confirmed them."""
        needed = _needed(loading.claim, known.needed, loading.index.latest())
        fetched_at = loading.fetched.fetched_at
        return {
            version
            for version in needed
            if version in loading.index.versions
            and (version not in known.loaded or known.loaded[version] < fetched_at)
        }

    async def _resolve(self, loading: Loading, versions: set[str]) -> None:
        ordered = sorted(versions)
        declared = await self._documents.dependencies(loading.fetched, ordered)
        flat = [edge for version in ordered for edge in declared[version]]
        known = await self._known_indexes(flat)

        def on_progress(done: int, total: int) -> None:
            self._report(loading.claim, "resolving", done, total)

        is_last_try = loading.claim.attempt >= self._max_attempts
        resolved = iter(
            await self._resolver.resolve(flat, known, on_progress, is_last_try=is_last_try)
        )
        for version in ordered:
            loading.edges[version] = [next(resolved) for _edge in declared[version]]

    async def _known_indexes(
        self, declared: Sequence[DeclaredDependency]
    ) -> dict[Target, VersionIndex]:
        targets = {(edge.registry, edge.name) for edge in declared if not is_installed(edge)}
        known = self._resolver.remembered(targets)
        if targets - known.keys():
            known.update(await self._database.read(edges.known_indexes, targets - known.keys()))
        return known

    def _store(self, session: Session, loading: Loading) -> None:
        """The transaction. MoreNeeded and ForcedMeanwhile roll it back."""
        document = loading.fetched.document
        lock_packages(session, (document.registry, document.name), _targets(loading))
        claims.require_held(session, loading.claim)
        claim = claims.as_asked_for_now(session, loading.claim)
        if claim.is_forced and not loading.claim.is_forced:
            raise ForcedMeanwhile(claim)
        late = edges.arrived_meanwhile(session, loading.edges)
        if late:
            raise MoreNeeded(late)
        package_id = storing.store_package(session, document, loading.fetched.fetched_at)
        version_ids = storing.store_versions(session, package_id, document)
        storing.store_dist_tags(session, package_id, document.dist_tags)
        storing.store_software(session, package_id, document)
        chosen = edges.choose_from_catalogue(session, loading.edges, self._node_version)
        conflicts = None
        if registration(document.registry).reuses_installed:
            conflicts = {v.version: v.conflicts for v in document.versions if v.conflicts}
        edges.store_edges(session, package_id, version_ids, chosen, conflicts)
        linked = edges.link_dependents(
            session, package_id, document, version_ids, loading.index, self._node_version
        )
        package_stored(session, package_id, linked)
        announce(session, "packages")
        ending = self._ending(session, claim, package_id)
        missing = self._still_missing(session, claim, loading, version_ids)
        if missing:
            raise MoreNeeded(missing)
        claims.end(session, claim, ending)

    def _still_missing(
        self, session: Session, claim: Claim, loading: Loading, version_ids: Mapping[str, UUID]
    ) -> set[str]:
        document = loading.fetched.document
        stored = edges.needed_versions(session, document.registry, document.name)
        needed = _needed(claim, stored, loading.index.latest())
        unloaded = edges.not_loaded(session, [version_ids[v] for v in needed & version_ids.keys()])
        return {
            version
            for version in needed
            if version_ids.get(version) in unloaded and version not in loading.edges
        }

    async def _finish_known(self, claim: Claim) -> bool:
        """Complete a request within the cooldown without fetching: queue only what is missing below.

        False if something the package itself needs is missing by now.
        """
        if await self._database.read(self._is_short, claim):
            # In a transaction of its own: for several together chains would be locked after requests.
            try:
                await self._database.write(self._store_known, claim)
            except MoreNeeded:
                return False
            return True

        def decide(session: Session) -> Ending | None:
            if claims.is_asked_for_more(session, claim):
                return None
            package_id = self._known_package(session, claim)
            return Ending("completed", package_id) if package_id is not None else None

        return await self._finishing.finish(claim, decide, locks_package=True) is not None

    def _is_short(self, session: Session, claim: Claim) -> bool:
        """Whether anything is missing below the package, for what is asked for by now."""
        claim = claims.as_asked_for_now(session, claim)
        package_id = self._known_package(session, claim)
        return package_id is not None and bool(needs_below(session, claim, package_id))

    def _store_known(self, session: Session, claim: Claim) -> None:
        """The transaction. MoreNeeded rolls it back."""
        lock_owned(session, [(claim.registry, claim.name)])
        claim = claims.as_asked_for_now(session, claim)
        package_id = self._known_package(session, claim)
        if package_id is None:
            raise MoreNeeded(set())
        ending = self._ending(session, claim, package_id)
        if self._known_package(session, claim) is None:
            raise MoreNeeded(set())
        claims.end(session, claim, ending)

    def _known_package(self, session: Session, claim: Claim) -> UUID | None:
        """The package, if it is fresh and has all that is needed of itself. RemovedByAdmin."""
        known = read_known(session, claim.registry, claim.name, self._cooldown)
        if known.is_deleted:
            raise RemovedByAdmin
        if not self._is_fresh(claim, known):
            return None
        named = {"registry": claim.registry, "name": claim.name}
        package_id: UUID = session.execute(sql.PACKAGE, named).one().id
        return package_id

    def _ending(self, session: Session, claim: Claim, package_id: UUID) -> Ending:
        """Queue what is missing below. MoreNeeded if someone asked for more just before the request was locked."""
        note = queue_dependencies(session, claim, package_id, self._bounds)
        if claims.is_asked_for_more(session, claim):
            raise MoreNeeded(set())
        return Ending("completed", package_id, code=BOUND_REACHED if note else None, message=note)

    def _report(self, claim: Claim, stage: Stage, done: int = 0, total: int | None = None) -> None:
        self._activity.report(
            Progress(claim.request_id, claim.registry, claim.name, Step(stage, done, total))
        )


def _needed(claim: Claim, needed: Collection[str], latest: str | None) -> set[str]:
    """Versions whose edges are wanted. For a person's request the latest one; for a dependency the versions
    that others resolved to, and its latest when it is opened."""
    if latest is None or (claim.is_auto_queued and needed):
        return set(needed)
    return {*needed, latest}


def _targets(loading: Loading) -> set[Target]:
    return {
        (edge.declared.registry, edge.declared.name)
        for found in loading.edges.values()
        for edge in found
    }
