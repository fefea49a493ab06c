"""A tree of dependencies that draws only the lines that are seen and asks for what it unfolds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from tgtui.data.views.edges import Edge
from tgtui.widgets.lists.lines import LineView
from tgtui.widgets.tree.keys import TREE_KEYS
from tgtui.widgets.tree.line import NO_SIGN, LineLook, guides, tree_line
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode


class TreeView(LineView):
    """Children go in by `set_children`, messages come out.

    The cursor stays on its node, and that node on its line of the screen, whatever comes or goes around it.
    """

    BINDINGS: ClassVar[list[BindingType]] = TREE_KEYS

    class NodeMessage(Message):
        """About one node of one tree."""

        def __init__(self, tree: TreeView, node: TreeNode) -> None:
            super().__init__()
            self.tree = tree
            self.node = node

        @property
        def control(self) -> TreeView:
            """What sent it, for `@on(..., "#selector")`."""
            return self.tree

    class Highlighted(NodeMessage):
        """The cursor came to another node."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Highlighted)

    class PackageChosen(NodeMessage):
        """Its package is to be opened."""

    class ChildrenWanted(Message):
        """These nodes were opened, and their children are not read yet."""

        def __init__(self, nodes: Sequence[TreeNode]) -> None:
            super().__init__()
            self.nodes = tuple(nodes)

    class Counted(Message):
        """Other numbers stand on the right."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Counted)

    class Looked(Message):
        """Other lines came into sight, or the rows changed."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Looked)

    def __init__(self, model: TreeModel, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.model = model
        self.look = LineLook()
        self._cursor: TreeNode | None = None
        self._line = 0
        """Row of the cursor."""
        self.came_from: TreeNode | None = None
        """The repeat whose first place the cursor is on since; None as soon as it moves on."""

    @property
    def line_count(self) -> int:
        return len(self.model.rows)

    @property
    def cursor_line(self) -> int:
        return self._line if self._cursor is not None else -1

    @property
    def current(self) -> TreeNode | None:
        """The node under the cursor."""
        return self._cursor

    def show(self, model: TreeModel) -> None:
        """Another tree, from its top."""
        self.model, self._cursor, self._line = model, None, 0
        self.came_from = None
        self.show_changes()
        self._scroll_to_line(0)

    def tell_registry(self, registry: str) -> None:
        """The root's: names of another one say theirs."""
        self.look.registry = registry
        self.refresh()

    def tell_brings(self, brings: Mapping[UUID, int]) -> None:
        """How many packages versions bring in total, as far as it is known."""
        if brings != self.look.brings:
            self.look.brings = dict(brings)
            self.refresh()
            self.post_message(self.Counted())

    def highlight(self, text: str) -> None:
        """Mark it in every name; empty: nothing."""
        self.look.found = text.casefold()
        self.refresh()

    def set_children(self, parent: TreeNode | None, edges: Sequence[Edge]) -> None:
        """What was read below `parent`; None is the root."""
        if self.model.set_children(parent, edges):
            self.show_changes()

    def set_many(self, read: Iterable[tuple[TreeNode, Sequence[Edge]]]) -> None:
        """The children of many nodes at once."""
        if self.model.set_many(read):
            self.show_changes()

    def in_sight(self) -> list[TreeNode]:
        """The nodes whose lines are on the screen."""
        lines = self.lines_in_sight()
        return self.model.rows[lines.start : lines.stop]

    def move_to(self, node: TreeNode) -> None:
        """Put the cursor on a node, unfolding what hides it."""
        if self.model.position(node) is None:
            self.model.reveal(node)
            self.show_changes()
        position = self.model.position(node)
        if position is None:
            return
        height = self.scrollable_content_region.height
        if position not in self.lines_in_sight():
            self._scroll_to_line(position - height // 2)  # with what is around it
        self.move_to_line(position)

    def move_to_line(self, line: int) -> None:
        rows = self.model.rows
        if not rows:
            return
        line = max(0, min(line, len(rows) - 1))
        old, self._line = self._line, line
        if rows[line] is not self._cursor:
            self._cursor, self.came_from = rows[line], None
            self.refresh_line(old)
            self.refresh_line(line)
            self.post_message(self.Highlighted(self, rows[line]))
        self._show_cursor()

    def show_changes(self) -> None:
        """The model's rows changed: draw them, with the cursor where it was."""
        rows = self.model.rows
        top, line = self.scroll_offset.y, self._line
        if self._cursor is not None:
            self._cursor = self.model.nearest_visible(self._cursor)
        if self._cursor is None and rows:
            self._cursor = rows[min(line, len(rows) - 1)]
        self._line = 0 if self._cursor is None else self.model.position(self._cursor) or 0
        self._hover = -1
        self._resize()
        self._scroll_to_line(top + self._line - line)
        self._show_cursor()
        self.refresh()
        self.post_message(self.Looked())
        if self._cursor is not None:
            self.post_message(self.Highlighted(self, self._cursor))

    def action_unfold(self) -> None:
        """Unfold; on an open node go to its first child."""
        node = self._cursor
        if node is None:
            return
        if node.is_open and node.children:
            self.move_to_line(self._line + 1)
        elif not node.is_open:
            self._unfold(node)

    def action_fold(self) -> None:
        """Fold; on a folded node go to its parent."""
        node = self._cursor
        if node is not None and node.is_open:
            self.model.fold(node)
            self.show_changes()
        elif node is not None and node.parent is not None:
            self.move_to(node.parent)

    def action_toggle_fold(self) -> None:
        if self._cursor is not None:
            self._toggle(self._cursor)

    def action_open(self) -> None:
        """On a repeat or a cycle go to its first place, there back again; else open the package."""
        node = self._cursor
        if node is None:
            return
        if self.came_from is not None:
            self.action_jump_back()
        elif not (node.is_cycle or self.model.is_repeated(node)):
            self.post_message(self.PackageChosen(self, node))
        else:
            place = self.model.first_place(node)
            self.move_to(place) if place is not None else self.move_to_line(0)
            self.came_from = node
            self.post_message(self.Highlighted(self, self._cursor or node))

    def action_jump_back(self) -> None:
        """To the repeat that the cursor came from."""
        node, self.came_from = self.came_from, None
        if node is not None and self.model.is_known(node):
            self.move_to(node)

    def action_package(self) -> None:
        if self._cursor is not None:
            self.post_message(self.PackageChosen(self, self._cursor))

    def action_unfold_level(self) -> None:
        """Unfold every node of the nearest level that has folded ones."""
        unread = self.model.unfold_many(self.model.next_level())
        self.show_changes()
        if unread:
            self.post_message(self.ChildrenWanted(unread))

    def action_fold_level(self) -> None:
        """Fold the deepest open level."""
        self.model.fold_deepest()
        self.show_changes()

    def on_click(self, event: events.Click) -> None:
        line, offset = self._line_at(event), event.get_content_offset(self)
        if line < 0 or offset is None:
            return
        node = self.model.rows[line]
        self.move_to_line(line)
        sign = 1 + len(guides(node.level, self._text_width))
        if sign <= offset.x < sign + len(NO_SIGN) and self.model.can_unfold(node):
            self._toggle(node)
        elif event.chain > 1:
            self.action_open()

    def on_resize(self) -> None:
        self._resize()
        self._show_cursor()
        self.post_message(self.Looked())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Looked())

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        position = y + self.scroll_offset.y
        if not 0 <= position < len(self.model.rows):
            return Strip.blank(width, self.rich_style)
        content = tree_line(self.model, self.model.rows[position], self._text_width, self.look)
        return self._marked(content, self._kind(position), width)

    @property
    def _text_width(self) -> int:
        """Cells between the cursor's sign and a free one before the scrollbar."""
        return max(1, self.scrollable_content_region.width - 2)

    def _toggle(self, node: TreeNode) -> None:
        if node.is_open:
            self.model.fold(node)
            self.show_changes()
        else:
            self._unfold(node)

    def _unfold(self, node: TreeNode) -> None:
        is_unread = self.model.unfold(node)
        self.show_changes()
        if is_unread:
            self.post_message(self.ChildrenWanted([node]))
