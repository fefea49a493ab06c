"""The package under the cursor, beside the results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from textual.reactive import var

from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageDetail, PackageRow
from tgtui.screens.base.work import start
from tgtui.widgets.packages.preview import Preview

PREVIEW_PAUSE_S = 0.06
"""How long the cursor must rest before more is read than its row says."""


class PreviewPane(Preview):
    """Shows at once what the row says, and the rest when the cursor rests."""

    row: var[PackageRow | None] = var(None)
    """The one under the cursor."""

    def __init__(self, read: Reader, now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(id=id)
        self._read = read
        self._now = now
        self._known: PackageDetail | None = None

    @property
    def known(self) -> PackageDetail | None:
        """What is shown of the package under the cursor; None until it was read."""
        known = self._known
        return known if known is not None and self.row and known.id == self.row.id else None

    def watch_row(self, before: PackageRow | None, row: PackageRow | None) -> None:
        if (before and before.id) != (row and row.id):
            # The list is painted first: that is what people wait for.
            self.call_after_refresh(self._show_row)
            start(self, "preview", self._read_at_rest)

    async def read_again(self) -> None:
        """All that is known of the package."""
        from tgtui.data.graph.tree import own_edges

        row = self.row
        detail, edges = await self.detail(), None
        if detail is not None and detail.latest is not None and detail.latest.dependencies_loaded:
            edges = await self._read(own_edges, detail.latest.id, only_installed=True)
        if (row and row.id) == (self.row and self.row.id):
            self._known = detail
            self.show(detail, edges, self._now())

    async def detail(self) -> PackageDetail | None:
        """Of the package under the cursor; None if there is none, or it is gone."""
        from tgtui.data.packages.detail import package_detail

        return None if self.row is None else await self._read(package_detail, self.row.id)

    def _show_row(self) -> None:
        self.show_row(self.row, self._now())

    async def _read_at_rest(self) -> None:
        await asyncio.sleep(PREVIEW_PAUSE_S)
        await self.read_again()
