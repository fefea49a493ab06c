"""What the search screen reads of the package under the cursor, beside the list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tgtui.data.views.packages import PackageDetail, PackageRow
from tgtui.widgets.packages.preview import Preview

if TYPE_CHECKING:
    from tgtui.screens.base.screen import BaseScreen

PREVIEW_PAUSE_S = 0.06
"""How long the preview waits for the cursor to rest before it reads more than the row says."""


class Previewing:
    """Follows the cursor: at once with what the row says, with the rest when it rests."""

    def __init__(self, screen: BaseScreen, current: Callable[[], PackageRow | None]) -> None:
        """`current` tells the row under the cursor this moment."""
        self._screen = screen
        self._current = current

    def follow(self, row: PackageRow | None) -> None:
        """The cursor came to this row: the list shows it first, that is what people wait for."""
        self._screen.call_after_refresh(self._show_row)
        if self._screen.is_live:
            self._screen.start("preview", self._when_at_rest, row)

    async def show(self) -> None:
        """All that is known of the package under the cursor."""
        from tgtui.data.versions.edges import edges_of

        row = self._current()
        detail, edges = await self.detail(), None
        if detail is not None and detail.latest is not None and detail.latest.dependencies_loaded:
            read = self._screen.catalogue.database.read
            edges = await read(edges_of, detail.latest.id, only_installed=True)
        if self._is_on(row):
            self._preview.show(detail, edges, self._screen.app.now())

    async def detail(self) -> PackageDetail | None:
        """Of the package under the cursor; None where there is none, or it is gone."""
        from tgtui.data.packages.detail import package_detail

        row = self._current()
        if row is None:
            return None
        return await self._screen.catalogue.database.read(package_detail, row.id)

    def _show_row(self) -> None:
        self._preview.show_row(self._current(), self._screen.app.now())

    async def _when_at_rest(self, row: PackageRow | None) -> None:
        await asyncio.sleep(PREVIEW_PAUSE_S)
        if self._is_on(row):
            await self.show()

    def _is_on(self, row: PackageRow | None) -> bool:
        """The cursor is still on this package."""
        here = self._current()
        return (row and row.id) == (here and here.id)

    @property
    def _preview(self) -> Preview:
        return self._screen.query_one(Preview)
