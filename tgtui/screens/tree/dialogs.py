"""Dialogs of the tree: what to filter by, why something is here, which format to export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted, number
from tgtui.basics.text import clean
from tgtui.data.graph.dependents import Link, Step
from tgtui.data.graph.finding import Only
from tgtui.data.graph.why import Reason
from tgtui.output.ranges import TYPES, before_range
from tgtui.output.trees.files import file_name, free_path
from tgtui.output.trees.formats import FORMATS, Format
from tgtui.registries.registration import registration
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.screens.tree.filter import ONLY, TreeFilter
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

MAX_STEPS_SHOWN = 12
"""Steps of a path that are spelt out below the list."""
MAX_SENTENCE = 400
"""Characters."""


class FilterList(RowList[str]):
    """Enter applies what is chosen; space, or a click, changes a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.apply", "apply", id="filter.apply"),
        Binding("space", "select", "toggle", id="filter.toggle"),
    ]


class FilterScreen(Dialog[TreeFilter | None]):
    """Returns the choice, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "dismiss", "Close", id="filter.close"),
        Binding("backspace", "reset", "Everything", id="filter.reset"),
    ]

    def __init__(self, chosen: TreeFilter, registry: str, *, is_upwards: bool) -> None:
        """`registry` is the root's, whose words are used."""
        super().__init__(
            "Show in the tree",
            f"{key('filter.toggle')} toggles · {key('filter.reset')} shows all · {key('filter.apply')} applies · {key('filter.close')} closes",
        )
        self._chosen = chosen
        self._registry = registry
        # Upwards nothing is unresolved or missing: dependents that are not here are not known.
        only = ["deprecated"] if is_upwards else list(ONLY)
        self._lines = [*TYPES, *only]

    def compose_body(self) -> Iterable[Widget]:
        yield FilterList(
            [
                Column(self._box, width=3),
                Column(lambda line: Content(self._label(line))),
            ],
            key=lambda line: line,
            click_selects=True,
        )

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(self._lines)

    @on(RowList.Selected)
    def _selected(self, event: RowList.Selected) -> None:
        self._change(event.row)

    def action_reset(self) -> None:
        self._chosen = TreeFilter()
        self.query_one(RowList).set_rows(self._lines)

    def action_apply(self) -> None:
        self.dismiss(self._chosen)

    def _change(self, line: str) -> None:
        chosen = self._chosen
        if line in TYPES:
            kinds = chosen.kinds ^ {line}
            if not kinds:
                self.app.bell()
                return
            self._chosen = replace(chosen, kinds=kinds)
        else:
            only: Only | None = next((each for each in ONLY if each == line), None)
            self._chosen = replace(chosen, only=None if chosen.only == only else only)
        self.query_one(RowList).set_rows(self._lines)

    def _label(self, line: str) -> str:
        if line in TYPES:
            words = TYPES[line].choice
        else:
            words = next(text for only, text in ONLY.items() if only == line)
        return words.format(withdrawn=registration(self._registry).withdrawn)

    def _box(self, line: str) -> Content:
        is_on = line in self._chosen.kinds or line == self._chosen.only
        is_type = line in TYPES
        sign = ("[x]" if is_on else "[ ]") if is_type else ("(o)" if is_on else "( )")
        return Content.styled(sign, "bold $text-success" if is_on else MUTED)


class Way(Struct, frozen=True):
    """One line of the list of paths."""

    place: int
    steps: tuple[Step, ...]


class WhyScreen(Dialog[Way | None]):
    """Every path to a node; enter follows one in the tree. Opens at once, and reads the paths then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w", "dismiss", "Close", id="why.close")
    ]

    def __init__(
        self, title: str, registry: str, ways: Callable[[], Awaitable[Reason | None]]
    ) -> None:
        """`title` is a question, clean; `registry` the root's. `ways` is None if the node is gone."""
        super().__init__(
            f"{title}  looking…",
            f"{key('list.select')} follows it in the tree · {key('why.close')} closes",
            is_large=True,
        )
        self._title = title
        self._registry = registry
        self._ways = ways

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[Way](
            [
                Column(lambda way: Content.styled(str(way.place + 1), MUTED), 4, align="right"),
                Column(self._line, tells=True),
            ],
            key=lambda way: way.place,
            click_selects=True,
            id="why-ways",
        )
        yield Static(id="why-way")

    def on_mount(self) -> None:
        self.seek(self._look, failed=self._say_error)

    @on(RowList.Highlighted)
    def _highlighted(self, event: RowList.Highlighted) -> None:
        if event.row is not None:
            self._say(self._spelt_out(event.row.steps))

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)

    async def _look(self) -> None:
        reason = await self._ways()
        if reason is None or not reason.ways:
            self.entitle(self._title)
            self._say(Content("It is no longer in the tree; the tree is being reloaded."))
            return
        count = counted(len(reason.ways), "path")
        if reason.has_more:
            count = f"the {number(len(reason.ways))} shortest paths; there are more"
        self.entitle(f"{self._title}  {count}")
        rows = self.query_one(RowList)
        rows.set_rows([Way(place, steps) for place, steps in enumerate(reason.ways)])
        rows.refresh(layout=True)  # as high as its rows

    def _say_error(self, error: TgtuiError) -> None:
        self.entitle(self._title)
        self._say(safe(error, MAX_SENTENCE, style="$text-error"))

    def _say(self, text: Content) -> None:
        self.query_one("#why-way", Static).update(text)

    def _line(self, way: Way) -> Content:
        names = [self._called(step) for step in way.steps]
        return Content.styled(" › ", MUTED).join(names)

    def _called(self, step: Step) -> Content:
        name = step.name
        is_own = name.registry == self._registry
        label = safe(name.name if is_own else f"{name.registry}:{name.name}", 80)
        return Content.assemble(label, safe(f"@{name.version}", 48, style=MUTED))

    def _spelt_out(self, steps: Sequence[Step]) -> Content:
        """One step a line, behind it the range it is asked for with."""
        shown = list(steps)
        lines = [Content.assemble("  ", self._called(shown[0]))]
        for level, (before, step) in enumerate(pairwise(shown), 1):
            if len(shown) > MAX_STEPS_SHOWN and MAX_STEPS_SHOWN // 2 < level < (
                len(shown) - MAX_STEPS_SHOWN // 2
            ):
                continue
            indent = "  " * min(level, MAX_STEPS_SHOWN + 1)
            asked = f"  {_asked(before.link)}" if before.link else ""
            lines.append(
                Content.assemble(f"{indent}└ ", self._called(step), Content.styled(asked, MUTED))
            )
        if len(lines) < len(shown):
            left_out = f"… {counted(len(shown) - len(lines), 'step')} left out …"
            lines.insert(MAX_STEPS_SHOWN // 2 + 1, Content.styled(f"  {left_out}", MUTED))
        return Content("\n").join(lines)


def _asked(link: Link) -> str:
    alias = f" as {link.declared_name}" if link.declared_name else ""
    return clean(f"{before_range(link.type)}{link.range or '*'}{alias}", 120)


class Export(Struct, frozen=True):
    """A format to write a tree in, and the file it goes into."""

    format: Format
    path: Path


class ExportScreen(Dialog[Export | None]):
    """Which format to write a tree in; beside each its file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="menu.close")
    ]

    def __init__(self, folder: Path, name: str, version: str) -> None:
        """No file that is in the folder already is offered."""
        title = clean(f"Write the whole tree to {folder}", 100)
        super().__init__(
            title, f"{key('list.select')} writes the file · {key('menu.close')} closes"
        )
        self._exports = [
            Export(format, free_path(folder, file_name(name, version, format)))
            for format in FORMATS.values()
        ]

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[Export](
            [
                Column(lambda export: Content.styled(export.format.name, MUTED), width=12),
                Column(lambda export: safe(export.path.name), tells=True),
            ],
            key=lambda export: export.format.name,
            click_selects=True,
        )

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(self._exports)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)
