"""One line of a dependency tree, and what can be said of it without the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tgtui.data.views.edges import Edge

EdgeKey = tuple[str, str, str | None, str, str, str]


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
        """Which look at the database its children are from; the reader keeps it."""
        self.is_cycle = False
        """Its version is already above it."""

    def ancestors(self) -> Iterator[TreeNode]:
        """The nearest first, the root left out."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def is_above(self, node: TreeNode) -> bool:
        """Among its ancestors, the only place of a version where it can be: repeats are not unfolded."""
        up = node.parent
        while up is not None and up.level > self.level:
            up = up.parent
        return up is self

    def path(self) -> list[TreeNode]:
        """From right below the root down to this node."""
        return [*reversed(list(self.ancestors())), self]


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
    """The resolved version has dependencies, or it is not known yet."""
    return edge.child_count > 0 or not edge.is_loaded


def key_of(edge: Edge, is_upwards: bool) -> EdgeKey:
    """What makes an edge the same edge after its version was stored again; upwards its version, too."""
    version = edge.resolved_version if is_upwards else ""
    return (edge.registry, edge.name, edge.declared_name, edge.type, edge.source_field, version)
