"""How the rows of a list share its width: by their columns, and by what the rows in sight need.

Widths are decided once for a listing, from the rows in sight when it appears, and stay while one scrolls. A row that
needs more than its column has takes what the other cells of the same row leave free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic

from textual.content import Content

from tgtui.widgets.flow import Flow
from tgtui.widgets.lists.columns import GAP, Column, R, column_widths, fitted
from tgtui.widgets.lists.cutting import cut_apart

CALM = 24
"""Cells that a telling column keeps beside prose: lists that change with each letter stay calm."""
STEP = 8
"""Cells: what it keeps above that is a multiple of this, so that it seldom changes."""
LEAST = 8
"""Cells of a longer cell that must fit, if its column is left out of the listing."""
GAIN = 6
"""A row moves its cells out of line for this many cells more, or if it is whole then."""
SHORT = 14
"""Cells that prose keeps, or all it needs if that is less."""
ENOUGH = 44
"""Cells of what tells rows apart, if it can't be whole: a row does without spare cells for so many."""
LOOKS = 2_000
"""Cut cells remembered to tell others from; more than any screen shows."""

Cells = Sequence[Content | Flow]


class Layout(Generic[R]):
    """Draws the rows of one list."""

    def __init__(self, columns: Sequence[Column[R]]) -> None:
        self._columns = columns
        self._available = 0
        self._needs: list[int] = []
        """Cells that each column of the listing needs; empty until that is decided."""
        self._widths: list[int] = []
        self._cells: dict[R, Cells] = {}
        """Measured, to be drawn."""
        self._looks: dict[tuple[int, str], str] = {}
        """By column: what a cut cell shows, and the whole of it."""

    @property
    def is_decided(self) -> bool:
        """What the columns of the listing need is known."""
        return bool(self._needs)

    def forget(self) -> None:
        """Another listing: decide anew."""
        self._needs = []

    def decide(self, in_sight: Iterable[R]) -> bool:
        """By what these rows need. True if the widths change."""
        before = self._widths
        self.renew()
        needs = [0] * len(self._columns)
        for row in in_sight:
            cells = self._cells[row] = self._cells_of(row)
            needs = [max(need, cell.cell_length) for need, cell in zip(needs, cells, strict=True)]
        self._needs = needs
        self._deal()
        return self._widths != before

    def fit(self, available: int) -> None:
        """The list is this many cells wide now."""
        if available != self._available:
            self._available = available
            self._deal()

    def renew(self) -> None:
        """Cells may show something else than they were measured with."""
        self._cells.clear()

    def line(self, row: R) -> Content:
        """The row as one line, each cell cut or padded to its width."""
        cells = self._cells.pop(row, None) or self._cells_of(row)
        needs = [cell.cell_length for cell in cells]
        widths = row_widths(self._columns, self._widths, needs, self._available)
        shown = [
            _shown(cell, width, column)
            for cell, width, column in zip(cells, widths, self._columns, strict=True)
        ]
        for place, column in enumerate(self._columns):
            cell = cells[place]
            if column.tells and 0 < widths[place] < needs[place] and isinstance(cell, Content):
                shown[place] = self._told_apart(place, cell, widths[place], shown[place])
        return _joined(shown, widths)

    def _deal(self) -> None:
        self._looks.clear()
        if self._needs:
            self._widths = listing_widths(self._columns, self._needs, self._available)

    def _told_apart(self, place: int, cell: Content, width: int, shown: Content) -> Content:
        """If another cell of the column looks the same, what is cut shows where they differ."""
        if len(self._looks) >= LOOKS:
            self._looks.clear()
        other = self._looks.setdefault((place, shown.plain), cell.plain)
        if other == cell.plain:
            return shown
        for way in cut_apart(cell, width, other):
            again = fitted(way, width)
            if self._looks.setdefault((place, again.plain), cell.plain) == cell.plain:
                return again
        return shown

    def _cells_of(self, row: R) -> Cells:
        return [column.cell(row) for column in self._columns]


def listing_widths(columns: Sequence[Column[R]], needs: Sequence[int], available: int) -> list[int]:
    """For rows whose cells need at most this many cells each; 0 for a column that is left out.

    An empty column is left out. What tells rows apart takes what others leave free, then some of the prose; prose
    takes what is free after that.
    """
    if not any(column.tells for column in columns):
        return column_widths(columns, available)
    first = _first_telling(columns)
    kept = [
        place
        for place, column in enumerate(columns)
        if needs[place] or column.at_least or place == first
    ]
    widths = [0] * len(columns)
    for place, width in zip(
        kept, column_widths([columns[place] for place in kept], available), strict=True
    ):
        widths[place] = width
    for place, column in enumerate(columns):
        if column.tells and widths[place]:
            _borrow(columns, widths, needs, available, place, most=available * 3 // 5)
    for place, column in enumerate(columns):
        if _is_prose(column) and widths[place]:
            _extend(columns, widths, needs, available, place)
    return widths


def row_widths(
    columns: Sequence[Column[R]], widths: Sequence[int], needs: Sequence[int], available: int
) -> Sequence[int]:
    """For one row: those of its listing, unless it has something that they would cut or leave out."""
    missing = [
        place
        for place, need in enumerate(needs)
        if need and not widths[place] and columns[place].from_width <= available
    ]
    result = list(widths)
    for place in missing:
        _bring(columns, result, needs, available, place)
    longer = [
        place
        for place, need in enumerate(needs)
        if columns[place].tells and 0 < result[place] < need
    ]
    if not longer and not missing:
        return widths
    for place in longer:
        trial = list(result)
        _borrow(columns, trial, needs, available, place, most=available)
        right = zip(columns[place + 1 :], result[place + 1 :], strict=True)
        is_in_line = all(column.align == "right" or not width for column, width in right)
        if is_in_line or trial[place] >= min(needs[place], result[place] + GAIN):
            # The gap beside a column that gave all it has: else what stands on the right would move.
            freed = _left(trial, available) - max(0, _left(result, available))
            trial[place] += max(0, freed)
            result = trial
        if result[place] < needs[place]:
            result = _without_spare(columns, result, needs, available, place)
    return result if _left(result, available) >= 0 else widths


def _without_spare(
    columns: Sequence[Column[R]],
    widths: list[int],
    needs: Sequence[int],
    available: int,
    place: int,
) -> list[int]:
    """If the column can be whole, or as good as, without the spare cells of this row: without as many as that takes."""
    trial = list(widths)
    for each in reversed(range(len(columns))):
        if columns[each].is_spare and trial[each]:
            trial[each] = 0
            trial[place] += max(0, min(needs[place] - trial[place], _left(trial, available)))
            _borrow(columns, trial, needs, available, place, most=available)
            if trial[place] >= needs[place]:
                return trial
    return trial if widths[place] < ENOUGH else widths


def _borrow(
    columns: Sequence[Column[R]],
    widths: list[int],
    needs: Sequence[int],
    available: int,
    place: int,
    *,
    most: int,
) -> None:
    """Widen a column to what it needs, by what no column has, then by what others leave free; and, up to `most` cells,
    by half of the prose."""
    widths[place] += max(0, min(needs[place] - widths[place], _left(widths, available)))
    first = _first_telling(columns)
    near = [*range(place + 1, len(columns)), *range(place - 1, first - 1, -1)]
    lenders = [each for each in near if widths[each] > 0]
    for each in lenders:
        _lend(widths, each, place, kept=needs[each], wanted=needs[place])
    for each in sorted(lenders, reverse=True):
        if _is_prose(columns[each]):
            kept = max(columns[each].at_least, widths[each] // 2, min(needs[each], SHORT))
            _lend(widths, each, place, kept=kept, wanted=min(needs[place], most))


def _bring(
    columns: Sequence[Column[R]],
    widths: list[int],
    needs: Sequence[int],
    available: int,
    place: int,
) -> None:
    """Give this row a cell that its listing has no column for, if there is room; a sign before the name always has."""
    trial = list(widths)
    trial[place] = -GAP
    _borrow(columns, trial, needs, available, place, most=available)
    first = _first_telling(columns)
    if place < first:
        _lend(trial, first, place, kept=LEAST, wanted=needs[place])
    if trial[place] >= min(needs[place], LEAST):
        widths[:] = trial


def _extend(
    columns: Sequence[Column[R]],
    widths: list[int],
    needs: Sequence[int],
    available: int,
    place: int,
) -> None:
    """Give prose what no column has, and what telling columns don't need; if that doesn't make it whole, only as far
    as it leaves them calm."""
    taken = min(needs[place] - widths[place], _left(widths, available))
    widths[place] += max(0, taken)
    telling = [each for each, column in enumerate(columns) if column.tells]
    spare = sum(max(0, widths[each] - needs[each]) for each in telling)
    is_whole = widths[place] + spare >= needs[place]
    for each in telling:
        calm = CALM if each == telling[0] else columns[each].at_least
        kept = needs[each] if is_whole else max(calm, -(-needs[each] // STEP) * STEP)
        _lend(widths, each, place, kept=kept, wanted=needs[place])


def _lend(widths: list[int], source: int, target: int, *, kept: int, wanted: int) -> None:
    """Cells of one column to another, as far as it can spare them."""
    taken = max(0, min(wanted - widths[target], widths[source] - kept))
    widths[source] -= taken
    widths[target] += taken


def _first_telling(columns: Sequence[Column[R]]) -> int:
    return next(place for place, column in enumerate(columns) if column.tells)


def _is_prose(column: Column[R]) -> bool:
    return column.width is None and not column.tells


def _left(widths: Sequence[int], available: int) -> int:
    """Cells that no column has."""
    shown = sum(1 for width in widths if width)
    return available - sum(widths) - GAP * max(0, shown - 1)


def _shown(cell: Content | Flow, width: int, column: Column[R]) -> Content:
    if width <= 0:
        return Content("")
    line = cell.first_line(width) if isinstance(cell, Flow) else cell
    return fitted(line, width, column.align, keeps_end=column.tells)


def _joined(cells: Sequence[Content], widths: Sequence[int]) -> Content:
    return Content(" " * GAP).join(
        [cell for cell, width in zip(cells, widths, strict=True) if width > 0]
    )
