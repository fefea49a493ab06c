"""What a dependency tree shows: which nodes are unfolded, in which order, with which marks. No screen.

Nothing here recurses: a chain of dependencies may be as deep as a registry likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from tgtui.data.views import Edge
from tgtui.trees import Mark, marks_of

EdgeKey = tuple[str, str, str | None, str, str]


class TreeNode:
    """One edge in its place in the tree."""

    __slots__ = (
        "children",
        "edge",
        "is_cycle",
        "is_open",
        "is_waiting",
        "level",
        "parent",
        "read_at",
    )

    def __init__(self, edge: Edge, parent: TreeNode | None) -> None:
        self.edge = edge
        self.parent = parent
        """None right below the root."""
        self.level: int = 0 if parent is None else parent.level + 1
        self.children: list[TreeNode] | None = None
        """None until they were read."""
        self.is_open = False
        self.is_waiting = False
        """Opened, and its dependencies are not stored yet."""
        self.read_at = 0
        """Which look at the database its children are from; for whoever reads them."""
        self.is_cycle = False
        """Its version stands above it already."""

    def ancestors(self) -> Iterator[TreeNode]:
        """The nearest first, the root left out."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def path(self) -> list[TreeNode]:
        """From right below the root down to this node."""
        return [*reversed(list(self.ancestors())), self]


class TreeModel:
    """The nodes read so far, and `rows`: those that are visible, in order."""

    def __init__(self, root_version_id: UUID) -> None:
        self.root_version_id = root_version_id
        self.rows: list[TreeNode] = []
        self.top: list[TreeNode] | None = None
        """Right below the root; None until read."""
        self._places: dict[UUID, list[TreeNode]] = {}

    def set_children(self, parent: TreeNode | None, edges: Sequence[Edge]) -> bool:
        """What was read below `parent` (None: the root), for the first time or again.

        Nodes that are still there stay the same objects, open as they were. False if nothing changed.
        """
        if not self._attach(parent, edges):
            return False
        if parent is None:
            self._show_all()
        elif (below := self._hide_below(parent)) is not None and parent.is_open:
            self.rows[below:below] = visible_below(parent.children or ())
        return True

    def set_many(self, read: Iterable[tuple[TreeNode, Sequence[Edge]]]) -> bool:
        """`set_children` of many at once: the rows are put in order only once."""
        changed = [self._attach(parent, edges) for parent, edges in read]
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
        """Its version stands elsewhere already, and is unfolded there."""
        return not node.is_cycle and self.first_place(node) is not node

    def first_place(self, node: TreeNode) -> TreeNode | None:
        """Where the node's version is unfolded: for a cycle the ancestor, None for the root itself."""
        version_id = node.edge.resolved_version_id
        if version_id is None:
            return node
        if node.is_cycle:
            above = node.ancestors()
            return next((up for up in above if up.edge.resolved_version_id == version_id), None)
        places = self._places.get(version_id)
        return places[0] if places else node

    def marks(self, node: TreeNode) -> list[Mark]:
        """What is to be said of the node, the most important first."""
        place = None
        if node.is_cycle:
            place = Mark.CYCLE
        elif self.is_repeated(node):
            place = Mark.REPEATED
        return marks_of(node.edge, place)

    def marks_in_use(self) -> list[Mark]:
        """For the legend: the marks of all visible rows, in the legend's order."""
        used: set[Mark] = set()
        for node in self.rows:
            used.update(self.marks(node))
            if len(used) == len(Mark):
                break
        return [mark for mark in Mark if mark in used]

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

    def _attach(self, parent: TreeNode | None, edges: Sequence[Edge]) -> bool:
        """Give `parent` its children; the rows are left as they are."""
        old = self.top if parent is None else parent.children
        if old is not None and [node.edge for node in old] == list(edges):
            return False
        known = {_key(node.edge): node for node in old or ()}
        above = self._versions_above(parent)
        children: list[TreeNode] = []
        for edge in edges:
            node = known.pop(_key(edge), None) or TreeNode(edge, parent)
            self._aim(node, edge, above)
            children.append(node)
        kept = set(children)
        self._forget(node for node in old or () if node not in kept)
        if parent is None:
            self.top = children
        else:
            parent.children = children
            parent.is_waiting = False
        return True

    def _aim(self, node: TreeNode, edge: Edge, above: frozenset[UUID]) -> None:
        """Let the node stand for this edge; a new target starts folded, with nothing read."""
        before, now = node.edge.resolved_version_id, edge.resolved_version_id
        if before != now:
            self._forget([node])
            node.children, node.is_open, node.is_waiting = None, False, False
        node.edge = edge
        node.is_cycle = now in above
        places = self._places.setdefault(now, []) if now and not node.is_cycle else []
        if node not in places:
            places.append(node)

    def _show_all(self) -> None:
        self.rows = list(visible_below(self.top or ()))

    def _versions_above(self, parent: TreeNode | None) -> frozenset[UUID]:
        """Every version on the way from the root to a child of `parent`."""
        above = {self.root_version_id}
        for node in () if parent is None else (parent, *parent.ancestors()):
            if node.edge.resolved_version_id is not None:
                above.add(node.edge.resolved_version_id)
        return frozenset(above)

    def _forget(self, nodes: Iterable[TreeNode]) -> None:
        """Take nodes, and all below them, out of the places; another place becomes the first."""
        waiting = deque(nodes)
        while waiting:
            node = waiting.popleft()
            waiting.extend(node.children or ())
            places = self._places.get(node.edge.resolved_version_id or self.root_version_id)
            if places is not None and node in places:
                places.remove(node)

    def _hide_below(self, node: TreeNode) -> int | None:
        """Drop the rows below the node; the index after its own, None where it has no row."""
        position = self.position(node)
        if position is None:
            return None
        end = position + 1
        while end < len(self.rows) and self.rows[end].level > node.level:
            end += 1
        del self.rows[position + 1 : end]
        return position + 1


def visible_below(nodes: Sequence[TreeNode]) -> Iterator[TreeNode]:
    """The nodes and what is open below them, in the order of the rows."""
    stack = [iter(nodes)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        yield node
        if node.is_open and node.children:
            stack.append(iter(node.children))


def has_more(edge: Edge) -> bool:
    """The resolved version has dependencies, or nobody looked yet."""
    return edge.child_count > 0 or not edge.is_loaded


def _key(edge: Edge) -> EdgeKey:
    """What makes an edge the same edge after its version was stored anew."""
    return (edge.registry, edge.name, edge.declared_name, edge.type, edge.source_field)
