"""Fills a tree view from the database: what is unfolded, what is seen, the ways one jumps along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from tgtui.data.graph.finding import Sieve
from tgtui.data.graph.tree import TreeQuery, below_each, top_of
from tgtui.data.storage.database import Database
from tgtui.data.views.edges import Edge
from tgtui.widgets.tree.node import TreeNode
from tgtui.widgets.tree.view import TreeView

READ_AT_ONCE = 50
"""Versions whose edges are read in one go: the tree grows while a whole level is unfolded."""
STEPS_AT_ONCE = 200
"""The same on a way one jumps along, which nobody watches."""


class TreeGrowth:
    """Demand before prefetch: only what is unfolded is read, and read again when it is seen later."""

    def __init__(self, database: Database, view: TreeView, query: TreeQuery) -> None:
        self._database = database
        self._view = view
        self.query = query
        self.sieve: Sieve | None = None
        """What may be shown; None: everything."""
        self._look = 1
        """Number of the present look at the database; children of an older one are read again."""
        self._top_read_at = 0

    def show(self, query: TreeQuery) -> None:
        """Another tree from now on; what is still being read of the old one is thrown away."""
        self.query, self.sieve, self._top_read_at = query, None, 0
        self.look_again()

    def look_again(self) -> None:
        """The catalogue changed: all that is shown may be old."""
        self._look += 1

    async def read_what_is_seen(self) -> None:
        """Read again below the parents of the lines on the screen; those of this look are fresh."""
        look, view = self._look, self._view
        if self._top_read_at < look:
            await self._read_top()
        seen = [*view.in_sight(), *view.model.waiting()]
        parents = dict.fromkeys(node.parent for node in seen if node.parent is not None)
        await self.read_children([node for node in parents if node.read_at < look])
        await self.read_children([node for node in view.model.waiting() if node.edge.is_loaded])

    async def read_children(self, nodes: Sequence[TreeNode]) -> None:
        """Of these nodes, in portions."""
        for start in range(0, len(nodes), READ_AT_ONCE):
            some = nodes[start : start + READ_AT_ONCE]
            look, query = self._look, self.query
            ids = [id for node in some if (id := node.edge.resolved_version_id) is not None]
            edges = await self._database.read(below_each, query, ids)
            if query is not self.query:
                return  # another tree is shown by now
            for node in some:
                node.read_at = look
            self._view.set_many(
                (node, self._shown(edges[id]))
                for node in some
                if (id := node.edge.resolved_version_id) in edges and id is not None
            )

    async def walk(self, way: Sequence[UUID], *, is_exact: bool = False) -> TreeNode | None:
        """Unfold along these versions, from right below the root on; the last one's node, None if it is gone.

        Where a version is a repeat, the walk goes on in its first place, or, `is_exact`, unfolds it here.
        """
        model, query = self._view.model, self.query
        read: dict[UUID, list[Edge]] = {}
        node: TreeNode | None = None
        if model.top is None:
            await self._read_top()
        for place, version_id in enumerate(way):
            if node is not None and node.children is None:
                id = node.edge.resolved_version_id
                if id is not None and id not in read:
                    ahead = [id, *way[place : place + STEPS_AT_ONCE]]
                    read = await self._database.read(below_each, query, ahead)
                    if query is not self.query:
                        return None
                node.read_at = self._look
                model.attach(node, self._shown(read.get(id, []) if id else []))
            child = model.child(node, version_id)
            if child is None:
                return None
            if model.is_repeated(child):
                if is_exact:
                    model.move_here(child)
                else:
                    child = model.first_place(child)
            node = child
        if node is not None:
            model.reveal(node)
            self._view.show_changes()
        return node

    async def open(self, node: TreeNode) -> None:
        """Unfold one node, its children read."""
        if node.children is None:
            await self.read_children([node])
        self._view.model.unfold(node)
        self._view.show_changes()

    async def _read_top(self) -> None:
        look, query = self._look, self.query
        edges = await self._database.read(top_of, query)
        if query is self.query:
            self._top_read_at = look
            self._view.set_children(None, self._shown(edges))

    def _shown(self, edges: Iterable[Edge]) -> list[Edge]:
        sieve = self.sieve
        return [edge for edge in edges if sieve is None or sieve.admits(edge)]
