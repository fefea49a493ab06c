"""Saved searches of the person who uses the program. Roles are checked here."""

from __future__ import annotations

from tgtui.data.search import saved
from tgtui.data.views.searches import SavedSearchRow
from tgtui.services.personal.keeping import Kept


class SavedSearches(Kept):
    """Under names."""

    async def own(self) -> list[SavedSearchRow]:
        """The person's own, by name; empty without an account."""
        account_id = self._own
        if account_id is None:
            return []
        return await self._database.read(saved.saved_searches, account_id)

    async def save(self, name: str, query: str) -> None:
        """Save a search under a name. UsageError if the name or the search is not usable."""
        await self._database.write(saved.save_search, self._account(), name, query)

    async def forget(self, name: str) -> bool:
        """False if there was none of this name."""
        return await self._database.write(saved.forget_search, self._account(), name)
