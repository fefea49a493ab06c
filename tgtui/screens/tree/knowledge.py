"""What is known of a whole tree, unfolded or not: its closure, and what is worked out from it in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from tgtui.data.graph.finding import FindIndex, Hit, Only, Sieve
from tgtui.data.graph.tree import Overview, TreeQuery, find_index, overview
from tgtui.data.graph.weighing import Weighed, weigh
from tgtui.data.graph.why import Reason, ways_told
from tgtui.data.storage.reader import Reader
from tgtui.data.views.facts import Less
from tgtui.versions.npm.platform import Platform

MAX_WAYS = 100
"""Paths to a node that are shown."""


class TreeKnowledge:
    """The last look at the closure."""

    def __init__(self, read: Reader, platform: Callable[[], Platform]) -> None:
        """It is weighed for what `platform` says then."""
        self._read = read
        self.platform = platform
        self._weighed: Weighed | None = None
        self._overview: Overview | None = None
        self._index: FindIndex | None = None
        self._brings: dict[UUID, int] = {}

    def forget(self) -> None:
        """Another tree is shown."""
        self._overview = self._index = self._weighed = None
        self._brings = {}

    @property
    def seen(self) -> Overview | None:
        """The last look, None before the first."""
        return self._overview

    @property
    def weighed(self) -> Weighed | None:
        """What the last look's tree weighs; None of dependents, and if nothing is known of any of it."""
        weighed = self._weighed
        return weighed if weighed is not None and weighed.total.is_known else None

    @property
    def is_whole(self) -> bool:
        """At the last look nothing of the tree was missing or not loaded."""
        totals = self._overview.totals if self._overview is not None else None
        return totals is None or not (totals.not_loaded or totals.missing)

    async def look(self, query: TreeQuery) -> Overview:
        """Read it again."""
        found = await self._read(overview, query)
        weighed = None
        if not query.is_upwards:
            weighed = await self._read(weigh, found.closure, self.platform())
        self._overview, self._index, self._brings, self._weighed = found, None, {}, weighed
        return found

    async def of(self, query: TreeQuery) -> Overview:
        """The last look at this tree, or a first one."""
        found = self._overview
        return found if found is not None and found.query == query else await self.look(query)

    async def hits(self, query: TreeQuery, text: str) -> list[Hit]:
        """What has this name, the best match first."""
        found = await self.of(query)
        index = self._index
        if index is None:
            index = await self._read(find_index, found)
            if found is self._overview:
                self._index = index
        return await asyncio.to_thread(index.hits, text)

    async def sieve(self, query: TreeQuery, only: Only) -> Sieve:
        """For a filter."""
        found = await self.of(query)
        return await asyncio.to_thread(Sieve, found.closure, found.ends, only)

    async def brings(self, query: TreeQuery, version_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many packages each of these brings, and those asked about since the last look."""
        found, known = self._overview, self._brings
        if found is None or found.query != query:
            return {}
        wanted = [id for id in dict.fromkeys(version_ids) if id not in known]
        counts = await asyncio.to_thread(_counts, found, wanted)
        known.update(counts)
        return known

    async def brings_alone(self, query: TreeQuery, version_id: UUID) -> int | None:
        """How many packages removing this version would remove; None if that is not known."""
        found = self._overview
        if found is None or found.query != query or query.is_upwards:
            return None
        number = found.closure.number_of(version_id)
        if number is None:
            return None
        return await asyncio.to_thread(found.closure.brings_alone, number)

    async def less(self, query: TreeQuery, version_id: UUID) -> Less | None:
        """What would not be installed without this version; None if that is not known."""
        found, weighed = self._overview, self.weighed
        if found is None or weighed is None or found.query != query:
            return None
        return await asyncio.to_thread(weighed.without, version_id)

    async def ways(self, query: TreeQuery, version_id: UUID) -> Reason | None:
        """All paths to a version, in words; None if the tree no longer has it."""
        found = await self.of(query)
        number = found.closure.number_of(version_id)
        if number is None:
            return None
        return await self._read(
            ways_told, found.closure, number, MAX_WAYS, upwards=query.is_upwards
        )

    def way(self, version_id: UUID) -> list[UUID] | None:
        """Versions on a shortest path from right below the root, at the last look; None if it was not there."""
        found = self._overview
        number = found.closure.number_of(version_id) if found is not None else None
        if found is None or number is None:
            return None
        way = found.closure.way_to(number)
        is_whole = found.query.package_id is not None
        return [found.closure.id_of(step) for step in (way if is_whole else way[1:])]


def _counts(found: Overview, version_ids: Sequence[UUID]) -> dict[UUID, int]:
    closure = found.closure
    numbers = {id: closure.number_of(id) for id in version_ids}
    return {id: closure.brings(number) for id, number in numbers.items() if number is not None}
