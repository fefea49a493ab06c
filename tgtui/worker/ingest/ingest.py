"""Works on one claimed request, from fetching its document to completing it.

Network and decoding come first, outside any transaction. Then one transaction, which it may share with others that
are ready (`writing.py`), writes the package, its versions, its edges, the requests for what an install would bring,
and the request's own completion.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from tgtui.basics import clock
from tgtui.data.access.limits import RememberedFailure
from tgtui.data.storage.database import Database
from tgtui.data.views.requests import Stage, Step, Target
from tgtui.registries.adapters import Registries
from tgtui.registries.base import DeclaredDependency, FetchProgress
from tgtui.versions.rules import VersionIndex
from tgtui.worker.events import Activity, Progress
from tgtui.worker.ingest import edges
from tgtui.worker.ingest.autoqueue import needs_below
from tgtui.worker.ingest.documents import Documents
from tgtui.worker.ingest.known import Known, read_known
from tgtui.worker.ingest.loading import ForcedMeanwhile, Loading, MoreNeeded, RemovedByAdmin
from tgtui.worker.ingest.resolution import Resolver, in_environment, is_installed
from tgtui.worker.ingest.rooms import Bounds
from tgtui.worker.ingest.writing import Policy, Writing, completed, needed_of
from tgtui.worker.locks import lock_packages
from tgtui.worker.queue import claims
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.finishing import Finishing
from tgtui.worker.queue.gathering import Gathering
from tgtui.worker.queue.settling import Ending

MAX_WAITING_BYTES = 64 << 20
"""Bytes of documents that wait to be written."""
MAX_ROUNDS = 20
"""How often more versions may become needed while the package is written, before it is retried later."""

Indexes: TypeAlias = Mapping[Target, VersionIndex]
"""Of packages in the catalogue."""


class AskedLately(Exception):
    """The registry refused the package within the cooldown and is not asked again."""

    def __init__(self, failure: RememberedFailure) -> None:
        super().__init__(failure.message)
        self.code = failure.code


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
        on_ready: Callable[[], None],
        finishing: Finishing,
    ) -> None:
        """`on_ready` is called when a package only waits to be written: another one may be fetched."""
        self._database = database
        self._finishing = finishing
        self._on_ready = on_ready
        self._activity = activity
        self._cooldown = cooldown
        self._max_attempts = max_attempts
        self._bounds = bounds
        self._looking: Gathering[Target, Known] = Gathering("tgtui-looking", self._read_known)
        self._indexing: Gathering[Collection[Target], Indexes] = Gathering(
            "tgtui-indexing", self._read_indexes
        )
        self._at_work = 0
        self._writing = Writing(database, Policy(bounds, node_version), self._is_more_coming)
        self._documents = Documents(registries, cooldown, on_answer)
        self._resolver = Resolver(self._documents, node_version=node_version)

    async def work_on(self, claim: Claim) -> None:
        """Work on the request until it is completed. RegistryError, AskedLately, LeaseLost, RemovedByAdmin."""
        self._at_work += 1
        try:
            await self._complete(claim)
        finally:
            self._at_work -= 1

    async def _complete(self, claim: Claim) -> None:
        known = await self._looking.put((claim.registry, claim.name))
        if known.is_deleted:
            raise RemovedByAdmin
        if self._is_fresh(claim, known) and await self._finish_known(claim):
            return
        if known.failure is not None and not claim.is_forced:
            raise AskedLately(known.failure)
        loading = await self._fetch(claim)
        if loading.package != (claim.registry, claim.name):  # requested by an alias or an old name
            known = await self._looking.put(loading.package)
        wanted = self._wanted(loading, known)
        for _round in range(MAX_ROUNDS):
            await self._resolve(loading, wanted)
            self._report(claim, "writing")
            self._on_ready()
            try:
                await self._writing.write(loading)
            except MoreNeeded as more:
                wanted = more.versions
            except ForcedMeanwhile as forced:
                await self._complete(forced.claim)
                return
            else:
                return
        raise RuntimeError(f"{claim.registry}:{claim.name} was needed in more and more versions")

    def being_written(self) -> list[Claim]:
        """What is being written, or waits to be."""
        return self._writing.claims()

    @property
    def is_full(self) -> bool:
        """What waits to be written takes so much memory that nothing more may be fetched."""
        return self._writing.weight() > MAX_WAITING_BYTES

    async def close(self) -> None:
        """Wait for what is being written."""
        await self._writing.close()

    def _is_more_coming(self) -> bool:
        """Something is being fetched that will be written soon."""
        return self._at_work > len(self.being_written())

    async def _read_indexes(self, each: Sequence[Collection[Target]]) -> list[Indexes]:
        """One answer for all, since what one did not ask for does it no harm."""
        known = await self._database.read(edges.known_indexes, set[Target]().union(*each))
        return [known] * len(each)

    async def _read_known(self, packages: Sequence[Target]) -> list[Known]:
        known = await self._database.read(read_known, packages, self._cooldown)
        return [known[package] for package in packages]

    def _is_fresh(self, claim: Claim, known: Known) -> bool:
        if claim.is_forced or known.last_success is None or known.latest is None:
            return False
        is_recent = clock.is_within(known.last_success, self._cooldown)
        return is_recent and needed_of(claim, known.needed, known.latest) <= known.loaded.keys()

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
        needed = needed_of(loading.claim, known.needed, loading.index.latest())
        fetched_at = loading.fetched.fetched_at
        return {
            version
            for version in needed
            if version in loading.index.versions
            and (
                loading.extras or version not in known.loaded or known.loaded[version] < fetched_at
            )
        }

    async def _resolve(self, loading: Loading, versions: set[str]) -> None:
        ordered = sorted(versions)
        declared = await self._documents.dependencies(loading.fetched, ordered)
        flat = [edge for version in ordered for edge in declared[version]]
        known = await self._known_indexes(flat)

        def on_progress(done: int, total: int) -> None:
            self._report(loading.claim, "resolving", done, total)

        environments = await self._documents.environments(loading.fetched, ordered, loading.extras)
        if environments:
            loading.environments |= environments
            for version in ordered:
                whole = environments[version][""]
                loading.edges[version] = [
                    in_environment(e, whole, known) for e in declared[version]
                ]
            return
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
            known |= await self._indexing.put(targets - known.keys())
        return known

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

        def decide(connection: Connection) -> Ending | None:
            if claims.asked_for_more(connection, [claim]):
                return None
            package_id = self._known_package(connection, claim)
            return Ending("completed", package_id) if package_id is not None else None

        return await self._finishing.finish(claim, decide, locks_package=True) is not None

    def _is_short(self, connection: Connection, claim: Claim) -> bool:
        """Whether anything is missing below the package, for what is asked for by now."""
        now = claims.as_asked_for_now(connection, [claim]).get(claim)
        package_id = self._known_package(connection, now) if now is not None else None
        return (
            now is not None
            and package_id is not None
            and any(needs_below(connection, {now: package_id}).values())
        )

    def _store_known(self, connection: Connection, claim: Claim) -> None:
        """The transaction. MoreNeeded rolls it back. LeaseLost."""
        lock_packages(connection, [(claim.registry, claim.name)])
        now = claims.as_asked_for_now(connection, [claim]).get(claim)
        if now is None:
            raise LeaseLost(f"{claim.registry}:{claim.name}")
        package_id = self._known_package(connection, now)
        if package_id is None:
            raise MoreNeeded(set())
        endings = completed(connection, {now: package_id}, self._bounds)
        if claims.asked_for_more(connection, [now]) or self._known_package(connection, now) is None:
            raise MoreNeeded(set())
        claims.end(connection, now, endings[now])

    def _known_package(self, connection: Connection, claim: Claim) -> UUID | None:
        """The package, if it is fresh and has all that is needed of itself. RemovedByAdmin."""
        package = claim.registry, claim.name
        known = read_known(connection, [package], self._cooldown)[package]
        if known.is_deleted:
            raise RemovedByAdmin
        return known.id if self._is_fresh(claim, known) else None

    def _report(self, claim: Claim, stage: Stage, done: int = 0, total: int | None = None) -> None:
        self._activity.report(
            Progress(claim.request_id, claim.registry, claim.name, Step(stage, done, total))
        )
