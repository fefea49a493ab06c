"""All projects of a person, with what is wrong with each in figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.formatting import counted
from tgtui.data.packages.projects.kept import usable_project_name
from tgtui.output.trees.projects import counts_in_words, trouble_in_words
from tgtui.screens.account.projects.commands import (
    AskMissing,
    ReadAgain,
    RemoveProject,
    RenameProject,
    ShareProject,
)
from tgtui.screens.base.commands import AddProject, bindings
from tgtui.screens.base.opening import OpenProject
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.confirm import ConfirmScreen
from tgtui.screens.dialogs.line import LineScreen
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER, key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.projects import (
    LICENCES_FROM,
    READ_FROM,
    ProjectSummary,
    summary_columns,
)

NO_PROJECTS = "There are no projects yet. {key} adds one: the folder of a package.json, a pyproject.toml, a Brewfile …"


class ProjectsScreen(BaseScreen):
    """One list; the note below tells of the project under the cursor."""

    CSS_PATH = "projects.tcss"
    AUTO_FOCUS = "#projects-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        # What is a key of every screen is shown where it is looked for.
        replace(AddProject.binding(), description="add", show=True),
        *bindings(ReadAgain, AskMissing, RenameProject, ShareProject, RemoveProject),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows = RowList[ProjectSummary](
            summary_columns(self.now), key=lambda each: each.row.id, id="projects-list"
        )
        self._pane = ListPane(self._rows, "Projects", id="projects")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self._pane.wait()

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._entitle)

    def _entitle(self) -> None:
        """With the columns there is room for."""
        width = self._rows.size.width
        columns = ["locked packages", "outdated", "what is wrong"]
        columns += ["licences"] if width >= LICENCES_FROM else []
        columns += ["read"] if width >= READ_FROM else []
        shown = f" · {', '.join(columns)}" if self._rows.rows else ""
        self._pane.entitle(Content(f"Projects{shown}"))

    def place(self) -> Content:
        return Content("Projects")

    async def refresh_live(self) -> None:
        projects = self.catalogue.projects
        places = projects.places.all()
        found = []
        for row in await projects.rows():
            report = await projects.report(row)
            folder = places.get(row.id)
            found.append(ProjectSummary(row, report.counts, str(folder) if folder else None))
        self._rows.set_rows(found)
        self._entitle()
        self._pane.locate(Content(counted(len(found), "project") if found else ""))
        empty = NO_PROJECTS.format(key=key("app.add_project"))
        self._pane.say(None if found else Content.styled(empty, MUTED))
        self._describe()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self._rows.current
        if action == "show_projects":
            return False
        if action in {"rename_project", "share_project", "remove_project"}:
            return row is not None and row.row.is_own
        if action == "read_again":
            return row is not None and row.folder is not None
        if action == "ask_missing":
            return row is not None and row.counts.missing > 0
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        row = self._rows.current
        if row is None:
            return ""
        if action == "read_again":
            return "It lies on another machine, and is read there."
        if action == "ask_missing":
            return "Everything it names is in the catalogue."
        return "" if row.row.is_own else f"It is {row.row.owner or 'someone'}'s."

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        row = self._rows.current
        self.refresh_bindings()
        if row is None:
            self._pane.note(None)
            return
        lines = [safe(f"{counts_in_words(row.counts)}.", 400)]
        place = row.folder or "It lies on another machine."
        shared = " · shared" if row.row.shared_at is not None else ""
        lines.append(safe(f"{place}{shared}", 300, style=MUTED))
        if told := trouble_in_words(row.row):
            lines.insert(0, safe(told, 400, style="$text-error"))
        self._pane.note(Content("\n").join(lines))

    @on(RowList.Selected)
    def _chosen(self) -> None:
        if self._rows.current is not None:
            self.app.open(OpenProject(self._rows.current.row.full_name))

    def ask_folder(self) -> None:
        """Open the dialog that asks for the folder of a project to add."""

        def written(folder: str | None) -> None:
            if folder:
                self.act("add", self._add, Path(folder.strip()))

        self.app.push_screen(folder_dialog(), written)

    async def _add(self, folder: Path) -> None:
        try:
            added = await self.catalogue.projects.add(folder)
            report = await self.catalogue.projects.report(added.row)
            asked = await self.catalogue.projects.ask_missing(report)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"{added.row.name} was added. {asked.sentence}", is_error=bool(asked.refused))
        self.load()

    def action_read_again(self) -> None:
        row = self._rows.current
        if row is not None:
            self.act("read", self._read_again, row)

    def action_ask_missing(self) -> None:
        row = self._rows.current
        if row is not None:
            self.act("ask", self._ask_missing, row)

    def action_share_project(self) -> None:
        row = self._rows.current
        if row is not None:
            self.act("share", self._share, row)

    def action_rename_project(self) -> None:
        row = self._rows.current
        if row is None:
            return

        def judge(name: str) -> Content:
            return Content.assemble("It is called ", safe(usable_project_name(name), style="bold"))

        def named(to: str | None) -> None:
            if to is not None:
                self.act("rename", self._rename, row.row.name, to)

        dialog = LineScreen("Rename the project", f"{ENTER} renames", row.row.name, judge)
        self.app.push_screen(dialog, named)

    def action_remove_project(self) -> None:
        row = self._rows.current
        if row is None:
            return

        def sure(is_sure: bool | None) -> None:
            if is_sure:
                self.act("remove", self._remove, row.row.name)

        text = safe(f"The project {row.row.name} is forgotten; its folder stays as it is.")
        self.app.push_screen(ConfirmScreen("Forget the project", "forgets it", text), sure)

    async def _read_again(self, row: ProjectSummary) -> None:
        changed = await self.catalogue.projects.read_again(row.row)
        self.tell("Its files changed, and were read." if changed else "Nothing changed.")
        self.load()

    async def _ask_missing(self, row: ProjectSummary) -> None:
        try:
            report = await self.catalogue.projects.report(row.row)
            asked = await self.catalogue.projects.ask_missing(report)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(asked.sentence, is_error=bool(asked.refused))
        self.load()

    async def _share(self, row: ProjectSummary) -> None:
        is_shared = row.row.shared_at is None
        await self.catalogue.projects.share(row.row.name, is_shared=is_shared)
        self.tell("Everyone with an account sees it now." if is_shared else "Only you see it now.")
        self.load()

    async def _rename(self, name: str, to: str) -> None:
        try:
            await self.catalogue.projects.rename(name, to)
        except UsageError as error:
            self.tell(error, is_error=True)
        self.load()

    async def _remove(self, name: str) -> None:
        await self.catalogue.projects.remove(name)
        self.tell(f"The project {name} was removed.")
        self.load()


def folder_dialog() -> LineScreen:
    """Asks which folder to add."""

    def judge(text: str) -> Content:
        folder = Path(text.strip()).expanduser()
        if not folder.is_dir():
            raise UsageError("There is no such folder.")
        return Content.assemble("Reads ", safe(folder.absolute(), 300, style="bold"))

    return LineScreen(
        "Add a project",
        f"{ENTER} reads it",
        str(Path.cwd()),
        judge,
        placeholder="~/code/web",
        empty=Content("Manifests and lock files in it are read; nothing is run."),
    )
