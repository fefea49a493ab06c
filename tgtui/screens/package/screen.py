"""One package: its versions, the dependencies of the selected one, who uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.removal import deleted_package
from tgtui.data.versions.listing import find_version, version_row
from tgtui.data.views.edges import Dependent, Edge
from tgtui.data.views.packages import DeletedPackage, PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.screens.base.commands import (
    CopyMenu,
    OpenMenu,
    PaneLeft,
    PaneRight,
    RestorePackage,
    ShowTree,
    TagPackages,
    bindings,
)
from tgtui.screens.base.loading import can_be_loaded
from tgtui.screens.base.opening import OpenComparison, OpenPackage, OpenTagPicker, OpenTree
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package import asking
from tgtui.screens.package.commands import (
    DeletePackage,
    ForceRefresh,
    LoadDependencies,
    MarkVersion,
    RefreshPackage,
    ShowDependencies,
    ShowDependents,
    ShowHistory,
    ShowVersions,
    SortVersions,
)
from tgtui.screens.package.edges import DependenciesPane, DependentsPane, go_to_target
from tgtui.screens.package.removal import ask_to_delete, farewell
from tgtui.screens.package.versions import VersionsPane
from tgtui.widgets.content import safe
from tgtui.widgets.lists.growing_list import GrowingList
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import EdgeRow, edge_note
from tgtui.widgets.packages.header import PackageHeader
from tgtui.widgets.packages.panes import PackagePanes

FOLLOW_PAUSE_S = 0.06
"""How long the other panes wait for the cursor to rest on a version."""


class PackageScreen(BaseScreen):
    """Opens on `version`, on the latest one without it."""

    CSS_PATH = "package.tcss"
    AUTO_FOCUS = "#versions-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ShowTree,
        MarkVersion,
        RefreshPackage,
        ForceRefresh,
        TagPackages,
        DeletePackage,
        RestorePackage,
        SortVersions,
        ShowHistory,
        CopyMenu,
        OpenMenu,
        ShowVersions,
        ShowDependencies,
        ShowDependents,
        PaneLeft,
        PaneRight,
        LoadDependencies,
    )

    def __init__(self, package_id: UUID, version: str | None = None) -> None:
        super().__init__()
        self._package_id = package_id
        self._wanted_version = version
        self._detail: PackageDetail | None = None
        self._version: VersionRow | None = None
        self._deleted: DeletedPackage | None = None
        """What was shown, once it is deleted."""
        self._panes = PackagePanes(lambda: self.app.now())
        self._versions = VersionsPane(self, self._panes, package_id)
        self._dependencies = DependenciesPane(
            self, self._panes, lambda: self._detail, lambda: self._version
        )
        self._dependents = DependentsPane(self._panes, package_id)

    def compose_body(self) -> Iterable[Widget]:
        yield PackageHeader()
        yield self._panes

    def on_mount(self) -> None:
        self._panes.wait()

    def report(self, error: TgtuiError) -> None:
        super().report(error)
        self._panes.give_up(safe(error, style="$text-error"))

    def place(self) -> Content:
        detail = self._detail
        return safe(f"{detail.registry}:{detail.name}", 100) if detail else Content("")

    async def refresh_live(self) -> None:
        is_first = self._detail is None
        detail = await self.catalogue.database.read(package_detail, self._package_id)
        self._detail = detail
        if detail is None:
            await self._say_farewell()
            return
        self._panes.registry = detail.registry
        if self._deleted is not None:  # it is back
            self._deleted = None
            self._panes.visible = True
            self._panes.go_to("versions")
        if is_first:
            self.draw_frame()
            self.catalogue.tending.note("view", detail.id)
            if detail.state == "queued":
                await self.catalogue.requesting.open_package(detail.registry, detail.name)
        await self._read_version()
        self.query_one(PackageHeader).show(detail, self._version, self.app.now())
        await self._show_versions(detail)
        await self._show_dependencies()
        await self._dependents.show(self.catalogue.database, detail)
        self.refresh_bindings()

    async def _say_farewell(self) -> None:
        """Somebody deleted the package that is shown."""
        self._version = None
        self._panes.visible = False
        self._deleted = await self.catalogue.database.read(deleted_package, self._package_id)
        can_restore = self.catalogue.principal.can("admin")
        text = farewell(self._deleted, self.app.now(), can_restore=can_restore)
        self.query_one(PackageHeader).update(text)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"copy_menu", "open_menu", "show_history", "sort_versions"}:
            return self._detail is not None
        if action in {"tag_packages", "delete_package", "force_refresh"}:
            return self._detail is not None and self.catalogue.principal.can("admin")
        if action == "restore_package":
            return self._deleted is not None and self.catalogue.principal.can("admin")
        if action == "show_tree":
            return self._version is not None
        if action == "mark_version":
            return self.focused is self._panes.version_rows
        if action == "load_dependencies":
            is_open = can_be_loaded(self._version, self._detail)
            is_here = self.focused is self._panes.edge_rows
            return is_here and is_open and self.catalogue.principal.can("ask")
        if action == "refresh_package":
            return self._detail is not None and self.catalogue.principal.can("ask")
        return super().check_action(action, parameters)

    @on(RowList.Highlighted, "#versions-list")
    def _version_under_cursor(self, event: RowList.Highlighted) -> None:
        if event.row is not None:
            self.start("version", self._follow, event.row)

    @on(RowList.Selected, "#versions-list")
    def _version_chosen(self, event: RowList.Selected) -> None:
        self.start("version", self._select, event.row)
        self.action_show_pane("dependencies")

    async def action_load_dependencies(self) -> None:
        if self._version is not None:
            self.start("version", self._select, self._version)

    @on(RowList.Highlighted, "#dependencies-list")
    def _edge_under_cursor(self, event: RowList.Highlighted) -> None:
        row: EdgeRow | None = event.row
        self._panes.dependencies.note(edge_note(row.edge) if row and row.edge else None)

    @on(RowList.Selected, "#dependencies-list")
    def _edge_chosen(self, event: RowList.Selected) -> None:
        edge: Edge | None = event.row.edge
        if edge is not None:
            go_to_target(self, edge)

    @on(RowList.Selected, "#dependents-list")
    def _dependent_chosen(self, event: RowList.Selected) -> None:
        row: Dependent = event.row
        self.app.open(OpenPackage(row.package_id, row.version))

    @on(GrowingList.NearEnd, "#versions-list")
    def _versions_end(self) -> None:
        self.start("versions", self._versions.more)

    @on(GrowingList.NearEnd, "#dependents-list")
    def _dependents_end(self) -> None:
        self.start("dependents", self._dependents.more, self.catalogue.database)

    def action_show_pane(self, name: str) -> None:
        self._panes.go_to(name)

    def action_pane(self, step: int) -> None:
        self._panes.step(step)

    def action_mark_version(self) -> None:
        """Two marked versions are compared, the older one first."""
        pair = self._versions.mark()
        if pair is not None and self._detail is not None:
            self.app.open(OpenComparison(*pair, self._detail.name))

    def action_show_tree(self) -> None:
        if self._detail is not None and self._version is not None:
            self.app.open(
                OpenTree(self._version.id, f"{self._detail.name}@{self._version.version}")
            )

    def action_copy_menu(self) -> None:
        from tgtui.screens.dialogs.menus import copy_menu

        if self._detail is not None:
            copy_menu(self, self._detail, self._version.version if self._version else None)

    def action_open_menu(self) -> None:
        from tgtui.screens.dialogs.menus import open_menu

        if self._detail is not None:
            open_menu(self, self._detail)

    async def action_sort_versions(self) -> None:
        self._versions.turn()
        if self._detail is not None:
            await self._show_versions(self._detail)

    def action_tag_packages(self) -> None:
        if self._detail is not None:
            self.app.open(OpenTagPicker([self._detail.id], self._detail.name))

    async def action_show_history(self) -> None:
        from tgtui.screens.package.history import show_history

        if self._detail is not None:
            await show_history(self, self._detail)

    async def action_delete_package(self) -> None:
        if self._detail is not None:
            await ask_to_delete(self, self._detail)

    async def action_restore_package(self) -> None:
        if self._deleted is not None:
            await self.restore(self._deleted)

    async def action_refresh_package(self) -> None:
        if self._detail is not None:
            await asking.refresh(self, self._detail, is_forced=False)

    async def action_force_refresh(self) -> None:
        if self._detail is not None:
            await asking.refresh(self, self._detail, is_forced=True)

    async def action_ask(self) -> None:
        row = self._panes.edge_rows.current if self.focused is self._panes.edge_rows else None
        await asking.ask(self, self._detail, row.edge if row is not None else None)

    async def _read_version(self) -> None:
        """The selected version as it is now; at first the wanted one, else the latest."""
        read = self.catalogue.database.read
        selected = self._version
        if selected is not None:
            fresh = await read(version_row, selected.id)
            if self._version is not selected:
                return  # the cursor went on meanwhile
            self._version = fresh
        if self._version is None and self._wanted_version is not None:
            self._version = await read(find_version, self._package_id, self._wanted_version)
        if self._version is None and self._detail is not None:
            self._version = self._detail.latest

    async def _show_versions(self, detail: PackageDetail) -> None:
        selected = self._version.id if self._version is not None else None
        await self._versions.show(detail, selected)

    async def _follow(self, row: VersionRow) -> None:
        """To where the cursor rests. Who only looks asks for nothing."""
        if self._version is None or row.id != self._version.id:
            await asyncio.sleep(FOLLOW_PAUSE_S)
            await self._show_version(row)

    async def _select(self, row: VersionRow) -> None:
        """What is not loaded of a version that was chosen is asked for."""
        await self._show_version(row)
        version, catalogue = self._version, self.catalogue
        if version is None or version.dependencies_loaded or not catalogue.principal.can("ask"):
            return
        try:
            await catalogue.requesting.want_version(version.id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        self._detail = await catalogue.database.read(package_detail, self._package_id)
        await self._show_version(version)
        self.hint()

    async def _show_version(self, row: VersionRow) -> None:
        self._version = row
        await self._read_version()
        await self._show_dependencies()

    async def _show_dependencies(self) -> None:
        if self._detail is not None and self._version is not None:
            self.query_one(PackageHeader).show(self._detail, self._version, self.app.now())
        await self._dependencies.show()
        self.refresh_bindings()
