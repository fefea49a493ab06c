"""Work on many packages that takes a while: one at a time, beside the screen, with progress, and it can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import number
from tgtui.screens.base.screen import BaseScreen

GROUP = "long-work"


class LongWork:
    """`changed` is called whenever there is something else to say."""

    def __init__(self, screen: BaseScreen, changed: Callable[[], None]) -> None:
        self.said = ""
        """How far it is: `marking 3,000 of 8,120`; empty while there is none."""
        self._screen = screen
        self._changed = changed
        self._stopped = ""

    @property
    def is_running(self) -> bool:
        """Something is being done."""
        return bool(self.said)

    def start(self, what: str, stopped: str, work: Callable[[], Awaitable[None]]) -> None:
        """`what` is being done, as in "marking"; `stopped` is the sentence for when it was given up."""
        if self.is_running:
            self._screen.tell(f"Still {self.said}; esc stops it.")
            return
        self._stopped = stopped
        self._say(what)
        run: Any = self._run
        self._screen.run_worker(run(work), group=GROUP)

    def progress(self, what: str, done: int, total: int) -> None:
        """So many of so many."""
        self._say(f"{what} {number(done)} of {number(max(done, total))}")

    def stop(self) -> None:
        """Give it up."""
        if self.is_running:
            self._screen.workers.cancel_group(self._screen, GROUP)
            self._screen.tell(self._stopped)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except TgtuiError as error:
            self._screen.tell(error, is_error=True)
        finally:
            self._say("")

    def _say(self, text: str) -> None:
        self.said = text
        if self._screen.is_mounted:
            self._changed()


async def in_thread(call: Callable[..., None], *args: object) -> None:
    """Also what was given up is waited for: a file is not taken away from under it."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
