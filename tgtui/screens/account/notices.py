"""The notices people get when who is logged in, or their roles, change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tgtui.identity.people import Principal
from tgtui.screens.base.telling import Tell
from tgtui.services.login import roles_in_words
from tgtui.widgets.keys import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tgtui.services.catalogue import Catalogue

LOOK_AROUND = "You can read everything without logging in. To ask for packages, press {} to log in (outside the search line)."
PROBLEM_S = 10
"""How long a notice stays that says what is wrong."""


class LoginNotices:
    """Follows who is logged in, and says so whenever that changes."""

    def __init__(self, catalogue: Catalogue, tell: Tell, *, changed: Callable[[], None]) -> None:
        """`changed` is called after each notice."""
        assert catalogue.session is not None
        assert catalogue.following is not None
        self._catalogue = catalogue
        self._session = catalogue.session
        self._tell = tell
        self._changed = changed
        self._shown = catalogue.principal
        self._was_there: bool | None = None
        """Someone was logged in before the start, and knows it; None until that is known."""
        catalogue.following.people.add(self._show)

    def _show(self) -> None:
        before, self._shown = self._shown, self._catalogue.principal
        self._notify(before, self._shown)
        self._changed()

    def _notify(self, before: Principal, now: Principal) -> None:
        """One sentence at most."""
        words = f"{now.display_name}: {roles_in_words(now.roles)}."
        if self._session.notice:
            self._was_there = False
            self._tell(self._session.notice, "warning", timeout=PROBLEM_S)
        elif self._session.person.identity is None:
            self._was_there = False
            if before.can("authenticated"):
                self._tell("You are logged out; you can still read everything.")
            elif now.hint:
                self._tell(LOOK_AROUND.format(key("app.log_in")))
        elif self._was_there is None:
            self._was_there = True
        elif before.can("authenticated") and before.display_name == now.display_name:
            if before.roles != now.roles:
                self._tell(f"Your roles have changed. {words}")
        elif self._was_there:
            self._was_there = False
        else:
            self._tell(f"Logged in. {words}")
