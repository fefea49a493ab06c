"""The dialog to log in at the OpenID provider, with a code to enter in a browser on any device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.qr import qr_lines
from tgtui.basics.text import clean
from tgtui.identity.oidc.errors import StoreError
from tgtui.identity.oidc.keeping.store import Place
from tgtui.identity.oidc.protocol.client import DeviceCode
from tgtui.identity.oidc.session import LoginSession
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED

QR_STYLE = "#ffffff on #000000"
"""Scanners need these, in every theme."""
TEXT_LINES = 14
"""Lines the dialog needs beside the QR code, including its frame."""
FRAME_COLUMNS = 8


class LoginScreen(Dialog[None]):
    """Closes by itself after the login. Escape closes it before that, and no one is logged in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="login.close"),
        Binding("o", "open_page", "Open", id="login.open"),
        Binding("y", "copy_address", "Copy", id="login.copy"),
        Binding("n", "new_code", "New code", id="login.new"),
        Binding("s", "show_qr", "QR code", id="login.qr"),
        Binding("m", "keep('memory')", "Until tgtui exits", id="login.memory"),
        Binding("f", "keep('file')", "In a file", id="login.file"),
    ]

    def __init__(self, session: LoginSession) -> None:
        super().__init__("Log in", "")
        self._session = session
        self._code: DeviceCode | None = None
        self._drawing: list[str] = []
        """Its QR code, line by line."""
        self._problem = ""
        """Why there is no code, or why it is no longer valid."""
        self._trouble = ""
        """What delays the login at the moment."""
        self._needs_place = False
        self._place: Place = "keyring"
        self._only_qr = False

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="login-text")
        yield Static(id="login-qr")
        yield Static(id="login-state")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._draw)
        self.action_new_code()

    def on_resize(self) -> None:
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides keys that do nothing now."""
        if action in {"open_page", "copy_address"}:
            return self._code is not None
        if action == "show_qr":
            return self._qr_is_small
        if action == "new_code":
            return not self._needs_place
        if action == "keep":
            return self._needs_place
        return True

    def action_new_code(self) -> None:
        """Ask for another code; the previous one no longer works here."""
        self._code, self._problem, self._trouble = None, "", ""
        self._draw()
        self.start(self._log_in, failed=self._say_problem)

    def action_keep(self, place: Place) -> None:
        self._place, self._needs_place = place, False
        self.action_new_code()

    def action_open_page(self) -> None:
        if self._code is not None:
            self.app.open_url(self._code.full_address or self._code.address)

    def action_copy_address(self) -> None:
        if self._code is not None:
            address = self._code.full_address or self._code.address
            self.app.copy_to_clipboard(address)
            self.app.tell(f"Copied: {address}")

    def action_show_qr(self) -> None:
        self._only_qr = not self._only_qr
        self._draw()

    async def _log_in(self) -> None:
        await self._session.choose(self._place)
        code = self._code = await self._session.new_code()
        self._drawing = qr_lines(code.full_address or code.address)
        self._draw()
        await self._session.complete(code, self._hear)
        self.dismiss()  # the app shows who is logged in

    def _say_problem(self, error: TgtuiError) -> None:
        self._problem, self._needs_place = str(error), isinstance(error, StoreError)
        self._code, self._only_qr = None, False
        self._draw()

    def _hear(self, sentence: str) -> None:
        self._trouble = sentence
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#login-text", Static).update(self._text())
        qr = self.query_one("#login-qr", Static)
        qr.display = bool(self._qr) and (self._only_qr or not self._qr_is_small)
        qr.update(Content("\n").join(Content.styled(line, QR_STYLE) for line in self._qr))
        self.query_one("#login-text").display = not self._only_qr
        state = self.query_one("#login-state", Static)
        state.display = not self._only_qr
        state.update(self._state())
        dialog = self.query_one(".dialog", Vertical)
        dialog.border_subtitle = Content(self._keys())
        dialog.set_class(self._only_qr, "-qr")
        self.refresh_bindings()

    @property
    def _qr(self) -> list[str]:
        """Empty if it would not fit at all."""
        lines = self._drawing if self._code is not None else []
        fits = lines and len(lines) + 2 <= self.app.size.height
        return lines if fits and len(lines[0]) + FRAME_COLUMNS <= self.app.size.width else []

    @property
    def _qr_is_small(self) -> bool:
        """It fits, but not beside the text: a key shows it in place of the text."""
        return bool(self._qr) and len(self._qr) + TEXT_LINES > self.app.size.height

    def _text(self) -> Content:
        code = self._code
        if self._needs_place:
            return Content.assemble(
                safe(self._problem, 400, style="$text-warning"),
                "\n\nWhere should the login be kept?\n\n",
                _key(key("login.memory")),
                "  only until tgtui exits\n",
                _key(key("login.file")),
                "  in a file that only you can read",
            )
        if self._problem:
            return safe(self._problem, 600, style="$text-error")
        if code is None:
            return Content(f"Asking {clean(self._session.config.host, 60)} for a code…")
        parts: list[Content | str] = [
            "Open this address in a browser, on any device:\n\n  ",
            safe(code.address, 2_000, style="bold $text-accent"),
            "\n\nand enter the code  ",
            safe(code.user_code, 60, style="bold $text-success"),
        ]
        if code.full_address and self._qr and not self._qr_is_small:
            parts.append("\n\nor scan this, which contains the code:")
        return Content.assemble(*parts)

    def _state(self) -> Content:
        code = self._code
        if code is None:
            return Content("")
        if self._trouble:
            return safe(self._trouble, 600, style="$text-warning")
        seconds = max(0, int(self._session.seconds_left(code)))
        left = f"{seconds // 60}:{seconds % 60:02}"
        return Content.styled(f"Waiting for you · the code is valid for {left}", MUTED)

    def _keys(self) -> str:
        if self._needs_place:
            return f"{key('login.close')} closes"
        keys: list[str] = []
        if self._code is not None:
            keys += [f"{key('login.open')} opens the browser", f"{key('login.copy')} copies"]
        if self._qr_is_small:
            keys.append(f"{key('login.qr')} {'text' if self._only_qr else 'QR code'}")
        if self._problem:
            keys.append(f"{key('login.new')} asks for a new code")
        return " · ".join([*keys, f"{key('login.close')} closes"])


def _key(name: str) -> Content:
    return Content.styled(f"  {name}", "bold $text-accent")
