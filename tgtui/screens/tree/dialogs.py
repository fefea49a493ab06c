"""Dialogs of the tree: what to filter by, why something is here, how to write the tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.formatting import counted, number
from tgtui.basics.text import clean
from tgtui.data.graph.dependents import Link, Step
from tgtui.data.graph.finding import Only
from tgtui.data.graph.why import Reason
from tgtui.data.versions.edges import INSTALLED
from tgtui.registries.registration import registration
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

TYPES = {
    "runtime": "Runtime dependencies",
    "peer": "Peers that an install brings",
    "optional": "Optional dependencies",
    "dev": "What the root itself is developed with",
}
ONLY: dict[Only, str] = {
    "deprecated": "Only what is {withdrawn}, and what leads there",
    "unresolved": "Only what is unresolved, and what leads there",
    "missing": "Only what is not in the catalogue yet",
}
MAX_STEPS_SHOWN = 12
"""Steps of a way that are spelt out below the list."""


@dataclass(frozen=True, slots=True)
class TreeFilter:
    """What of a tree is shown."""

    kinds: frozenset[str] = INSTALLED
    only: Only | None = None

    @property
    def is_on(self) -> bool:
        return self != TreeFilter()

    def words(self, registry: str) -> str:
        """For the head of the tree: `only deprecated`, `runtime, peer`. `registry` is the root's."""
        kinds = "" if self.kinds == INSTALLED else ", ".join(k for k in TYPES if k in self.kinds)
        word = registration(registry).withdrawn if self.only == "deprecated" else self.only
        only = f"only {word}" if self.only else ""
        return " · ".join(part for part in (kinds, only) if part)


class FilterScreen(Dialog[TreeFilter | None]):
    """Space and enter change a line and the tree behind follows at once when it is left; escape keeps the choice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "done", "Done", id="filter.close"),
        Binding("space", "change", "Change", id="filter.toggle"),
        Binding("backspace", "reset", "Everything", id="filter.reset"),
    ]

    def __init__(self, chosen: TreeFilter, registry: str, *, is_upwards: bool) -> None:
        """`registry` is the root's, whose words are used."""
        super().__init__("Show in the tree", "space changes · backspace shows all · esc takes it")
        self._chosen = chosen
        self._registry = registry
        # Upwards nothing is unresolved or missing: who is not here can't be known.
        only = ["deprecated"] if is_upwards else list(ONLY)
        self._lines = [*TYPES, *only]

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[str](
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

    def action_change(self) -> None:
        line = self.query_one(RowList).current
        if line is not None:
            self._change(line)

    def action_reset(self) -> None:
        self._chosen = TreeFilter()
        self.query_one(RowList).set_rows(self._lines)

    def action_done(self) -> None:
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
        words = TYPES.get(line) or next(text for only, text in ONLY.items() if only == line)
        return words.format(withdrawn=registration(self._registry).withdrawn)

    def _box(self, line: str) -> Content:
        is_on = line in self._chosen.kinds or line == self._chosen.only
        is_type = line in TYPES
        sign = ("[x]" if is_on else "[ ]") if is_type else ("(o)" if is_on else "( )")
        return Content.styled(sign, "bold $text-success" if is_on else MUTED)


@dataclass(frozen=True, slots=True)
class Way:
    """One line of the list of ways."""

    place: int
    steps: tuple[Step, ...]


class WhyScreen(Dialog[Way | None]):
    """Every way to a node; enter walks along one in the tree."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w", "dismiss", "Close", id="why.close")
    ]

    def __init__(self, title: str, reason: Reason, registry: str) -> None:
        """`title` is a question, clean."""
        count = counted(len(reason.ways), "way")
        if reason.has_more:
            count = f"the {number(len(reason.ways))} shortest ways of more"
        super().__init__(f"{title}  {count}", "enter walks along it · esc closes", is_large=True)
        self._reason = reason
        self._registry = registry
        self._ways = [Way(place, steps) for place, steps in enumerate(reason.ways)]

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[Way](
            [
                Column(lambda way: Content.styled(str(way.place + 1), MUTED), 4, align="right"),
                Column(self._line),
            ],
            key=lambda way: way.place,
            click_selects=True,
            id="why-ways",
        )
        yield Static(id="why-way")

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(self._ways)

    @on(RowList.Highlighted)
    def _highlighted(self, event: RowList.Highlighted) -> None:
        if event.row is not None:
            self.query_one("#why-way", Static).update(self._spelt_out(event.row.steps))

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)

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
    kind = "" if link.type == "runtime" else f"{link.type} "
    alias = f" as {link.declared_name}" if link.declared_name else ""
    return clean(f"{kind}{link.range or '*'}{alias}", 120)
