"""What a pane does in the background, and how a failure reaches its screen."""

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


def start(pane: Widget, group: str, work: Work) -> None:
    """Run it in the background of the pane, which posts `Failed` if it fails; a newer start of the same group cancels the older."""

    async def run() -> None:
        try:
            await work()
        except TgtuiError as error:
            pane.post_message(Failed(error))

    call: Any = run
    pane.run_worker(call, exclusive=True, group=group)
