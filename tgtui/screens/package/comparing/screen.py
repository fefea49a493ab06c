"""Two to four packages side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.data.packages.by_name import find_package
from tgtui.data.views.comparing import Side
from tgtui.screens.base.commands import WatchPackages, bindings
from tgtui.screens.base.opening import OpenComparing, OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.menus import Choice, MenuScreen
from tgtui.screens.package.comparing.commands import EditComparison, SaveComparison
from tgtui.screens.package.comparing.dialogs import name_dialog
from tgtui.screens.package.comparing.sides_pane import Line, SidesPane
from tgtui.syntax.reference import PackageReference
from tgtui.versions.npm.platform import Platform
from tgtui.widgets.lists.row_list import RowList


class SideBySideScreen(BaseScreen):
    """One table; it follows the catalogue while it is open."""

    CSS_PATH = "comparing.tcss"
    AUTO_FOCUS = "#sides-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(EditComparison, SaveComparison, WatchPackages)

    def __init__(self, packages: Sequence[PackageReference]) -> None:
        super().__init__()
        self._packages = packages
        self._pane = SidesPane(
            packages,
            read=self.read,
            now=self.now,
            platform=lambda: Platform.of(self.catalogue.settings.npm.platform),
        )

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self._pane.wait()

    def place(self) -> Content:
        return Content("Side by side")

    async def refresh_live(self) -> None:
        await self._pane.show()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "save_comparison":
            return self.is_live and self.catalogue.principal.can("authenticated")
        if action == "watch_packages":
            return bool(super().check_action(action, parameters)) and bool(self._here)
        return super().check_action(action, parameters)

    @property
    def _here(self) -> list[Side]:
        """Those that are in the catalogue."""
        found = self._pane.found
        return [side for side in found.sides if side.package_id is not None] if found else []

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        line: Line = event.row
        if line.row.package is not None:
            self.act("open", self._open, *line.row.package)
        elif self._here:
            choices = [
                Choice(str(place), f"{side.package} {side.version or ''}".rstrip())
                for place, side in enumerate(self._here, 1)
            ]
            self.app.push_screen(MenuScreen("Open", "opens it", choices), self._open_choice)

    def _open_choice(self, choice: Choice | None) -> None:
        for place, side in enumerate(self._here, 1):
            if choice is not None and choice.label == str(place) and side.package_id is not None:
                self.app.open(OpenPackage(side.package_id, side.version))

    async def _open(self, registry: str, name: str) -> None:
        package_id = await self.read(find_package, registry, name)
        if package_id is not None:
            self.app.open(OpenPackage(package_id))

    async def action_ask(self) -> None:
        """For those that are not here."""
        found = self._pane.found
        missing = [
            PackageReference(side.registry, side.name)
            for side in (found.sides if found else ())
            if side.version is None
        ]
        if missing:
            await self.ask_for_all(missing)
        else:
            await super().action_ask()

    def action_edit_comparison(self) -> None:
        self.app.open(OpenComparing(" ".join(map(str, self._packages)), replaces=True))

    def action_watch_packages(self) -> None:
        ids = [side.package_id for side in self._here if side.package_id is not None]
        self.act("watch", self.toggle_watched, ids, self._here[0].package)

    def action_save_comparison(self) -> None:
        name = " or ".join(each.name for each in self._packages)
        self.app.push_screen(name_dialog("Save the comparison", name[:60]), self._save_as)

    def _save_as(self, name: str | None) -> None:
        if name is not None:
            self.act("save", self._save, name)

    async def _save(self, name: str) -> None:
        try:
            await self.catalogue.comparisons.save(name, self._packages)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"Saved as {name.strip()}.")
