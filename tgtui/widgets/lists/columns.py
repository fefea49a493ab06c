"""Columns of a row list: what each shows of a row, and how they share the width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from msgspec import Struct
from textual.content import Content

from tgtui.widgets.flow import Flow
from tgtui.widgets.lists.cutting import cut

R = TypeVar("R")

GAP = 2
"""Cells between two columns."""


class Column(Struct, Generic[R], frozen=True):
    """One column. It has either a fixed `width` or a `share` of what the fixed ones leave."""

    cell: Callable[[R], Content | Flow]
    """What it shows of a row: one line, already safe; of a flow, the parts that fit completely."""
    width: int | None = None
    """Cells; None for a flexible column."""
    share: int = 1
    """Weight of a flexible column among the others."""
    at_least: int = 0
    """Cells that a flexible column gets before the rest is shared. Such a column stays even where it is empty."""
    at_most: int | None = None
    """Cells of a flexible column, unless rows in sight need more and there is room."""
    tells: bool = False
    """It tells rows apart, such as a name: it takes what others leave free, and is cut in its middle."""
    is_spare: bool = False
    """A row does without it if something that tells it apart is whole then; the last ones go first."""
    align: Literal["left", "right"] = "left"
    from_width: int = 0
    """The column is left out of lists narrower than this, in cells."""


def column_widths(columns: Sequence[Column[R]], available: int) -> list[int]:
    """Cells of each column, 0 for one that is left out; with the gaps they take at most `available`."""
    shown = [column for column in columns if available >= column.from_width]
    free = available - GAP * max(0, len(shown) - 1)
    free -= sum(column.width for column in shown if column.width is not None)
    flexible = [column for column in shown if column.width is None]
    free -= sum(column.at_least for column in flexible)
    shares = _shares(flexible, max(0, free))
    flexible_widths = iter(
        column.at_least + share for column, share in zip(flexible, shares, strict=True)
    )
    result: list[int] = []
    for column in columns:
        if available < column.from_width:
            result.append(0)
        else:
            result.append(column.width if column.width is not None else next(flexible_widths))
    return result


def fitted(
    content: Content,
    width: int,
    align: Literal["left", "right"] = "left",
    *,
    keeps_end: bool = False,
) -> Content:
    """Exactly `width` cells: cut with an ellipsis, or padded."""
    content = cut(content, width) if keeps_end else content.truncate(width, ellipsis=True)
    missing = width - content.cell_length
    if missing <= 0:
        return content
    return content.pad_left(missing) if align == "right" else content.pad_right(missing)


def _shares(flexible: Sequence[Column[R]], free: int) -> list[int]:
    """Share `free` cells by weight; what a capped column leaves goes to the others."""
    widths = [0] * len(flexible)
    open_columns = list(range(len(flexible)))
    while open_columns:
        total = sum(flexible[index].share for index in open_columns)
        left = free - sum(
            widths[index] for index in range(len(flexible)) if index not in open_columns
        )
        capped = [
            index
            for index in open_columns
            if (most := _growth(flexible[index])) is not None
            and left * flexible[index].share // total > most
        ]
        if not capped:
            _deal(flexible, open_columns, max(0, left), widths)
            break
        for index in capped:
            widths[index] = _growth(flexible[index]) or 0
            open_columns.remove(index)
    return widths


def _growth(column: Column[R]) -> int | None:
    """How much it may grow beyond `at_least`."""
    return None if column.at_most is None else column.at_most - column.at_least


def _deal(
    flexible: Sequence[Column[R]], indices: Sequence[int], cells: int, widths: list[int]
) -> None:
    total = sum(flexible[index].share for index in indices)
    dealt = 0
    for index in indices[:-1]:
        widths[index] = cells * flexible[index].share // total
        dealt += widths[index]
    widths[indices[-1]] = cells - dealt
