"""What is asked for from the search screen: what is marked, what was not found, what is known by name only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tgtui.screens.base.opening import OpenAsk, OpenPackage
from tgtui.screens.search import selection
from tgtui.screens.search.empty import reference_text

if TYPE_CHECKING:
    from tgtui.screens.search.screen import SearchScreen


async def ask(screen: SearchScreen) -> None:
    """For all that is marked; for what was not found at once; else a line to write it in, filled with what is
    likely meant."""
    found = screen.found
    row = found.rows.current
    if found.marked:
        work = partial(selection.ask_for_all, screen, found.marked.rows, found.work)
        found.work.start("asking", "Stopped; what was asked for by then is queued.", work)
    elif row is None and found.query.words:
        await open_renamed_or_ask(screen)
    elif row is not None and row.state != "ready":
        screen.app.open(OpenAsk(f"{row.registry}:{row.name}"))
    else:
        screen.app.open(OpenAsk(reference_text(found.query)))


async def open_renamed_or_ask(screen: SearchScreen) -> None:
    """Where nothing was found: open what goes by this name all the same, else ask for it, unless it may only be hidden
    by a filter."""
    found = screen.found
    if found.renamed is not None:
        screen.app.open(OpenPackage(found.renamed[1]))
    elif found.query.is_filtered:
        screen.tell("Nothing passes these filters; ctrl+l clears them.")
    else:
        await screen.ask_for(reference_text(found.query))
