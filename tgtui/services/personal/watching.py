"""What the person who uses the program watches, and what is new of it. Roles are checked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics.formatting import counted
from tgtui.data.packages.watching import news, watches
from tgtui.data.versions.advisories.reading import malware_here
from tgtui.data.views.watching import NewsGlance, WatchedCursor, WatchedPage, WatchedRow
from tgtui.services.personal.keeping import Kept

NOTHING = NewsGlance(0, 0, ())


class Watched(Struct, frozen=True):
    """What became of packages that someone asked to watch, or no longer to watch."""

    is_watched: bool
    """They are, now."""
    changed: int
    """How many were not so before."""
    total: int

    def sentence(self, name: str) -> str:
        """`name` is that of the package if it is one."""
        of = name if self.total == 1 else counted(self.total, "package")
        if not self.is_watched:
            return f"You no longer watch {of}." if self.changed else f"You did not watch {of}."
        if not self.changed:
            return f"You watch {of} already."
        more = self.total - self.changed
        already = f" ({counted(more, 'package')} already)" if more else ""
        return f"You watch {of}{already}; what is new is shown on the search screen."


class Watching(Kept):
    """Without a login nothing is watched."""

    async def watch(self, package_ids: Sequence[UUID]) -> Watched:
        """UsageError if they are too many."""
        changed = await self._database.write(watches.watch, self._account(), package_ids)
        return Watched(True, changed, len(set(package_ids)))

    async def unwatch(self, package_ids: Sequence[UUID]) -> Watched:
        """What is new of them is forgotten."""
        changed = await self._database.write(watches.unwatch, self._account(), package_ids)
        return Watched(False, changed, len(set(package_ids)))

    async def unwatch_all(self) -> int:
        """How many were watched."""
        return await self._database.write(watches.unwatch, self._account())

    async def toggle(self, package_ids: Sequence[UUID]) -> Watched:
        """End watching these if all are watched, else watch them. UsageError if they are too many."""
        known = await self._database.read(watches.watched_among, self._account(), package_ids)
        if known.issuperset(package_ids):
            return await self.unwatch(package_ids)
        return await self.watch(package_ids)

    async def watched(self, package_id: UUID) -> WatchedRow | None:
        """The package with its news; None if the person does not watch it."""
        account_id = self._own
        if account_id is None:
            return None
        return await self._database.read(watches.watched_row, account_id, package_id)

    async def glance(self) -> NewsGlance:
        """What is new, in a line, and the alarm for malware, which is everybody's."""
        account_id = self._own
        glance = NOTHING
        if account_id is not None:
            glance = await self._database.read(watches.news_glance, account_id)
        return replace(glance, malware=await self._database.read(malware_here))

    async def page(
        self, after: WatchedCursor | None = None, *, only_news: bool = False
    ) -> WatchedPage:
        """What has news first, the latest first; then the others by name."""
        account_id = self._own
        if account_id is None:
            return WatchedPage((), None)
        return await self._database.read(
            watches.watched_page, account_id, after=after, only_news=only_news
        )

    async def unseen(self) -> dict[UUID, datetime]:
        """When the last news of each package that has any came in: what `mark_seen` takes."""
        account_id = self._own
        return {} if account_id is None else await self._database.read(news.unseen, account_id)

    async def mark_seen(self, seen: Mapping[UUID, datetime]) -> int:
        """How many of these had news. What came in since stays."""
        return await self._database.write(news.mark_seen, self._account(), seen)
