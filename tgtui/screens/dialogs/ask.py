"""The dialog to ask for a package."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.screens.dialogs.line import LineScreen
from tgtui.syntax.reference import references_in
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER

EXAMPLES = "express   npm:@babel/core   pkg:npm/express"
NAMED = 3
"""Packages whose names are shown before they are asked for."""


class AskScreen(LineScreen, inherit_bindings=False):
    """Returns the text, which names one or more packages; None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="ask.close")]

    def __init__(self, text: str) -> None:
        super().__init__(
            "Ask for packages",
            f"{ENTER} asks",
            text,
            _judge,
            placeholder=EXAMPLES,
            empty=Content("They are fetched with all their dependencies."),
        )


def _judge(text: str) -> Content:
    packages = [reference.package for reference in references_in(text)]
    named = ", ".join(map(str, packages[:NAMED]))
    others = len(packages) - NAMED
    more = f" and {counted(others, 'other')}" if others > 0 else ""
    return Content.assemble("Asks for ", safe(named, style="bold $text-success"), more)
