"""Fetches documents for the worker: reports hosts that answered, and does not fetch an unusable document twice."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from tgtui.basics import clock
from tgtui.data.views.requests import Target
from tgtui.registries.adapters import Registries
from tgtui.registries.base import (
    DeclaredDependency,
    Environment,
    FetchedDocument,
    LoadsVersions,
    PackageDocument,
    ProgressCallback,
    RegistryError,
    ResolvesWhole,
    Unreachable,
)
from tgtui.registries.indexes.indexed import IndexEdge, IndexedRegistry

MAX_REMEMBERED = 1_000
"""Failures kept in memory; the oldest are dropped."""
FEW_VERSIONS = 3
"""Read without a thread, whose start costs more. Each has 2,000 edges at most, which take some milliseconds."""


class Documents:
    """Fetches through the registries' adapters, for all requests of one worker."""

    def __init__(
        self, registries: Registries, cooldown: timedelta, on_answer: Callable[[str], None]
    ) -> None:
        """`on_answer(host)` is called when a registry's host has answered, even with an error."""
        self._registries = registries
        self._cooldown = cooldown
        self._on_answer = on_answer
        self._failures: dict[tuple[str, str], tuple[datetime, RegistryError]] = {}

    async def fetch(
        self,
        registry: str,
        name: str,
        *,
        is_forced: bool = False,
        on_progress: ProgressCallback | None = None,
    ) -> FetchedDocument:
        """The registry's answer within the cooldown, else a new one. Raises RegistryError."""
        key = (registry, name)
        if not is_forced and (failure := self._remembered(key)) is not None:
            raise failure.with_traceback(None)
        adapter = self._registries.get(registry)
        adapter.validate_name(name)
        max_age = 0.0 if is_forced else self._cooldown.total_seconds()
        try:
            fetched = await adapter.fetch(name, max_age=max_age, on_progress=on_progress)
        except RegistryError as error:
            if error.host is not None and not isinstance(error, Unreachable):
                self._on_answer(error.host)
            if error.is_permanent:
                self._remember(key, error)
            raise
        self._failures.pop(key, None)
        if not fetched.from_cache:
            self._on_answer(self._registries.lane_of(registry, name).host)
        return fetched

    def stands(self, package: Target, fetched_at: datetime) -> bool:
        """Whether `fetch` would answer with what was fetched then."""
        return self._remembered(package) is None and clock.is_within(fetched_at, self._cooldown)

    async def dependencies(
        self, fetched: FetchedDocument, versions: Sequence[str]
    ) -> Mapping[str, Sequence[DeclaredDependency]]:
        """The declared edges of these versions. Raises RegistryError."""
        adapter = self._registries.get(fetched.document.registry)
        if isinstance(adapter, LoadsVersions):
            return await adapter.load(fetched, versions)
        document = fetched.document
        if len(versions) <= FEW_VERSIONS:
            return _declared(document, versions)
        return await asyncio.to_thread(_declared, document, versions)

    async def environments(
        self, fetched: FetchedDocument, versions: Sequence[str], extras: str
    ) -> dict[str, dict[str, Environment]]:
        """By version and then by extras what would be installed for each, without extras and with these. Empty if the
        registry's client does not choose for all that a root brings. Raises RegistryError."""
        adapter = self._registries.get(fetched.document.registry)
        if not isinstance(adapter, ResolvesWhole):
            return {}
        asked = list(dict.fromkeys(("", extras)))
        found = await asyncio.gather(
            *(adapter.environment(fetched, version, each) for version in versions for each in asked)
        )
        answers = iter(found)
        return {version: {each: next(answers) for each in asked} for version in versions}

    async def resolve(self, edges: Sequence[DeclaredDependency]) -> dict[int, IndexEdge]:
        """Answers for edges into registries that have one index, by their positions."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, edge in enumerate(edges):
            places[edge.registry].append(place)
        answers: dict[int, IndexEdge] = {}
        for registry, into in places.items():
            adapter = self._registries.get(registry)
            if isinstance(adapter, IndexedRegistry):
                index = await adapter.index(max_age=self._cooldown.total_seconds())
                found = await asyncio.to_thread(index.resolve, [edges[place] for place in into])
                answers.update(zip(into, found, strict=True))
        return answers

    def _remembered(self, key: tuple[str, str]) -> RegistryError | None:
        since, error = self._failures.get(key, (None, None))
        if since is None or not clock.is_within(since, self._cooldown):
            return None
        return error

    def _remember(self, key: tuple[str, str], error: RegistryError) -> None:
        self._failures.pop(key, None)
        self._failures[key] = clock.now(), error
        while len(self._failures) > MAX_REMEMBERED:
            del self._failures[next(iter(self._failures))]


def _declared(
    document: PackageDocument, versions: Sequence[str]
) -> dict[str, Sequence[DeclaredDependency]]:
    return {version: document.dependencies_of(version) for version in versions}
