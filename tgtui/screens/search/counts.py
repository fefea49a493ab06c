"""What is said of how many results there are, and of the place in them. The numbers of one screen agree."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from textual.content import Content

from tgtui.basics.formatting import counted, number
from tgtui.data.views.searches import SearchFacets
from tgtui.syntax.query import SearchQuery
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import key_does
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.lists.sparse_rows import SparseRows


def _matching(
    facets: SearchFacets | None, found: SparseRows[Any, Any], similar: int
) -> tuple[int, bool]:
    """How many match, and whether that is exact: what the list says below counts, which may be newer than the filters."""
    if found.is_exact:
        return found.total - similar, True
    listed = max(0, found.total - similar)
    if facets is None or facets.matching < listed:
        return listed, False
    return facets.matching, not facets.is_bound


def counts_text(
    facets: SearchFacets | None,
    found: SparseRows[Any, Any],
    similar: int,
    catalogue: int,
    *,
    is_all: bool,
) -> str:
    """`34 of 1,204 packages · 2 similar`. `is_all`: the search finds everything. The size of the `catalogue` may be
    older than the list."""
    matching, is_exact = _matching(facets, found, similar)
    whole = matching if is_all and is_exact else max(matching, catalogue)
    told = f"{number(matching)}{'' if is_exact else '+'} of {counted(whole, 'package')}"
    return f"{told} · {number(similar)} similar" if similar else told


def likeness_text(
    query: SearchQuery, listed: int, similar: Collection[object], *, can_ask: bool
) -> Content | None:
    """Below the list: that names in it are only similar to what was typed."""
    if not similar:
        return None
    typed = safe(query.text, 60, style="bold")
    if len(similar) < listed:
        last = "one is" if len(similar) == 1 else f"{len(similar)} are"
        return Content.assemble(f"The last {last} only similar to `", typed, "`.")
    these = "This name is" if len(similar) == 1 else "These names are"
    told = Content.assemble("There is no package `", typed, f"`. {these} similar.")
    if not can_ask:
        return told
    return Content.assemble(told, " In the list, ", key_does(key("app.ask"), "asks for it."))


def position_text(
    rows: SparseList[Any], found: SparseRows[Any, Any], similar: int, *, is_counting: bool
) -> Content:
    """Below the list: the row under the cursor, or the rows in sight if it is not among them.

    Rows that are only similar are the last ones, and counted apart, as above the list.
    """
    if not found.total:
        return Content("")
    lines, line = rows.lines_in_sight(), rows.cursor_line
    matching = found.total - similar
    if similar and found.is_exact and line >= matching:
        return Content(f"similar name {number(line - matching + 1)} of {number(similar)}")
    if line in lines or not lines:
        place = f"row {number(line + 1)}"
    else:
        place = f"rows {number(lines.start + 1)} to {number(lines.stop)}"
    if is_counting:
        return Content(f"{place} · counting…")
    if similar and found.is_exact:
        return Content(f"{place} of {number(matching)} · {number(similar)} similar")
    return Content(f"{place} of {number(found.total)}{'' if found.is_exact else '+'}")
