"""The dialog that shows who you are here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.formatting import until
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.services.login import KEPT_IN, WhoAmI
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED

if TYPE_CHECKING:
    from datetime import datetime

    from tgtui.identity.oidc.session import LoginSession

LABEL_WIDTH = 10
NO_PROVIDER = (
    "The settings name no OpenID provider (oidc.issuer), so there is nothing to log in to."
)


class AccountScreen(Dialog[None]):
    """Who is logged in, from where, with which roles and why. `x` logs out, if one can log in at all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,L", "dismiss", "Close", id="account.close"),
        Binding("x", "log_out", "Log out", id="account.log_out"),
    ]

    def __init__(self, session: LoginSession | None, who: WhoAmI) -> None:
        """`session` is None without an OpenID provider."""
        closes = f"{key('account.close')} closes"
        super().__init__(
            "Your account",
            f"{key('account.log_out')} logs out · {closes}" if session is not None else closes,
        )
        self._session = session
        self._who = who

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="account")

    def on_mount(self) -> None:
        self.query_one("#account", Static).update(self._text())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._session is not None if action == "log_out" else True

    def action_log_out(self) -> None:
        if self._session is not None:
            work = partial(self._log_out, self._session)
            self.act(work, failed=lambda error: self._leave([str(error)]))

    async def _log_out(self, session: LoginSession) -> None:
        self._leave(await session.log_out())

    def _text(self) -> Content:
        now = self._session.now() if self._session is not None else self.app.now()
        text = account_text(self._who, now)
        return text if self._session is not None else Content.assemble(text, "\n\n", NO_PROVIDER)

    def _leave(self, problems: Iterable[str]) -> None:
        for problem in problems:
            self.app.tell(problem, "warning")
        self.dismiss()


def account_text(who: WhoAmI, now: datetime) -> Content:
    """A line for each known fact."""
    ends = "" if who.until is None else f"{who.until.astimezone():%H:%M}, {until(who.until, now)}"
    if who.until is not None and who.is_renewed:
        ends += ", then renewed"
    lines = [
        ("name", who.name or "no one"),
        ("from", who.source),
        ("roles", who.roles_in_words),
        *(("because" if number == 0 else "", each) for number, each in enumerate(who.because)),
        ("until", ends),
        ("kept in", KEPT_IN.get(who.kept_in or "", "")),
        ("", who.notice),
    ]
    return Content("\n").join(
        Content.styled(label.ljust(LABEL_WIDTH), MUTED).append(safe(text, 600))
        for label, text in lines
        if text
    )
