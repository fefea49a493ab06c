"""The dialog to ask for a package."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tgtui.screens.dialogs.line import LineScreen
from tgtui.syntax.reference import parse_reference
from tgtui.widgets.content import safe

EXAMPLES = "express   npm:@babel/core   pkg:npm/express"


class AskScreen(LineScreen, inherit_bindings=False):
    """Returns the text, which names a package; None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="ask.close")]

    def __init__(self, text: str) -> None:
        super().__init__(
            "Ask for a package",
            "enter asks",
            text,
            _judge,
            placeholder=EXAMPLES,
            empty=Content("It is fetched with all its dependencies."),
        )


def _judge(text: str) -> Content:
    reference = parse_reference(text)
    return Content.assemble("Asks for ", safe(reference.package, style="bold $text-success"))
