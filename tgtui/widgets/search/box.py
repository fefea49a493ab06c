"""The line a search is typed in: completes its language and names mistakes beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.suggester import Suggester

from tgtui.syntax.completion import completions, known_values
from tgtui.syntax.query import OPERATORS, SearchQuery, unknown_operator
from tgtui.widgets.content import safe
from tgtui.widgets.line_input import LineInput

TITLE = "Search"
Lookup = Callable[[str, str], Awaitable[Sequence[str]]]
"""Values for `tag:`, `in:`, `dep:` and its siblings, by operator and how they begin."""


class SearchBox(LineInput):
    """The list is a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "leave", "results", show=True, id="search.results"),
        Binding(
            "enter",
            "submit",
            "open",
            show=True,
            id="search.submit",
            tooltip="Open the package under the cursor, or ask for the one not found",
        ),
    ]

    def __init__(
        self, lookup: Lookup, leave: Callable[[], object], *, placeholder: str, id: str
    ) -> None:
        """`leave` gives the focus to the list; it is called, not posted: the next key of a burst is meant for that."""
        super().__init__(
            placeholder=placeholder, id=id, compact=False, suggester=OperatorSuggester(lookup)
        )
        self._leave = leave
        self.border_title = Content(TITLE)
        self.key_labels: dict[str, str] = {}

    def action_leave(self) -> None:
        self._leave()

    def will(self, do: str) -> None:
        """What enter does now: `open`, `ask`, or nothing."""
        if self.key_labels.get("submit") != do:
            self.key_labels["submit"] = do
            self.refresh_bindings()

    def _watch_value(self, value: str) -> None:
        """Typing changes how far the line scrolls, not its place: no new layout."""
        self.set_reactive(SearchBox.virtual_size, Size(self.content_width, 1))
        super()._watch_value(value)

    def judge(self, query: SearchQuery, note: str = "") -> None:
        """Say beside the line what in it is not understood, else the note."""
        title = Content(TITLE)
        mistake = next(iter(query.problems), None) or unknown_operator(query, is_empty=False)
        if mistake is not None:
            title = Content.assemble(title, " · ", safe(mistake, 200, style="$text-error"))
        elif note:
            title = Content.assemble(title, " · ", safe(note, 200, style="$text-warning"))
        self.border_title = title

    def cursor_to_end(self) -> None:
        """Where typing continues."""
        self.cursor_position = len(self.value)


class OperatorSuggester(Suggester):
    """Completes the last word while people type; → accepts it."""

    def __init__(self, lookup: Lookup) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._lookup = lookup

    async def get_suggestion(self, value: str) -> str | None:
        operator, colon, begun = value.rpartition(" ")[2].removeprefix("-").partition(":")
        looked_up: Sequence[str] = ()
        if colon and operator in {"tag", "in", "advisory", *OPERATORS}:
            looked_up = await self._lookup(operator, begun)
        return completions(value, lambda name, typed: looked_up or known_values(name, typed))
