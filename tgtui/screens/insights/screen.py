"""What the analytics found out, one question at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from tgtui.data.views.insights import INSIGHTS, PERIODS, Insight, Period
from tgtui.registries.base import REGISTRIES
from tgtui.screens.base.commands import PaneLeft, PaneRight, bindings
from tgtui.screens.base.opening import OpenSearch
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.insights.answer_pane import AnswerPane
from tgtui.screens.insights.commands import NextRegistry, NextWindow, WalkInto
from tgtui.screens.insights.walking import search_for
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.answers import insight_columns


class InsightsScreen(BaseScreen):
    """The questions on the left, the answer under the cursor on the right."""

    CSS_PATH = "insights.tcss"
    AUTO_FOCUS = "#questions-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        WalkInto, NextRegistry, NextWindow, PaneLeft, PaneRight
    )

    def __init__(self) -> None:
        super().__init__()
        self._questions = RowList[Insight](
            insight_columns(), key=lambda insight: insight.name, id="questions-list"
        )
        self._answer = AnswerPane(self.read, self.now)
        self._registry = ""
        self._window: Period = "month"

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="insights"):
            yield ListPane(self._questions, "Insights", id="questions")
            yield self._answer

    def on_mount(self) -> None:
        self._questions.set_rows(INSIGHTS)

    def place(self) -> Content:
        return Content("Insights")

    async def refresh_live(self) -> None:
        insight = self._questions.current
        if insight is not None:
            await self._answer.show(insight, self._registry, self._window)
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        insight = self._questions.current
        if action == "show_insights":
            return False
        if action == "next_registry":
            return insight is not None and insight.by_registry
        if action == "next_window":
            return insight is not None and insight.by_window
        if action == "walk_into":
            return self.focused is self._answer.list and self._query is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        insight = self._questions.current
        if insight is None:
            return ""
        if action == "next_registry":
            return f"{insight.title} is told of all registries together."
        if action == "next_window":
            return f"{insight.title} tells how things are, not what happened in a time."
        if action == "walk_into" and self.focused is self._answer.list:
            return "No search finds that."
        return ""

    @on(RowList.Highlighted, "#questions-list")
    def _asked(self) -> None:
        self.load()

    @on(RowList.Highlighted, "#answer-list")
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Selected, "#questions-list")
    def _chosen(self) -> None:
        self._answer.list.focus()

    @on(RowList.Selected, "#answer-list")
    def _entered(self) -> None:
        if self._query is not None:
            self.action_walk_into()
        else:
            self.tell(self.why_not("walk_into"))

    def action_walk_into(self) -> None:
        if self._query is not None:
            self.app.open(OpenSearch(self._query))

    def action_next_registry(self) -> None:
        every = ("", *REGISTRIES)
        self._registry = every[(every.index(self._registry) + 1) % len(every)]
        self.load()

    def action_next_window(self) -> None:
        self._window = PERIODS[(PERIODS.index(self._window) + 1) % len(PERIODS)]
        self.load()

    def action_pane(self, step: int) -> None:
        (self._questions if step < 0 else self._answer.list).focus()

    @property
    def _query(self) -> str | None:
        insight, row = self._questions.current, self._answer.current
        if insight is None or row is None:
            return None
        return search_for(insight, row, self._registry)
