"""Shows the progress of requests: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from tgtui.basics.text import clean
from tgtui.cli.opening import complain
from tgtui.cli.output import BAR_WIDTH, LINE_EVERY_S, about, cells, cut

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from tgtui.data.graph.progress import ChainProgress
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.requests import AskedFor
    from tgtui.syntax.reference import PackageReference

MAX_LABEL = 24
NUMBERS_WIDTH = 20
"""Cells for brackets, gaps and `1234/5678`; the rest of the line is for the detail."""


class Waiting:
    """Follows requests until they are done. Everything it shows goes to stderr."""

    def __init__(self, catalogue: Catalogue, asked: Sequence[AskedFor], quiet: bool) -> None:
        self._catalogue = catalogue
        self._asked = list({each.package: each for each in asked}.values())
        self._is_quiet = quiet
        self._has_bar = not quiet and sys.stderr.isatty()
        self._progress: dict[PackageReference, ChainProgress] = {}
        self._told: set[str] = set()
        self._last_line: tuple[float, str] = (0.0, "")
        self._label = clean(", ".join(str(each.package.package) for each in asked), MAX_LABEL)
        self._bar: ProgressBar[int] = click.progressbar(
            length=1,
            label=self._label,
            width=BAR_WIDTH,
            file=sys.stderr,
            hidden=not self._has_bar,
            show_eta=False,
            show_pos=True,
            item_show_func=lambda _item: self._detail(),
        )

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    @property
    def state(self) -> str:
        """`12 of 65 packages`."""
        done, total = self._counts()
        return f"{done} of {total} packages"

    async def until_done(
        self, watch: Coroutine[Any, Any, None] | None = None
    ) -> dict[PackageReference, ChainProgress]:
        """How far each came. Raises what this program's worker died of, or what `watch` raises."""
        unsubscribe = self._catalogue.activity.subscribe(self._tell_outages)
        following = asyncio.ensure_future(self._follow_all())
        watching = asyncio.ensure_future(watch) if watch is not None else None
        beside = [each for each in (self._catalogue.working, watching) if each is not None]
        try:
            if beside:
                all_of_it: list[asyncio.Future[Any]] = [following, *beside]
                await asyncio.wait(all_of_it, return_when=asyncio.FIRST_COMPLETED)
            for each in beside:
                if each.done() and not following.done():
                    await each
            return await following
        finally:
            own: list[asyncio.Future[Any]] = [following]
            own += [watching] if watching is not None else []
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)
            unsubscribe()

    async def _follow_all(self) -> dict[PackageReference, ChainProgress]:
        """They are one chain: while the first is waited for, all are; each of the others is then looked at."""
        return {asked.package: await self._follow(asked) for asked in self._asked}

    async def _follow(self, asked: AskedFor) -> ChainProgress:
        from tgtui.cli.asking.following import follow

        def on_progress(progress: ChainProgress) -> None:
            self._progress[asked.package] = progress
            down = {outage.registry for outage in self._catalogue.activity.outages.values()}
            for row in progress.retried:
                if row.registry in down:
                    continue  # told once for the registry
                told = about(f"{row.registry}:{row.name}", row.error_message).rstrip(".")
                self._tell_once(f"{told}; retrying.")
            self._show()

        return await follow(
            self._catalogue.database,
            self._catalogue.changes,
            self._catalogue.activity.settled,
            asked.request_id,
            on_progress,
            version=asked.package.version,
            chain_id=asked.chain_id,
            account_id=self._catalogue.principal.account_id,
        )

    def _counts(self) -> tuple[int, int]:
        each = self._progress.values()
        return sum(one.completed for one in each), sum(one.total for one in each)

    def _detail(self) -> str:
        """What this program's worker is doing now, cut to the rest of the line."""
        taken = cells(self._label) + BAR_WIDTH + NUMBERS_WIDTH
        room = shutil.get_terminal_size().columns - taken
        for progress in tuple(self._catalogue.activity.progress.values()):
            return cut(clean(f"{progress.name} {progress.step.stage}"), max(room, 1))
        return ""

    def _show(self) -> None:
        if self._is_quiet:
            return
        self._tell_outages()
        done, total = self._counts()
        if self._has_bar:
            self._bar.length, self._bar.pos = max(total, 1), done
            self._bar.render_progress()
            return
        now, line = time.monotonic(), f"{self.state}  {self._detail()}"
        last_time, last_line = self._last_line
        if line != last_line and now - last_time >= LINE_EVERY_S:
            self._last_line = (now, line)
            complain(line)

    def _tell_outages(self) -> None:
        for outage in tuple(self._catalogue.activity.outages.values()):
            reason = clean(outage.reason).rstrip(".")
            self._tell_once(f"{reason}; retrying until it answers.")

    def _tell_once(self, sentence: str) -> None:
        if not self._is_quiet and sentence not in self._told:
            self._told.add(sentence)
            if self._has_bar:
                click.echo(err=True)
            complain(sentence)
