"""Chooses a version for every edge, by the rules of the registry the edge points into.

What an install would bring is looked up in the registry. The rest (dev dependencies, optional peers) is
resolved against what the catalogue knows, now or when its package arrives.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED, is_own_resolution
from tgtui.data.views.requests import Target
from tgtui.registries.base import (
    DeclaredDependency,
    Environment,
    FetchedDocument,
    HostDown,
    InvalidName,
    NotFound,
    PackageDocument,
    RegistryError,
)
from tgtui.registries.indexes.indexed import IndexEdge
from tgtui.registries.registration import registration
from tgtui.versions.rules import NotPicked, VersionIndex
from tgtui.worker.ingest.documents import Documents

NOT_IN_ENVIRONMENT = "It is not among what would be installed."
FEW_VERSIONS = 200
"""Sorted without a thread, whose start costs more: a millisecond."""
MEMORY_VERSIONS = 60_000
"""Versions of all packages whose order is kept in memory, about 30 MB."""


class ResolvedEdge(Struct, frozen=True):
    """A declared edge with the version its registry's client would choose."""

    declared: DeclaredDependency
    resolved_version: str
    error: str | None = None
    is_final: bool = True
    """False if the registry could not answer: requesting the package again tries again."""
    is_unknown: bool = False
    """The registry did not answer about the package: what the catalogue has of it stands."""
    alternatives: str | None = None
    """What else satisfies it: see `registries/indexes/alternatives.py`."""

    @property
    def target(self) -> Target:
        """What it leads to."""
        return self.declared.registry, self.declared.name

    @property
    def is_followed(self) -> bool:
        """An install fetches the version it resolved to."""
        return (
            self.resolved_version != UNRESOLVED
            and is_installed(self.declared)
            and not is_own_resolution(self.declared.registry, self.resolved_version)
        )


class VersionIndexes:
    """The versions of recently used packages, ready to pick from; bounded, least recently used dropped first."""

    def __init__(self, budget: int = MEMORY_VERSIONS) -> None:
        self._budget = budget
        self._size = 0
        self._kept: OrderedDict[Target, tuple[datetime, VersionIndex]] = OrderedDict()

    def get(self, fetched: FetchedDocument) -> VersionIndex | None:
        """The index of this exact document; None if it was dropped or made from an older one."""
        key = (fetched.document.registry, fetched.document.name)
        kept = self._kept.get(key)
        if kept is None or kept[0] != fetched.fetched_at:
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def peek(self, target: Target) -> tuple[datetime, VersionIndex] | None:
        """When a package was fetched, and its index, of any age; None if there is none."""
        return self._kept.get(target)

    def put(self, fetched: FetchedDocument, index: VersionIndex) -> None:
        """Keep it, and drop the least recently used."""
        key = (fetched.document.registry, fetched.document.name)
        self._forget(key)
        self._kept[key] = (fetched.fetched_at, index)
        self._size += len(index)
        while self._size > self._budget and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Target) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= len(kept[1])


def index_of(document: PackageDocument) -> VersionIndex:
    """What a pick needs of a document."""
    return registration(document.registry).rules.index(
        [version.version for version in document.versions],
        document.dist_tags,
        {version.version for version in document.versions if version.is_yanked},
        {v.version: v.engines_node for v in document.versions if v.engines_node},
    )


class Resolver:
    """Resolves the edges of one package after another, and remembers the indexes it used."""

    def __init__(self, documents: Documents, *, node_version: str | None) -> None:
        self._indexes = VersionIndexes()
        self._documents = documents
        self._node_version = node_version

    async def resolve(
        self,
        edges: Sequence[DeclaredDependency],
        known: Mapping[Target, VersionIndex],
        on_progress: Callable[[int, int], None],
        *,
        is_last_try: bool,
    ) -> list[ResolvedEdge]:
        """One answer per edge, in order. `known` serves the edges that are not looked up.

        Raises RegistryError if a registry can't answer now: the whole package is then retried later. At the
        last attempt a broken target does not fail the package: its edge is unresolved and says why.
        """
        answers = await self._documents.resolve(edges)
        elsewhere = {
            place: _elsewhere(edge) for place, edge in enumerate(edges) if place not in answers
        }
        targets = {
            (edges[place].registry, edges[place].name)
            for place, answer in elsewhere.items()
            if answer is None and is_installed(edges[place])
        }
        indexes = await self._look_up(sorted(targets), on_progress, is_last_try)
        chosen: dict[tuple[Target, str], tuple[str, str | None]] = {}
        return [
            _from_index(answers[place])
            if place in answers
            else elsewhere[place] or self._answer(edge, indexes, known, chosen)
            for place, edge in enumerate(edges)
        ]

    def remembered(self, targets: Iterable[Target]) -> dict[Target, VersionIndex]:
        """The indexes of those packages that were used recently."""
        found = {target: self._indexes.peek(target) for target in targets}
        return {target: kept[1] for target, kept in found.items() if kept is not None}

    async def index(self, fetched: FetchedDocument) -> VersionIndex:
        """Built in a thread if there are many versions to parse and sort: thousands would stop the loop."""
        index = self._indexes.get(fetched)
        if index is None:
            document = fetched.document
            is_small = len(document.versions) <= FEW_VERSIONS
            index = index_of(document) if is_small else await asyncio.to_thread(index_of, document)
            self._indexes.put(fetched, index)
        return index

    async def _look_up(
        self,
        targets: Sequence[Target],
        on_progress: Callable[[int, int], None],
        is_last_try: bool,
    ) -> dict[Target, VersionIndex | RegistryError]:
        found: dict[Target, VersionIndex | RegistryError] = {}
        on_progress(0, len(targets))

        async def look_up(target: Target) -> None:
            try:
                found[target] = await self._index_of(target)
            except RegistryError as error:
                gives_up = is_last_try and not isinstance(error, HostDown)
                if not (error.is_permanent or gives_up):
                    raise
                found[target] = error
            on_progress(len(found), len(targets))

        try:
            async with asyncio.TaskGroup() as group:
                for target in targets:
                    group.create_task(look_up(target))
        except ExceptionGroup as failures:
            raise _worst(failures) from failures
        return found

    async def _index_of(self, target: Target) -> VersionIndex:
        """Without its document, if the index made of it still stands: hundreds of packages ask for the same few."""
        kept = self._indexes.peek(target)
        if kept is not None and self._documents.stands(target, kept[0]):
            return kept[1]
        return await self.index(await self._documents.fetch(*target))

    def _answer(
        self,
        edge: DeclaredDependency,
        looked_up: Mapping[Target, VersionIndex | RegistryError],
        known: Mapping[Target, VersionIndex],
        chosen: dict[tuple[Target, str], tuple[str, str | None]],
    ) -> ResolvedEdge:
        target = (edge.registry, edge.name)
        index = looked_up.get(target) or known.get(target)
        if index is None:
            return ResolvedEdge(edge, UNRESOLVED, NOT_LOOKED_UP)
        if isinstance(index, RegistryError):
            return ResolvedEdge(
                edge,
                UNRESOLVED,
                str(index),
                is_final=index.is_permanent,
                is_unknown=not isinstance(index, NotFound | InvalidName),
            )
        key = (target, edge.range)
        if key not in chosen:
            chosen[key] = choose(index, edge.range, self._node_version)
        return ResolvedEdge(edge, *chosen[key])


def choose(index: VersionIndex, wanted: str, node_version: str | None) -> tuple[str, str | None]:
    """(version, None), or (`unresolved`, why)."""
    picked = index.pick(wanted, node_version)
    if isinstance(picked, NotPicked):
        return UNRESOLVED, picked.reason
    return picked.version, None


def in_environment(
    edge: DeclaredDependency, environment: Environment, known: Mapping[Target, VersionIndex]
) -> ResolvedEdge:
    """The choice for an edge in the environment of its own version; what an install does not follow is chosen alone."""
    if (leaving := _elsewhere(edge)) is not None:
        return leaving
    if not is_installed(edge):
        index = known.get((edge.registry, edge.name))
        if index is None:
            return ResolvedEdge(edge, UNRESOLVED, NOT_LOOKED_UP)
        return ResolvedEdge(edge, *choose(index, edge.range, None))
    version = next((m.version for m in environment.members if m.name == edge.name), None)
    if version is not None:
        return ResolvedEdge(edge, version)
    return ResolvedEdge(edge, UNRESOLVED, environment.error or NOT_IN_ENVIRONMENT)


def _elsewhere(edge: DeclaredDependency) -> ResolvedEdge | None:
    """The answer for an edge that leaves the registry or can't be parsed; None if the registry must be asked."""
    found = registration(edge.registry).rules.elsewhere(edge.declared_name or edge.name, edge.range)
    if isinstance(found, NotPicked):
        return ResolvedEdge(edge, UNRESOLVED, found.reason)
    return None if found is None else ResolvedEdge(edge, found)


def _from_index(answer: IndexEdge) -> ResolvedEdge:
    return ResolvedEdge(
        answer.declared,
        answer.version or UNRESOLVED,
        answer.error,
        alternatives=answer.alternatives or None,
    )


def is_installed(edge: DeclaredDependency) -> bool:
    """Runtime, optional installed by default, required peers; the same rule as `data.versions.edges.installed`."""
    if edge.type == "peer":
        return not edge.is_optional
    return edge.type in {"runtime", "optional"}


def _worst(failures: ExceptionGroup[Exception]) -> Exception:
    """The registry's error that asks for the longest wait, or a bug if there is one among them."""
    errors: list[RegistryError] = []
    for error in _leaves(failures):
        if not isinstance(error, RegistryError):
            return error
        errors.append(error)
    return max(errors, key=lambda error: error.retry_after or 0.0)


def _leaves(group: ExceptionGroup[Exception]) -> Iterable[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
