"""What all that people keep for themselves has in common: whose it is, and that only whoever has an account keeps anything."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from tgtui.data.storage.database import Database
from tgtui.data.views.logins import Role
from tgtui.identity.people import Principal


class Kept:
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

    def require(self) -> None:
        """NotAllowed for whoever can keep nothing."""
        self._require("authenticated")

    @property
    def _own(self) -> UUID | None:
        """The account of whoever uses the program; None without one."""
        return self._principal().account_id

    def _account(self) -> UUID:
        """The same. NotAllowed without one."""
        self.require()
        account_id = self._own
        assert account_id is not None  # anyone who may do more than read has one
        return account_id
