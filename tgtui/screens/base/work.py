"""What runs in the background of a pane, a dialog or a screen, and how a failure of a pane reaches its screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from textual.css.query import NoMatches
from textual.dom import NoScreen
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


@contextmanager
def outliving(widget: Widget) -> Iterator[None]:
    """For work in the background: once its screen is being closed, its widgets may already be gone or detached."""
    try:
        yield
    except (NoMatches, NoScreen):
        nodes = widget.ancestors_with_self
        if nodes[-1].is_dom_root and all(node.display for node in nodes):  # none is being closed
            raise


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
        with outliving(widget):
            try:
                await work()
            except TgtuiError as error:
                if failed is None:
                    widget.post_message(Failed(error))
                else:
                    failed(error)

    call: Any = run
    widget.run_worker(call, name=name, exclusive=exclusive, group=group)
