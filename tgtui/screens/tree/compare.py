"""Two versions of a package side by side: what their dependencies differ in, and what an install gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import number
from tgtui.data.graph.comparison import Change, Comparison, Moved, compare
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.output.comparison import (
    GONE,
    INSTALLED,
    OWN,
    SAME,
    asked,
    install_groups,
    listed,
    name_of_change,
    own_groups,
    sides_in_words,
)
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.loading import being_loaded
from tgtui.screens.base.opening import OpenPackage, OpenReadme
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.tree.commands import ShowChanges, SwapVersions
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

SIGNS = {"+": "bold $text-success", "-": "bold $text-error", "~": "bold $text-warning"}


class CompareScreen(BaseScreen):
    """Has both versions loaded first; follows the catalogue while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SwapVersions, ShowChanges)

    def __init__(self, before: VersionRow, after: VersionRow, name: str) -> None:
        """`name` is the package's."""
        super().__init__()
        self._before, self._after = before, after
        self._head = CompareHead(name)
        self._pane = DifferencesPane(self.read)
        self._unloaded: Sequence[VersionRow] = ()
        """Of the two, as last read."""
        self._wanted: set[object] = set()

    def place(self) -> Content:
        return Content("Compare")

    def compose_body(self) -> Iterable[Widget]:
        yield self._head
        yield self._pane

    def on_mount(self) -> None:
        self._pane.list.focus()
        self._pane.wait()
        self._head.show(self._before, self._after, None)

    def report(self, error: TgtuiError) -> None:
        super().report(error)
        if self._pane.is_waiting:
            self._pane.say_instead(str(error))

    async def refresh_live(self) -> None:
        before, after = self._before, self._after
        found = await self._pane.compare(before, after)
        if (before, after) != (self._before, self._after):
            return  # swapped meanwhile, and being read again
        self._unloaded = unloaded(found) if found is not None else ()
        self._head.show(before, after, found)
        if self._unloaded:
            await self._load()

    def action_swap(self) -> None:
        self._before, self._after = self._after, self._before
        self._unloaded = ()
        self._pane.list.set_rows([], reset=True)
        self._pane.wait()
        self._head.show(self._before, self._after, None)
        self.load()

    def action_show_changes(self) -> None:
        after, before = self._after, self._before
        self.app.open(OpenReadme(after.package_id, after.version, since=before.version))

    async def action_ask(self) -> None:
        """Once more for what could not be loaded."""
        if self._unloaded:
            self._wanted.clear()
            await self._load()
        else:
            await super().action_ask()

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.act("open", self._open, event.row)

    async def _open(self, row: CompareRow) -> None:
        package_id = await self.read(find_package, row.registry, row.target)
        if package_id is None:
            self.tell(f"{row.registry}:{row.target} is not in the catalogue yet.")
        else:
            self.app.open(OpenPackage(package_id))

    async def _load(self) -> None:
        """Once for each; what the worker stores brings the screen up to date."""
        versions, person = self._unloaded, self.catalogue.principal
        for version in versions:
            if version.id not in self._wanted and person.can("authenticated"):
                self._wanted.add(version.id)
                await self.catalogue.requesting.want_version(version.id)
        package = await self._pane.package_of(versions[0])
        self._pane.say_instead(
            being_loaded(
                [version.version for version in versions],
                package.request if package is not None else None,
                self.unattended(package.registry) if package is not None else "",
                self.now(),
                asks="app.ask",
                person=person,
            )
        )


class CompareHead(PageText):
    """`express  4.18.1 → 4.21.2   65 packages → 68 packages`."""

    DEFAULT_CSS = """
    CompareHead { height: auto; max-height: 3; padding: 0 1; margin-bottom: 1; }
    """

    def __init__(self, name: str) -> None:
        """`name` is the package's."""
        super().__init__(id="compare-head")
        self._name_of_package = name

    def show(self, before: VersionRow, after: VersionRow, found: Comparison | None) -> None:
        """What is known so far."""
        parts = [
            Content.assemble(
                safe(self._name_of_package, MAX_NAME, style="bold $primary"),
                "  ",
                safe(before.version, MAX_VERSION, style="bold"),
                (" → ", MUTED),
                safe(after.version, MAX_VERSION, style="bold"),
            ),
        ]
        if found is not None and not unloaded(found):
            known = Content.styled(sides_in_words(found), MUTED)
            if not (found.before.is_whole and found.after.is_whole):
                known += Content.styled(" · not fully loaded yet", "$text-warning")
            parts.append(known)
        self.update(Page([Flow(parts, Content("   "))], "\n"))


class DifferencesPane(ListPane):
    """Reads what differs, once both versions are loaded."""

    def __init__(self, read: Reader) -> None:
        rows = RowList[CompareRow](
            compare_columns(), key=lambda row: row.key, heading=compare_heading
        )
        super().__init__(rows, "Differences", id="differences")
        self._read = read

    async def compare(self, before: VersionRow, after: VersionRow) -> Comparison | None:
        """Show what differs; None if one of them is no longer in the catalogue."""
        found = await self._read(compare, before.id, after.id)
        if found is None:
            self.say_instead(f"{GONE}; {key('app.back')} goes back.")
        elif not unloaded(found):
            rows = compare_rows(found)
            if rows:
                self.list.set_rows(rows)
                self.say(None)
            else:
                self.say_instead(SAME)
        return found

    async def package_of(self, version: VersionRow) -> PackageDetail | None:
        """With its newest request."""
        return await self._read(package_detail, version.package_id)

    def say_instead(self, text: str | Content) -> None:
        """There are no rows; this says why."""
        self.list.set_rows([], reset=True)
        self.say(safe(text, style=MUTED) if isinstance(text, str) else text)


class CompareRow(Struct, frozen=True):
    """A package that differs, or the heading of a group. Its text is hostile."""

    group: str
    sign: str = ""
    """`+`, `-` or `~`; empty for a heading."""
    registry: str = ""
    name: str = ""
    """As it is shown, an alias before it."""
    target: str = ""
    """The package's own name."""
    before: str = ""
    after: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same row after it was read again."""
        return (self.group, self.registry, self.name)


def compare_rows(found: Comparison) -> list[CompareRow]:
    """Its own dependencies first, then all that an install brings."""
    rows: list[CompareRow] = []
    for sign, word, changes in own_groups(found):
        rows += _group(f"{OWN} · {word}", [_of_change(sign, change) for change in changes])
    for sign, word, moves in install_groups(found):
        rows += _group(f"{INSTALLED} · {word}", [_of_move(sign, moved) for moved in moves])
    return rows


def compare_columns() -> list[Column[CompareRow]]:
    """Sign, name, before, after; what stays if there is room."""
    return [
        Column(lambda row: Content.styled(row.sign, SIGNS.get(row.sign, "")), width=1),
        Column(lambda row: safe(row.name, MAX_NAME, style="bold"), share=8, at_most=64, tells=True),
        Column(
            lambda row: safe(row.before, MAX_VERSION, style=MUTED), share=4, at_most=36, tells=True
        ),
        Column(lambda row: _arrow(row), width=1),
        Column(
            lambda row: safe(row.after, MAX_VERSION, style="$text-success"),
            share=4,
            at_most=36,
            tells=True,
        ),
        Column(lambda row: safe(row.note, 120, style=MUTED), share=2, at_most=40, from_width=110),
    ]


def compare_heading(row: CompareRow) -> Content | None:
    """For the list: which rows are headings."""
    return safe(row.group) if not row.sign else None


def unloaded(found: Comparison) -> list[VersionRow]:
    """Those of the two versions whose dependencies are not loaded yet."""
    versions = (found.before.version, found.after.version)
    return [version for version in versions if not version.dependencies_loaded]


def _group(title: str, rows: Sequence[dict[str, str]]) -> Iterator[CompareRow]:
    if rows:
        heading = f"{title} {number(len(rows))}"
        yield CompareRow(heading)
        for row in rows:
            yield CompareRow(heading, **row)


def _of_change(sign: str, change: Change) -> dict[str, str]:
    edge, before, after = change.edge, change.before, change.after
    return {
        "sign": sign,
        "registry": edge.registry,
        "name": name_of_change(change),
        "target": edge.name,
        "before": asked(before) if before else "",
        "after": asked(after) if after else "",
    }


def _of_move(sign: str, moved: Moved) -> dict[str, str]:
    return {
        "sign": sign,
        "registry": moved.registry,
        "name": moved.name,
        "target": moved.name,
        "before": listed(moved.before),
        "after": listed(moved.after),
        "note": f"{listed(moved.kept)} stays" if moved.kept else "",
    }


def _arrow(row: CompareRow) -> Content:
    return Content.styled("→" if row.before and row.after else "", MUTED)
