"""The list of requests, with chains to unfold. Reports when other lines come into sight."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tgtui.widgets.lists.growing_list import NEAR_END
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.requests.line import more_line, request_columns
from tgtui.widgets.requests.model import Line, RequestLine


class RequestList(RowList[Line]):
    """`set_rows` replaces all rows; while only ages and progress change, single lines are redrawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "screen.unfold(True)", "Unfold", show=False, id="requests.unfold"),
        Binding("left,h", "screen.unfold(False)", "Fold", show=False, id="requests.fold"),
    ]

    class Looked(Message):
        """Other lines came into sight."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RequestList.Looked)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(
            request_columns(),
            key=lambda line: line.key,
            heading=more_line,
            id=id,
            classes=classes,
        )

    @property
    def current_request(self) -> RequestLine | None:
        """The request under the cursor."""
        return self.current if isinstance(self.current, RequestLine) else None

    def near(self) -> list[Line]:
        """The rows in sight and the next ones, which may be loaded ahead."""
        sight = self.lines_in_sight()
        return list(self.rows[sight.start : sight.stop + NEAR_END])

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Looked())
