"""One package: its versions, the dependencies of the selected one, who uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.data.graph.weighing import weight_of
from tgtui.data.insights.reading import package_insights
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.removal import deleted_package
from tgtui.data.versions.facts import facts_of
from tgtui.data.views.facts import InstallWeight, VersionFacts
from tgtui.data.views.insights import PackageInsights
from tgtui.data.views.packages import DeletedPackage, PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.identity.people import Principal
from tgtui.output.watching import news_in_words
from tgtui.screens.base.commands import (
    ComparePackages,
    CopyMenu,
    OpenMenu,
    PaneLeft,
    PaneRight,
    RestorePackage,
    ShowReadme,
    ShowTree,
    TagPackages,
    WatchPackages,
    bindings,
)
from tgtui.screens.base.loading import can_be_loaded
from tgtui.screens.base.opening import (
    OpenAdvisories,
    OpenAsk,
    OpenComparing,
    OpenComparison,
    OpenCopies,
    OpenOverTime,
    OpenPackage,
    OpenPages,
    OpenReadme,
    OpenTagPicker,
    OpenTree,
)
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.commands import (
    DeletePackage,
    ForceRefresh,
    LoadDependencies,
    MarkVersion,
    RefreshPackage,
    ShowAdvisories,
    ShowDependencies,
    ShowDependents,
    ShowHistory,
    ShowOverTime,
    ShowVersions,
    SortVersions,
)
from tgtui.screens.package.dependencies_pane import DependenciesPane
from tgtui.screens.package.dependents_pane import DependentsPane
from tgtui.screens.package.dialogs import HISTORY_SHOWN, DeleteScreen, HistoryScreen
from tgtui.screens.package.versions_pane import VersionsPane
from tgtui.versions.npm.platform import Platform
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.packages.header import PackageHeader
from tgtui.widgets.packages.panes import PackagePanes

FOLLOW_PAUSE_S = 0.06
"""How long the other panes wait for the cursor to rest on a version."""
FORCE_HINT = "{} fetches it now anyway."


class PackageScreen(BaseScreen):
    """Opens on `version`, on the latest one without it."""

    CSS_PATH = "package.tcss"
    AUTO_FOCUS = "#versions-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ShowTree,
        ShowReadme,
        MarkVersion,
        RefreshPackage,
        ForceRefresh,
        TagPackages,
        WatchPackages,
        ComparePackages,
        DeletePackage,
        RestorePackage,
        SortVersions,
        ShowHistory,
        ShowOverTime,
        ShowAdvisories,
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
        self._detail: PackageDetail | None = None
        self._deleted: DeletedPackage | None = None
        """What was shown, once it is deleted."""
        self._has_versions = False
        """They are listed in the order that was chosen last."""
        self._is_following = False
        """The cursor is on a version that is not selected yet."""
        self._insights: PackageInsights | None = None
        self._is_watched = False
        self._facts: VersionFacts | None = None
        self._weight: InstallWeight | None = None
        """Both of the selected version."""
        self._header = PackageHeader()
        self._versions = VersionsPane(
            package_id,
            version,
            read=self.read,
            now=self.now,
            person=self._person,
            unattended=self.unattended,
        )
        self._dependencies = DependenciesPane(
            read=self.read,
            now=self.now,
            person=self._person,
            unattended=self.unattended,
        )
        self._dependents = DependentsPane(package_id, read=self.read)
        self._panes = PackagePanes(self._versions, self._dependencies, self._dependents)

    def compose_body(self) -> Iterable[Widget]:
        yield self._header
        yield self._panes

    def on_mount(self) -> None:
        self._panes.wait()

    def place(self) -> Content:
        detail = self._detail
        if detail is None:
            return Content("")
        watched = Content.styled(" · watched", MUTED) if self._is_watched else Content("")
        return safe(f"{detail.registry}:{detail.name}", 100) + watched

    def is_behind(self, action: str, *, is_seeking: bool) -> bool:
        """The other panes are read after the versions, and follow the one under the cursor."""
        is_behind = super().is_behind(action, is_seeking=is_seeking)
        if self.focused is self._versions.list:
            return is_behind and not self._has_versions
        return is_behind or self._is_following

    def report(self, error: TgtuiError) -> None:
        super().report(error)
        self._panes.give_up(safe(error, style="$text-error"))

    async def refresh_live(self) -> None:
        is_first = self._detail is None
        detail = await self.read(package_detail, self._package_id)
        self._detail = detail
        if detail is None:
            await self._say_farewell()
            return
        if not self._panes.visible:  # it is back
            self._deleted = None
            self._panes.visible = True
            self._panes.go_to("versions")
        if is_first:
            self.draw_frame()
            self.catalogue.tending.note("view", detail.id)
            if detail.state == "queued":
                await self.catalogue.requesting.open_package(detail.registry, detail.name)
        await self._look_at_watch(detail)
        self._insights = await self.read(package_insights, detail.id)
        await self._versions.renew_selected(detail)
        self._draw_header(detail)
        await self._show_versions(detail)
        await self._show_selected()
        await self._dependents.show(detail)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {
            "compare_packages",
            "copy_menu",
            "open_menu",
            "show_history",
            "show_over_time",
            "sort_versions",
        }:
            return self._detail is not None
        if action in {"tag_packages", "delete_package", "force_refresh"}:
            return self._detail is not None and self._person().can("admin")
        if action == "restore_package":
            return self._deleted is not None and self._person().can("admin")
        if action in {"show_tree", "show_readme", "show_advisories"}:
            return self._versions.selected is not None
        if action == "mark_version":
            return self.focused is self._versions.list
        if action == "load_dependencies":
            is_open = can_be_loaded(self._versions.selected, self._detail)
            is_here = self.focused is self._dependencies.list
            return is_here and is_open and self._person().can("authenticated")
        if action in {"refresh_package", "watch_packages"}:
            return self._detail is not None and self._person().can("authenticated")
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if self._detail is None:
            return ""
        if action == "show_tree":
            return "No version is known yet, so there is no tree."
        if action == "show_readme":
            return "No version is known yet, so there is no README."
        if action == "mark_version":
            marks, goes = key("package.mark"), key("package.versions")
            return f"{marks} marks a version in the list of versions; {goes} goes there."
        return ""

    @on(VersionsPane.UnderCursor)
    def _version_under_cursor(self, event: VersionsPane.UnderCursor) -> None:
        self.start("version", self._follow, event.version)

    @on(VersionsPane.Chosen)
    def _version_chosen(self, event: VersionsPane.Chosen) -> None:
        self.act("version", self._load, event.version)
        self.action_show_pane("dependencies")

    @on(DependenciesPane.Chosen)
    def _dependency_chosen(self, event: DependenciesPane.Chosen) -> None:
        """Open its package, or say why there is none."""
        edge = event.edge
        if edge.package_id is not None:
            version = None if edge.is_unresolved else edge.resolved_version
            self.app.open(OpenPackage(edge.package_id, version))
        elif edge.is_external:
            self.tell(f"{edge.name} comes from {edge.resolved_version}, not from a registry.")
        else:
            asks = (
                f"; {key('app.ask')} asks for it." if self._person().can("authenticated") else "."
            )
            self.tell(f"{edge.registry}:{edge.name} is not in the catalogue yet{asks}")

    @on(DependentsPane.Chosen)
    def _dependent_chosen(self, event: DependentsPane.Chosen) -> None:
        self.app.open(OpenPackage(event.dependent.package_id, event.dependent.version))

    def action_show_pane(self, name: str) -> None:
        self._panes.go_to(name)

    def action_pane(self, step: int) -> None:
        self._panes.step(step)

    def action_load_dependencies(self) -> None:
        if self._versions.selected is not None:
            self.act("version", self._load, self._versions.selected)

    def action_mark_version(self) -> None:
        """Two marked versions are compared, the older one first."""
        pair = self._versions.mark()
        if pair is not None and self._detail is not None:
            self.app.open(OpenComparison(*pair, self._detail.name))

    def action_sort_versions(self) -> None:
        if self._detail is not None:
            self._versions.turn()
            self._has_versions = False
            self.seek("versions", self._show_versions, self._detail)

    def action_show_tree(self) -> None:
        detail, version = self._detail, self._versions.pointed
        if detail is not None and version is not None:
            self.app.open(OpenTree(version.id, f"{detail.name}@{version.version}"))

    def action_show_readme(self) -> None:
        version = self._versions.pointed
        if version is not None:
            self.app.open(OpenReadme(self._package_id, version.version))

    def action_copy_menu(self) -> None:
        version = self._versions.pointed
        if self._detail is not None:
            detail = self._detail
            shown = version.version if version else None
            self.app.open(OpenCopies(detail.registry, detail.name, shown))

    def action_open_menu(self) -> None:
        if self._detail is not None:
            self.app.open(OpenPages(self._detail))

    def action_tag_packages(self) -> None:
        if self._detail is not None:
            self.app.open(OpenTagPicker([self._detail.id], self._detail.name))

    def action_watch_packages(self) -> None:
        detail = self._detail
        if detail is not None:
            name = f"{detail.registry}:{detail.name}"
            self.act("watch", self.toggle_watched, [detail.id], name)

    def action_compare_packages(self) -> None:
        if self._detail is not None:
            self.app.open(OpenComparing(f"{self._detail.registry}:{self._detail.name} "))

    def action_show_over_time(self) -> None:
        if self._detail is not None:
            name = f"{self._detail.registry}:{self._detail.name}"
            self.app.open(OpenOverTime(self._detail.id, name))

    def action_show_advisories(self) -> None:
        version = self._versions.selected
        if self._detail is not None and version is not None:
            name = f"{self._detail.registry}:{self._detail.name}@{version.version}"
            self.app.open(OpenAdvisories(version.id, name))

    def action_show_history(self) -> None:
        detail = self._detail
        if detail is not None:
            history = self.catalogue.requesting.history
            read = partial(history, detail.registry, detail.name, limit=HISTORY_SHOWN)
            package = f"{detail.registry}:{detail.name}"
            self.app.push_screen(HistoryScreen(package, read=read, now=self.now))

    async def action_ask(self) -> None:
        """For the missing dependency under the cursor, for the package if it was never fetched; else for what is typed."""
        detail = self._detail
        edge = self._dependencies.current if self.focused is self._dependencies.list else None
        if edge is not None and (edge.is_missing or edge.is_unresolved):
            await self.ask_for(f"{edge.registry}:{edge.name}")
        elif detail is not None and detail.state in {"unknown", "failed"}:
            await self.ask_for(f"{detail.registry}:{detail.name}")
        else:
            self.app.open(OpenAsk())

    async def action_refresh_package(self) -> None:
        await self._refresh(is_forced=False)

    async def action_force_refresh(self) -> None:
        await self._refresh(is_forced=True)

    def action_delete_package(self) -> None:
        detail = self._detail
        if detail is not None:
            dialog = DeleteScreen(detail, read=self.read)
            self.app.push_screen(dialog, partial(self._confirmed, detail))

    async def action_restore_package(self) -> None:
        if self._deleted is not None:
            await self.restore(self._deleted)

    async def _look_at_watch(self, detail: PackageDetail) -> None:
        """Whose package is opened has seen what is new of it, and is told so once."""
        row = await self.catalogue.watching.watched(detail.id)
        is_watched = row is not None
        if is_watched != self._is_watched:
            self._is_watched = is_watched
            self.draw_frame()
        if row is not None and row.news is not None and row.news_at is not None:
            await self.catalogue.watching.mark_seen({detail.id: row.news_at})
            self.tell(f"New since you last looked: {news_in_words(row.news)}")

    async def _show_versions(self, detail: PackageDetail) -> None:
        await self._versions.show(detail)
        self._has_versions = True

    async def _follow(self, version: VersionRow) -> None:
        """To where the cursor rests. Looking at a version asks for nothing."""
        selected = self._versions.selected
        if selected is None or version.id != selected.id:
            self._is_following = True
            try:
                await asyncio.sleep(FOLLOW_PAUSE_S)
                await self._select(version)
            finally:
                self._is_following = False

    async def _load(self, version: VersionRow) -> None:
        """Ask for what is not loaded of a version that was chosen."""
        await self._select(version)
        selected = self._versions.selected
        if (
            selected is None
            or selected.dependencies_loaded
            or not self._person().can("authenticated")
        ):
            return
        try:
            await self.catalogue.requesting.want_version(selected.id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        self._detail = await self.read(package_detail, self._package_id)
        await self._select(selected)
        self.hint()

    async def _select(self, version: VersionRow) -> None:
        self._versions.selected = version
        if self._detail is not None:
            await self._versions.renew_selected(self._detail)
        await self._show_selected()

    async def _show_selected(self) -> None:
        """Header and dependencies are those of the selected version."""
        detail, version = self._detail, self._versions.selected
        if detail is not None:
            if self._facts is not None and (
                version is None or self._facts.version_id != version.id
            ):
                self._facts = self._weight = None
            if version is not None:
                found = await self.read(facts_of, [version.id])
                self._facts = found.get(version.id)
            self._draw_header(detail)
            await self._dependencies.show(detail, version)
            if version is not None and version.dependencies_loaded:
                self.start("weight", self._weigh, version)
        self.refresh_bindings()

    async def _weigh(self, version: VersionRow) -> None:
        """Beside everything else: a tree may be large, and no key waits for it."""
        platform = Platform.of(self.catalogue.settings.npm.platform)
        weight = await self.read(weight_of, version.id, platform)
        selected = self._versions.selected
        if self._detail is not None and selected is not None and selected.id == version.id:
            self._weight = weight
            self._draw_header(self._detail)

    def _draw_header(self, detail: PackageDetail) -> None:
        self._header.show(
            detail,
            self._versions.selected,
            self.now(),
            self._insights,
            self._facts,
            self._weight,
        )

    async def _refresh(self, *, is_forced: bool) -> None:
        """Fetch the package again, or say when that is allowed."""
        detail = self._detail
        if detail is None:
            return
        try:
            await self.catalogue.requesting.refresh(detail.registry, detail.name, force=is_forced)
        except TgtuiError as error:
            may_force = not is_forced and self._person().can("admin")
            self.tell(f"{error} {FORCE_HINT.format(key('package.force'))}" if may_force else error)
        else:
            self.tell(f"{detail.registry}:{detail.name} is queued to be fetched again.")

    def _confirmed(self, detail: PackageDetail, is_sure: bool | None) -> None:
        if is_sure:
            self.act("delete", self._delete, detail)

    async def _delete(self, detail: PackageDetail) -> None:
        try:
            await self.catalogue.curating.delete_package(detail.id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(
                f"{detail.registry}:{detail.name} is deleted. {key('package.restore')} restores it."
            )
        self.hint()

    async def _say_farewell(self) -> None:
        """Someone deleted the package that is shown."""
        self._versions.selected = None
        self._panes.visible = False
        self._deleted = await self.read(deleted_package, self._package_id)
        can_restore = self._person().can("admin")
        self._header.show_farewell(self._deleted, self.now(), can_restore=can_restore)
        self.refresh_bindings()

    def _person(self) -> Principal:
        return self.catalogue.principal
