"""Saved searches of the person who uses the program. Roles are checked here."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from tgtui.data.search import saved
from tgtui.data.storage.database import Database
from tgtui.data.views.logins import Role
from tgtui.data.views.searches import SavedSearchRow
from tgtui.identity.people import Principal


class SavedSearches:
    """Methods that change something raise NotAllowed without a login."""

    def __init__(
        self,
        database: Database,
        principal: Callable[[], Principal],
        *,
        require: Callable[[Role], None],
    ) -> None:
        """`principal` returns the current person, `require` raises NotAllowed without a role."""
        self._database = database
        self._principal = principal
        self._require = require

    async def own(self) -> list[SavedSearchRow]:
        """The person's own, by name; empty without an account."""
        account_id = self._principal().account_id
        return (
            []
            if account_id is None
            else await self._database.read(saved.saved_searches, account_id)
        )

    async def save(self, name: str, query: str) -> None:
        """Save a search under a name. UsageError if the name or the search is not usable."""
        await self._database.write(saved.save_search, self._account(), name, query)

    async def forget(self, name: str) -> bool:
        """False if there was none of this name."""
        return await self._database.write(saved.forget_search, self._account(), name)

    def _account(self) -> UUID:
        self._require("authenticated")
        account_id = self._principal().account_id
        assert account_id is not None  # anyone who may do more than read has one
        return account_id
