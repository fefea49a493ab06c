"""What runs in the background of a pane, a dialog or a screen, and how a failure of a pane reaches its screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.message import Message
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError

Work = Callable[[], Coroutine[Any, Any, None]]


class Failed(Message):
    """Something could not be read or done; the screen says so."""

    def __init__(self, error: TgtuiError, *, of_person: bool = False) -> None:
        """`of_person`: someone asked for it and gets a passing notice; else it stays in the queue strip."""
        super().__init__()
        self.error = error
        self.of_person = of_person


def start(
    widget: Widget,
    group: str,
    work: Work,
    failed: Callable[[TgtuiError], object] | None = None,
    *,
    exclusive: bool = True,
    name: str = "",
) -> None:
    """Run it beside the widget, for as long as that lives; `exclusive` cancels earlier work of the same group.

    `name` says whether the next key waits for it: AWAITED or SOUGHT, see `ordering.py`. If it fails, `failed` is called with the error; without it the widget posts `Failed`.
    """

    async def run() -> None:
        try:
            await work()
        except TgtuiError as error:
            if failed is None:
                widget.post_message(Failed(error))
            else:
                failed(error)

    call: Any = run
    widget.run_worker(call, name=name, exclusive=exclusive, group=group)
