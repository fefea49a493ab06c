"""What a tree screen says beside its lines: totals of the whole, what each line brings, more on the one under the cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tgtui.basics.errors import TgtuiError
from tgtui.data.requests.lists import newest_request
from tgtui.widgets.tree.detail import NodeFacts

if TYPE_CHECKING:
    from tgtui.screens.tree.screen import TreeScreen

REST = 4
"""A look at the whole closure is followed by a rest so many times as long: looking must not slow the worker."""
QUICK_S = 0.1
"""A look that took no longer needs no rest."""


class TreeCounts:
    """Brings them up to date, each by itself."""

    def __init__(self, screen: TreeScreen) -> None:
        self._screen = screen

    async def look(self) -> None:
        """At the whole closure; from then on what is found and sifted is up to date, too."""
        screen, loop = self._screen, asyncio.get_running_loop()
        query, only, started = screen.query_shown, screen.filter.only, loop.time()
        try:
            await screen.knowledge.look(query)
            if only is not None and query == screen.query_shown:
                screen.growth.sieve = await screen.knowledge.sieve(query, only)
                screen.growth.look_again()
                await screen.growth.read_what_is_seen()
        except TgtuiError:
            return  # the queue strip says it: the tree itself is read from the same database
        screen.draw_head()
        await self.below()
        took = loop.time() - started
        if took > QUICK_S:
            await asyncio.sleep(REST * took)

    async def below(self) -> None:
        """How much each line on the screen brings."""
        screen, view = self._screen, self._screen.view
        ids = [n.edge.resolved_version_id for n in view.in_sight() if n.edge.resolved_version_id]
        brings = await screen.knowledge.brings(screen.query_shown, ids)
        if brings != view.look.brings:
            view.look.brings = dict(brings)
            view.refresh()
            screen.pane.draw_legend()

    async def explain(self) -> None:
        """The node under the cursor."""
        screen, node = self._screen, self._screen.view.current
        if node is None:
            return
        edge, request, alone = node.edge, None, None
        try:
            if edge.is_missing or edge.is_unresolved or node.is_waiting:
                read = screen.catalogue.database.read
                request = await read(newest_request, edge.registry, edge.name)
            elif edge.resolved_version_id is not None:
                alone = await screen.knowledge.brings_alone(
                    screen.query_shown, edge.resolved_version_id
                )
        except TgtuiError as error:
            screen.tell(error, is_error=True)
        if node is screen.view.current:
            screen.pane.show_node(node, NodeFacts(request, alone), screen.title_of_root)
