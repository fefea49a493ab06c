"""Fills the preview of the search screen: at once what the row says, more when the cursor rests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tgtui.data.views import PackageDetail, PackageRow
from tgtui.widgets.preview import Preview

if TYPE_CHECKING:
    from tgtui.screens.search import SearchScreen

PREVIEW_PAUSE_S = 0.06
"""How long the preview waits for the cursor to rest before it reads more than the row says."""


class PreviewReader:
    """Shows what the cursor is on; nothing, once it rests where no row is yet."""

    def __init__(self, screen: SearchScreen) -> None:
        self._screen = screen

    @property
    def _current(self) -> PackageRow | None:
        return self._screen.found.rows.current

    async def show_when_at_rest(self, row: PackageRow | None) -> None:
        """Unless the cursor moves on by then."""
        await asyncio.sleep(PREVIEW_PAUSE_S)
        await self.show(row)

    async def show(self, row: PackageRow | None) -> None:
        """All that is known of it, if the cursor is there still."""
        from tgtui.data.edges import edges_of
        from tgtui.data.packages import package_detail

        read = self._screen.catalogue.database.read
        detail = None if row is None else await read(package_detail, row.id)
        edges = None
        if detail is not None and detail.latest is not None and detail.latest.dependencies_loaded:
            edges = await read(edges_of, detail.latest.id, only_installed=True)
        here = self._current
        if (row and row.id) == (here and here.id):
            self._screen.query_one(Preview).show(detail, edges, self._screen.app.now())

    async def detail(self) -> PackageDetail | None:
        """Of the package under the cursor."""
        from tgtui.data.packages import package_detail

        row = self._current
        if row is None:
            return None
        return await self._screen.catalogue.database.read(package_detail, row.id)
