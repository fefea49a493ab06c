"""What a dependency tree shows: which nodes are unfolded, in which order, with which marks. No screen.

Nothing here recurses: a chain of dependencies may be as deep as a registry likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from tgtui.data.views.edges import Edge
from tgtui.output.marks import Mark, marks_explained, tree_marks
from tgtui.widgets.tree.node import TreeNode, has_more, key_of, visible_below


class TreeModel:
    """The nodes read so far, and `rows`: those that are visible, in order."""

    def __init__(self, root_version_id: UUID, *, is_upwards: bool = False) -> None:
        """`is_upwards`: edges name who depends on the version above them."""
        self.root_version_id = root_version_id
        self.is_upwards = is_upwards
        self.rows: list[TreeNode] = []
        self.top: list[TreeNode] | None = None
        """Right below the root; None until read."""
        self._places: dict[UUID, dict[TreeNode, None]] = {}
        """Of each version every node but those that close a cycle; the first one can be unfolded."""

    def set_children(self, parent: TreeNode | None, edges: Sequence[Edge]) -> bool:
        """What was read below `parent` (None: the root), for the first time or again.

        Nodes that are still there stay the same objects, open as they were. False if nothing changed.
        """
        if not self.attach(parent, edges):
            return False
        if parent is None:
            self._show_all()
        elif (below := self._hide_below(parent)) is not None and parent.is_open:
            self.rows[below:below] = visible_below(parent.children or ())
        return True

    def set_many(self, read: Iterable[tuple[TreeNode, Sequence[Edge]]]) -> bool:
        """`set_children` of many at once: the rows are put in order only once."""
        changed = [self.attach(parent, edges) for parent, edges in read]
        if any(changed):
            self._show_all()
        return any(changed)

    def unfold(self, node: TreeNode) -> bool:
        """Open the node. True if its children have to be read now."""
        if not self.can_unfold(node):
            return False
        if not node.is_open:
            node.is_open = True
            if node.children is not None and (position := self.position(node)) is not None:
                self.rows[position + 1 : position + 1] = visible_below(node.children)
        return node.children is None

    def fold(self, node: TreeNode) -> None:
        """Close the node; what is open below it stays so for the next time."""
        if node.is_open:
            self._hide_below(node)
            node.is_open = node.is_waiting = False

    def unfold_many(self, nodes: Iterable[TreeNode]) -> list[TreeNode]:
        """Open them all; those whose children have to be read now."""
        opened = [node for node in nodes if self.can_unfold(node)]
        for node in opened:
            node.is_open = True
        self._show_all()
        return [node for node in opened if node.children is None]

    def reveal(self, node: TreeNode) -> None:
        """Open everything above the node, so that it has a row."""
        for ancestor in node.ancestors():
            ancestor.is_open = True
        self._show_all()

    def is_known(self, node: TreeNode) -> bool:
        """It is still part of the tree, shown or folded away."""
        for step in (node, *node.ancestors()):
            siblings = self.top if step.parent is None else step.parent.children
            if step not in (siblings or ()):
                return False
        return True

    def position(self, node: TreeNode) -> int | None:
        """Index of its row, None while it is folded away."""
        try:
            return self.rows.index(node)
        except ValueError:
            return None

    def nearest_visible(self, node: TreeNode) -> TreeNode | None:
        """The node itself, or the nearest ancestor that has a row."""
        shown = set(self.rows)
        for candidate in (node, *node.ancestors()):
            if candidate in shown:
                return candidate
        return None

    def can_unfold(self, node: TreeNode) -> bool:
        """There is something below it, or it is not known yet whether there is."""
        edge = node.edge
        if edge.resolved_version_id is None or node.is_cycle or self.is_repeated(node):
            return False
        return bool(node.children) if node.children is not None else has_more(edge)

    def is_repeated(self, node: TreeNode) -> bool:
        """Its version is already elsewhere, and is unfolded there."""
        return not node.is_cycle and self.first_place(node) is not node

    def first_place(self, node: TreeNode) -> TreeNode | None:
        """Where the node's version is unfolded: for a cycle the ancestor, None for the root itself."""
        version_id = node.edge.resolved_version_id
        if version_id is None:
            return node
        if node.is_cycle:
            above = (up for up in node.ancestors() if up.edge.resolved_version_id == version_id)
            return next(above, None)
        return next(iter(self._places.get(version_id) or (node,)))

    def marks(self, node: TreeNode) -> list[Mark]:
        """What is to be said of the node, the most important first."""
        place = None
        if node.is_cycle:
            place = Mark.CYCLE
        elif self.is_repeated(node):
            place = Mark.REPEATED
        return tree_marks(node.edge, place)

    def marks_to_explain(self, nodes: Iterable[TreeNode]) -> set[Mark]:
        """For a legend of these nodes."""
        used: set[Mark] = set()
        for node in nodes:
            used |= marks_explained(node.edge, self.marks(node))
        return used

    def child(self, parent: TreeNode | None, version_id: UUID) -> TreeNode | None:
        """The node right below that stands for the version; None if there is none, or it was not read yet."""
        below = self.top if parent is None else parent.children
        return next((n for n in below or () if n.edge.resolved_version_id == version_id), None)

    def move_here(self, node: TreeNode) -> None:
        """Unfold the version of a repeat here instead; its former place becomes the repeat."""
        version_id, first = node.edge.resolved_version_id, self.first_place(node)
        if version_id is None or first is None or first is node or node.is_cycle:
            return
        self._forget(first.children or ())
        first.children, first.is_open, first.is_waiting = None, False, False
        self._places[version_id] = {node: None, **self._places[version_id]}

    def next_level(self) -> list[TreeNode]:
        """Folded nodes that are stored, of the level nearest to the root that has any."""
        closed = [
            node
            for node in self.rows
            if node.edge.is_loaded and not node.is_open and self.can_unfold(node)
        ]
        nearest = min((node.level for node in closed), default=0)
        return [node for node in closed if node.level == nearest]

    def fold_deepest(self) -> None:
        """Close the open nodes of the level farthest from the root."""
        opened = [node for node in self.rows if node.is_open]
        deepest = max((node.level for node in opened), default=0)
        for node in opened:
            if node.level == deepest:
                node.is_open = node.is_waiting = False
        self._show_all()

    def waiting(self) -> list[TreeNode]:
        """Visible nodes that wait for the worker."""
        return [node for node in self.rows if node.is_waiting]

    def attach(self, parent: TreeNode | None, edges: Sequence[Edge]) -> bool:
        """Give `parent` its children; the rows are left as they are."""
        old = self.top if parent is None else parent.children
        if old is not None and [node.edge for node in old] == list(edges):
            return False
        known = {key_of(node.edge, self.is_upwards): node for node in old or ()}
        children: list[TreeNode] = []
        for edge in edges:
            node = known.pop(key_of(edge, self.is_upwards), None) or TreeNode(edge, parent)
            self._aim(node, edge)
            children.append(node)
        kept = set(children)
        self._forget(node for node in old or () if node not in kept)
        if parent is None:
            self.top = children
        else:
            parent.children = children
            parent.is_waiting = False
        return True

    def _aim(self, node: TreeNode, edge: Edge) -> None:
        """Let the node stand for this edge; a new target starts folded, with nothing read."""
        before, now = node.edge.resolved_version_id, edge.resolved_version_id
        if before != now:
            self._forget([node])
            node.children, node.is_open, node.is_waiting = None, False, False
        node.edge = edge
        if now is None:
            node.is_cycle = False
            return
        places = self._places.setdefault(now, {})
        first = next(iter(places), None)
        node.is_cycle = now == self.root_version_id or (first is not None and first.is_above(node))
        if node.is_cycle:
            places.pop(node, None)
        else:
            places.setdefault(node)

    def _show_all(self) -> None:
        self.rows = list(visible_below(self.top or ()))

    def _forget(self, nodes: Iterable[TreeNode]) -> None:
        """Take nodes, and all below them, out of the places; another place becomes the first."""
        waiting = deque(nodes)
        while waiting:
            node = waiting.popleft()
            waiting.extend(node.children or ())
            places = self._places.get(node.edge.resolved_version_id or self.root_version_id)
            if places is not None:
                places.pop(node, None)

    def _hide_below(self, node: TreeNode) -> int | None:
        """Drop the rows below the node; the index after its own, None if it has no row."""
        position = self.position(node)
        if position is None:
            return None
        end = position + 1
        while end < len(self.rows) and self.rows[end].level > node.level:
            end += 1
        del self.rows[position + 1 : end]
        return position + 1
