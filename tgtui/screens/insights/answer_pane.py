"""The answer of one insight, as a list of bars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.data.insights.reading import answer
from tgtui.data.storage.reader import Reader
from tgtui.data.views.insights import Answer, Insight, InsightRow, Period
from tgtui.output.insights import NOTHING_YET, as_of_in_words, asked_in_words
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.answers import (
    AnswerLine,
    answer_columns,
    figures_in_words,
)

NOTHING = "There is nothing to count yet."


class AnswerPane(ListPane):
    """Reads the rows; `show` is asked for again when results may have changed."""

    def __init__(self, read: Reader, now: Callable[[], datetime]) -> None:
        rows = RowList[AnswerLine](answer_columns(), key=lambda line: line.key, id="answer-list")
        super().__init__(rows, "", id="answer")
        self._read = read
        self._now = now
        self._question = ""
        self._is_cut = False
        self._shown: tuple[str, str, Period] | None = None

    @property
    def current(self) -> InsightRow | None:
        """The row under the cursor."""
        line = self.list.current
        return line.row if line is not None else None

    async def show(self, insight: Insight, registry: str, window: Period) -> None:
        """What has no registries or windows is shown without."""
        registry = registry if insight.by_registry else ""
        window = window if insight.by_window else ""
        found = await self._read(answer, insight.name, registry, window)
        asked = (insight.name, registry, window)
        is_other, self._shown = asked != self._shown, asked
        most = max((row.value for row in found.rows), default=0)
        # Of time the newest is what one looks for: it is under the cursor at first.
        rows = found.rows[::-1] if insight.is_series else found.rows
        self.list.set_rows([AnswerLine(insight, row, most) for row in rows], reset=is_other)
        self._tell(found)

    def _tell(self, found: Answer) -> None:
        told = (found.insight.title, asked_in_words(found))
        self.entitle(Content(" · ".join(part for part in told if part)))
        rows = counted(len(found.rows), "row")
        as_of = as_of_in_words(found, self._now())
        self.locate(Content(f"{as_of} · {rows}" if found.as_of is not None else ""))
        empty = NOTHING_YET if found.as_of is None else NOTHING
        self.say(None if found.rows else Content.styled(empty, MUTED))
        self._question = found.insight.question
        self.call_after_refresh(self._look)

    def on_resize(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Whether the list has room for all figures of all rows: what is below it does not come and go with the cursor."""
        rows = self.list.rows
        self._is_cut = not all(self.list.tells(line, figures_in_words(line)) for line in rows)
        self._describe()

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        """Below the list: what the figures of the row are if the list has no room for all of them, and what was asked."""
        lines = [Content.styled(self._question, MUTED)]
        line = self.list.current
        if line is not None and self._is_cut:
            lines.insert(0, safe(figures_in_words(line), 300))
        self.note(Content("\n").join(each for each in lines if each))
