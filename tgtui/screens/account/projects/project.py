"""One project: what it declares, its tree as locked, what is locked in several versions, what it shares with another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted, number
from tgtui.basics.text import clean
from tgtui.data.packages.by_name import find_package
from tgtui.data.versions.listing import find_version
from tgtui.data.views.projects import ProjectReport, ProjectRow
from tgtui.output.trees.projects import counts_in_words, trouble_in_words
from tgtui.screens.account.projects.commands import (
    AskMissing,
    CompareUpdate,
    Fold,
    OnlyOutdated,
    ReadAgain,
    ShowDeclared,
    ShowDuplicates,
    ShowInCommon,
    ShowLocked,
    ShowLockedTree,
    Unfold,
    WhyLocked,
)
from tgtui.screens.account.projects.lines import (
    View,
    declared_lines,
    duplicate_lines,
    locked_lines,
    shared_lines,
    tree_lines,
    wrapped,
)
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenComparison, OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.menus import Choice, MenuScreen
from tgtui.services.personal.projects.graph import LockedGraph, Shared, shared_between
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.projects import WANTED_FROM, ProjectLine, heading_of, package_columns

TITLES: dict[View, str] = {
    "declared": "Declared · range, locked, wanted, latest",
    "tree": "As locked · range, locked, latest",
    "locked": "Every locked package · locked, latest",
    "duplicates": "In several versions · for what, locked, latest",
    "shared": "Shared · here, there",
}
EMPTY: dict[View, str] = {
    "declared": "It declares nothing.",
    "tree": "It has no lock file that says what uses what.",
    "locked": "It has no lock file.",
    "duplicates": "No package is locked in several versions.",
    "shared": "They share no package.",
}
WAYS = 12
"""Paths that are shown at most."""
WHY_TAKES = 22
"""Cells of the dialog beside a path."""


class ProjectScreen(BaseScreen):
    """One list with several views, which follows the catalogue and the project's files."""

    CSS_PATH = "projects.tcss"
    AUTO_FOCUS = "#project-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ShowDeclared,
        ShowLockedTree,
        ShowLocked,
        ShowDuplicates,
        ShowInCommon,
        WhyLocked,
        CompareUpdate,
        OnlyOutdated,
        AskMissing,
        ReadAgain,
        Unfold,
        Fold,
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self._project = name
        self._rows = RowList[ProjectLine](
            package_columns(self.now),
            key=lambda line: line.key,
            heading=heading_of,
            id="project-list",
        )
        self._pane = ListPane(self._rows, clean(name), id="project")
        self._view: View = "declared"
        self._only_faults = False
        self._row: ProjectRow | None = None
        self._report: ProjectReport | None = None
        self._graph: LockedGraph | None = None
        self._unfolded: set[tuple[int, ...]] = set()
        self._other = ""
        self._shared: list[Shared] = []

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self._pane.wait()

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._entitle)

    def place(self) -> Content:
        return Content.assemble("Projects › ", safe(self._project, 80))

    async def refresh_live(self) -> None:
        projects = self.catalogue.projects
        row = await projects.find(self._project)
        if row is None:
            self._row = self._report = self._graph = None
            self._rows.set_rows([])
            self._pane.say(Content.styled("The project was removed.", MUTED))
            return
        is_same = self._row is not None and row.digest == self._row.digest and self._graph
        self._row = row
        if is_same and self._graph is not None:
            contents = self._graph.contents
        else:
            contents = await projects.contents(row)
            self._graph = LockedGraph(contents)
            self._unfolded = {(root,) for root in self._graph.roots}
        self._report = await projects.assess(contents)
        if self._other:
            await self._read_other()
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        line = self._rows.current
        if action == "fold":
            return self._view == "tree" and line is not None
        if action == "only_outdated":
            return self._view in ("declared", "locked")
        if action == "why_locked":
            return line is not None and line.position >= 0
        if action == "compare_update":
            return line is not None and line.other is not None
        if action == "ask_missing":
            return self._report is not None and self._report.counts.missing > 0
        if action == "read_again":
            return self._row is not None and self._row.is_own
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action == "compare_update":
            return "No newer version of it is known."
        if action == "why_locked":
            return "It is not locked."
        if action == "ask_missing":
            return "Everything it names is in the catalogue."
        return ""

    def _show(self, *, reset: bool = False) -> None:
        report, graph = self._report, self._graph
        if report is None or graph is None:
            return
        view = self._view
        if view == "declared":
            lines = declared_lines(report, only_faults=self._only_faults)
        elif view == "tree":
            lines = tree_lines(report, graph, self._unfolded)
        elif view == "locked":
            lines = locked_lines(report, only_faults=self._only_faults)
        elif view == "duplicates":
            lines = duplicate_lines(report, graph)
        else:
            lines = shared_lines(self._shared)
        self._rows.set_rows(lines, reset=reset)
        self._entitle()
        count = sum(not line.heading for line in lines)
        self._pane.locate(Content(number(count) if count else ""))
        empty = "Nothing of that kind." if self._only_faults else EMPTY[view]
        self._pane.say(None if lines else Content.styled(empty, MUTED))
        self._describe()
        self.refresh_bindings()

    def _entitle(self) -> None:
        """With the columns there is room for."""
        view = self._view
        title = TITLES[view].replace("Shared", f"Shared with {self._other}")
        if self._rows.size.width < WANTED_FROM:
            title = title.replace("wanted, ", "")
        if self._only_faults and view in ("declared", "locked"):
            title += " · only what is outdated, vulnerable, deprecated or missing"
        self._pane.entitle(safe(title, 200))

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        self.refresh_bindings()
        line, row, report = self._rows.current, self._row, self._report
        if report is None:
            return
        lines = []
        if row is not None and (told := trouble_in_words(row)):
            lines.append(safe(told, 400, style="$text-error"))
        if line is not None and line.note:
            lines.append(safe(line.note, 500))
        lines.append(safe(f"{counts_in_words(report.counts)}.", 400, style=MUTED))
        self._pane.note(Content("\n").join(lines))

    @on(RowList.Selected)
    def _chosen(self) -> None:
        line = self._rows.current
        if line is not None:
            self.act("open", self._open, line)

    def action_view(self, view: View) -> None:
        self._view = view
        self._show(reset=True)

    def action_only_outdated(self) -> None:
        self._only_faults = not self._only_faults
        self._show(reset=True)

    def action_fold(self, step: int) -> None:
        line = self._rows.current
        if line is None or not isinstance(line.key, tuple):
            return
        path = line.key
        if step > 0:
            self._unfolded.add(path)
        elif path in self._unfolded:
            self._unfolded.discard(path)
        elif len(path) > 1:
            self._rows.move_to_key(path[:-1])
        self._show()

    def action_why_locked(self) -> None:
        line, graph = self._rows.current, self._graph
        if line is None or graph is None or line.position < 0:
            return
        packages = graph.contents.packages
        ways, has_more = graph.ways(line.position, WAYS)
        choices = [
            Choice(str(place) if not row else "", clean(line, 500))
            for place, way in enumerate(ways, 1)
            for row, line in enumerate(
                wrapped([packages[at].label for at in way.packages], self.size.width - WHY_TAKES)
            )
        ]
        more = "; there are more" if has_more else ""
        title = f"Why {packages[line.position].label}: {counted(len(ways), 'path')}{more}"
        if choices:
            self.app.push_screen(MenuScreen(clean(title, 120), "closes", choices))
        else:
            self.tell("The lock file does not say what uses it.")

    def action_compare_update(self) -> None:
        line = self._rows.current
        if line is not None and line.other is not None:
            self.act("update", self._compare, line)

    def action_ask_missing(self) -> None:
        self.act("ask", self._ask_missing)

    def action_read_again(self) -> None:
        self.act("read", self._read_again)

    def action_show_in_common(self) -> None:
        self.act("others", self._choose_other)

    async def _choose_other(self) -> None:
        rows = await self.catalogue.projects.rows()
        choices = [
            Choice(str(place), row.full_name)
            for place, row in enumerate((row for row in rows if row.full_name != self._project), 1)
        ]
        if not choices:
            self.tell("There is no other project.")
            return

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self._other = choice.text
                self.act("shared", self._show_shared)

        self.app.push_screen(MenuScreen("Shared with", "compares", choices), chosen)

    async def _show_shared(self) -> None:
        await self._read_other()
        self.action_view("shared")

    async def _read_other(self) -> None:
        row = await self.catalogue.projects.find(self._other)
        if row is not None and self._graph is not None:
            other = await self.catalogue.projects.contents(row)
            self._shared = shared_between(self._graph.contents, other)

    async def _open(self, line: ProjectLine) -> None:
        registry, name = self._package_of(line)
        package_id = await self.read(find_package, registry, name)
        if package_id is not None:
            self.app.open(OpenPackage(package_id, line.locked or None))
        else:
            self.tell(f"{clean(name, 80)} is not in the catalogue.")

    async def _compare(self, line: ProjectLine) -> None:
        registry, name = self._package_of(line)
        package_id = await self.read(find_package, registry, name)
        if package_id is None or line.other is None:
            return
        before, after = [await self.read(find_version, package_id, each) for each in line.other]
        if before is not None and after is not None:
            self.app.open(OpenComparison(before, after, name))
        else:
            self.tell("The catalogue does not have both versions; ask for the package again.")

    def _package_of(self, line: ProjectLine) -> tuple[str, str]:
        if line.position >= 0 and self._graph is not None:
            package = self._graph.contents.packages[line.position]
            return package.registry, package.name
        return line.registry, line.name.rpartition(" = ")[2]

    async def _ask_missing(self) -> None:
        if self._report is None:
            return
        try:
            asked = await self.catalogue.projects.ask_missing(self._report)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(asked.sentence, is_error=bool(asked.refused))
        self.load()

    async def _read_again(self) -> None:
        if self._row is not None:
            changed = await self.catalogue.projects.read_again(self._row)
            self.tell("Its files changed, and were read." if changed else "Nothing changed.")
            self.load()
