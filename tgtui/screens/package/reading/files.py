"""The files of a version with their sizes; enter shows one as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted, size
from tgtui.data.packages.detail import package_detail
from tgtui.data.views.packages import PackageDetail
from tgtui.registries.archives.files import Listing, PackageFile
from tgtui.registries.base import FetchProgress
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenReadme
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.reading.commands import SortFiles
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

SIZE = 9
"""Cells of a size."""
NOTE_FROM = 70
"""Cells of a list that shows notes beside paths; else the one under the cursor is below the list."""
MAX_PATH = 1_000


class FilesScreen(BaseScreen):
    """Reads the list once: what was published doesn't change."""

    AUTO_FOCUS = "#files-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(SortFiles)

    def __init__(self, package_id: UUID, version: str) -> None:
        super().__init__()
        self._package_id = package_id
        self._version = version
        self._detail: PackageDetail | None = None
        self._listing: Listing | None = None
        self._is_by_size = False
        self._pane = ListPane(
            RowList[PackageFile](
                file_columns(), key=lambda file: (file.path, file.is_installed), id="files-list"
            ),
            "Files",
            id="files",
        )

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self._pane.wait()

    def place(self) -> Content:
        detail = self._detail
        if detail is None:
            return Content("")
        return Content.assemble(
            safe(f"{detail.registry}:{detail.name}", MAX_NAME),
            safe(f"@{self._version}", MAX_VERSION),
            (" › ", MUTED),
            "files",
        )

    async def refresh_live(self) -> None:
        if self._detail is not None:
            return
        self._detail = await self.read(package_detail, self._package_id)
        self.draw_frame()
        if self._detail is None:
            self._pane.say(Content("The package is no longer in the catalogue."))
        else:
            self.start("files", self._open, self._detail)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "sort_files":
            return self._listing is not None
        return super().check_action(action, parameters)

    async def _open(self, detail: PackageDetail) -> None:
        try:
            self._listing = await self.catalogue.files.listing(
                detail.registry, detail.name, self._version, self._tell_progress
            )
        except TgtuiError as error:
            self._pane.say(safe(str(error), 600, style="$text-error"))
            return
        self._show(self._listing)
        self.refresh_bindings()
        await self.catalogue.store_measured(
            detail.registry, detail.name, self._version, self._listing
        )

    def _tell_progress(self, progress: FetchProgress) -> None:
        of = f" of {size(progress.total)}" if progress.total else ""
        self._pane.say(Content.styled(f"downloading {size(progress.received)}{of}…", MUTED))

    def _show(self, listing: Listing) -> None:
        files = listing.files
        if self._is_by_size:
            files = sorted(files, key=lambda file: -file.size)
        self._pane.list.set_rows(files, reset=True)
        self._pane.say(None if files else Content.styled("The version has no files.", MUTED))
        self._pane.entitle(Content(f"Files · {listing_in_words(listing)}"))
        self._pane.locate(Content("by size" if self._is_by_size else "by path"))

    def action_sort_files(self) -> None:
        if self._listing is not None:
            self._is_by_size = not self._is_by_size
            self._show(self._listing)

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        file = self._pane.list.current
        is_narrow = self._pane.list.size.width < NOTE_FROM
        self._pane.note(safe(file.note) if file is not None and file.note and is_narrow else None)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        file: PackageFile = event.row
        if file.is_installed:
            self.app.open(OpenReadme(self._package_id, self._version, path=file.path))
        else:
            self.tell(f"{file.path} is {file.note}.")


def listing_in_words(listing: Listing) -> str:
    """`16 files · 221 kB unpacked · 58 kB packed · sha512 as stated`."""
    if listing.is_list:
        known = f"{size(listing.unpacked_bytes)} in all" if listing.unpacked_bytes else ""
        return " · ".join(filter(None, (counted(len(listing.files), "archive"), known)))
    parts = [
        counted(len(listing.installed), "file"),
        f"{size(listing.unpacked_bytes)} unpacked",
        f"{size(listing.packed_bytes)} packed" if listing.packed_bytes is not None else "",
        f"{listing.proof} as stated",
    ]
    return " · ".join(part for part in parts if part)


def file_columns() -> list[Column[PackageFile]]:
    """Size, path, and what is odd about it."""
    return [
        Column(lambda file: Content(size(file.size)), width=SIZE, align="right"),
        Column(_path, share=8, tells=True),
        Column(lambda file: safe(file.note, style="$text-warning"), share=5, from_width=NOTE_FROM),
    ]


def _path(file: PackageFile) -> Content:
    return safe(file.path, MAX_PATH, style="" if file.is_installed else f"{MUTED} strike")
