"""Who one is here: the dialog that says it, and the notices when that changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import until
from tgtui.basics.text import clean
from tgtui.identity.people import Principal
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.services.login import WhoAmI, roles_in_words, who_am_i
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tgtui.services.catalogue import Catalogue

LABEL_WIDTH = 10
LOOK_AROUND = "Everything can be read without a login. To ask for packages, log in: ctrl+p, Log in."
KEPT_IN = {
    "keyring": "the system's keyring",
    "file": "a file that only you may read",
    "memory": "nowhere: it ends with tgtui",
}


class AccountScreen(Dialog[None]):
    """Who is logged in, from where, with which roles and why; `x` logs out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="account.close"),
        Binding("x", "log_out", "Log out", id="account.log_out"),
    ]

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__("Who you are here", "x logs out · esc closes")
        self._catalogue = catalogue

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="account")

    def on_mount(self) -> None:
        catalogue = self._catalogue
        who = who_am_i(
            catalogue.principal, catalogue.session, is_sqlite=catalogue.database.is_sqlite
        )
        self.query_one("#account", Static).update(account_text(who, self._now()))

    def action_log_out(self) -> None:
        self.run_worker(self._log_out(), exclusive=True)

    async def _log_out(self) -> None:
        session = self._catalogue.session
        assert session is not None  # the screen is offered only where somebody logged in
        try:
            problems = await session.log_out()
        except TgtuiError as error:
            problems = [str(error)]
        for problem in problems:
            self.app.notify(clean(problem), markup=False, severity="warning")
        self.dismiss()

    def _now(self) -> datetime:
        assert self._catalogue.session is not None
        return self._catalogue.session.now()


def account_text(who: WhoAmI, now: datetime) -> Content:
    """A line for each thing that is known."""
    ends = "" if who.until is None else f"{who.until.astimezone():%H:%M}, {until(who.until, now)}"
    if who.until is not None and who.is_renewed:
        ends += ", then renewed"
    lines = [
        ("name", who.name or "nobody"),
        ("from", who.source),
        ("roles", who.roles_in_words),
        *(("because" if number == 0 else "", each) for number, each in enumerate(who.because)),
        ("until", ends),
        ("kept in", KEPT_IN.get(who.kept_in or "", "")),
        ("", who.notice),
    ]
    return Content("\n").join(
        Content.styled(label.ljust(LABEL_WIDTH), MUTED).append(safe(text, 300))
        for label, text in lines
        if text
    )


class ShownPeople:
    """Tells people who is there whenever that changes. What was typed, and where one is, stays; other keys work."""

    def __init__(self, app: App[int], catalogue: Catalogue, changed: Callable[[], object]) -> None:
        """`changed` is called, too, after each change."""
        assert catalogue.session is not None
        assert catalogue.following is not None
        self._app = app
        self._catalogue = catalogue
        self._session = catalogue.session
        self._shown = catalogue.principal
        self._was_there: bool | None = None
        """Somebody was logged in before the start, and knows it; None until that is known."""
        self._changed = changed
        catalogue.following.people.add(self._show)

    def _show(self) -> None:
        before, self._shown = self._shown, self._catalogue.principal
        self._notify(before, self._shown)
        self._changed()
        for screen in self._app.screen_stack:
            screen.refresh_bindings()
            if isinstance(screen, BaseScreen):
                screen.draw_frame()
                screen.hint()

    def _notify(self, before: Principal, now: Principal) -> None:
        """One sentence at most."""
        words = clean(f"{now.display_name}: {roles_in_words(now.roles)}.")
        if self._session.notice:
            self._was_there = False
            notice = clean(self._session.notice)
            self._app.notify(notice, markup=False, severity="warning", timeout=10)
        elif self._session.person.identity is None:
            self._was_there = False
            if before.can("ask"):
                self._app.notify("You are logged out; everything can still be read.", markup=False)
            elif now.hint:
                self._app.notify(LOOK_AROUND, markup=False)
        elif self._was_there is None:
            self._was_there = True
        elif before.can("ask") and before.display_name == now.display_name:
            if before.roles != now.roles:
                self._app.notify(f"Your roles have changed. {words}", markup=False)
        elif self._was_there:
            self._was_there = False
        else:
            self._app.notify(f"Logged in. {words}", markup=False)
