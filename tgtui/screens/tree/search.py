"""Finding in a tree: hits in the whole closure, and jumping from one to the next, unfolding what hides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.data.graph.finding import Hit
from tgtui.widgets.content import safe
from tgtui.widgets.tree.node import TreeNode

if TYPE_CHECKING:
    from tgtui.screens.tree.screen import TreeScreen


class TreeSearch:
    """The present hits of one tree screen."""

    def __init__(self, screen: TreeScreen) -> None:
        self._screen = screen
        self._bar = screen.pane.find_bar
        self._hits: Sequence[Hit] = ()
        self._place = -1
        """Of the hit the cursor went to."""

    @property
    def has_hits(self) -> bool:
        return bool(self._hits)

    @property
    def is_on(self) -> bool:
        """Something is being looked for, or was found."""
        return self._bar.is_open

    async def look_for(self, text: str) -> None:
        """Find it, without going there yet."""
        screen = self._screen
        sought = text.strip()
        self._hits, self._place = (), -1
        if sought:
            self._bar.say(Content("looking through the whole tree…"))
            self._hits = await screen.knowledge.hits(screen.query_shown, sought)
        screen.view.look.found = sought.casefold()
        screen.view.refresh()
        self._say()
        screen.refresh_bindings()

    async def take(self, hits: Sequence[Hit]) -> None:
        """Go through these."""
        self._hits, self._place = hits, -1
        self._screen.refresh_bindings()
        if hits:
            await self.step(1)

    async def go_to_first(self) -> None:
        """Enter in the line: go there, and on at the next one."""
        if self._hits:
            self._screen.view.focus()
            await self.step(1)

    async def step(self, by: int) -> None:
        """To the next hit or the one before; after the last comes the first."""
        if not self._hits:
            return
        self._place = (self._place + by) % len(self._hits)
        hit = self._hits[self._place]
        self._say()
        node = await self._node_of(hit)
        if node is None:
            self._screen.tell(
                "That is not in the tree any more; what it shows is being read again."
            )
            self._screen.hint()
            return
        self._screen.view.move_to(node)

    def end(self) -> None:
        """Nothing is looked for."""
        screen = self._screen
        self._hits, self._place = (), -1
        had_focus = self._bar.has_focus_within
        self._bar.close()
        screen.view.look.found = ""
        screen.view.refresh()
        if had_focus:
            screen.view.focus()
        screen.refresh_bindings()

    async def _node_of(self, hit: Hit) -> TreeNode | None:
        screen, end = self._screen, hit.end
        way = screen.knowledge.way(hit.version_id)
        if way is None:
            return None
        node = await screen.growth.walk(way)
        if end is None or (way and node is None):
            return node
        if node is not None:
            await screen.growth.open(node)
        siblings = screen.view.model.top if node is None else node.children
        return next(
            (
                each
                for each in siblings or ()
                if (each.edge.registry, each.edge.name, each.edge.declared_name)
                == (end.registry, end.name, end.declared_name)
            ),
            None,
        )

    def _say(self) -> None:
        if not self._bar.text.strip():
            self._bar.say(Content(""))
        elif not self._hits:
            self._bar.say(safe(f"nothing in the whole tree is called so{self._so_far()}"))
        elif self._place < 0:
            self._bar.say(safe(f"{number(len(self._hits))} found · enter goes to the first"))
        else:
            place = f"{number(self._place + 1)} of {number(len(self._hits))}"
            self._bar.say(safe(f"{place} · n next · N before · esc ends"))

    def _so_far(self) -> str:
        seen = self._screen.knowledge.seen
        is_whole = seen is None or not (seen.totals.not_loaded or seen.totals.missing)
        return "" if is_whole else ", as far as it is loaded"
