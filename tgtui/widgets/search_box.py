"""The line a search is typed in."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class SearchBox(Input):
    """The line one types in; the list is a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.focus_results", "results", show=True, id="search.results"),
        Binding(
            "enter",
            "submit",
            "open",
            show=True,
            id="search.submit",
            tooltip="Open the package under the cursor; ask for what is not there",
        ),
    ]
