"""A tree of dependencies that draws only the lines that are seen and asks for what it unfolds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from tgtui.data.views import Edge
from tgtui.widgets.row_list import MARKER
from tgtui.widgets.tree_keys import TREE_KEYS
from tgtui.widgets.tree_line import NO_SIGN, guides, tree_line
from tgtui.widgets.tree_model import TreeModel, TreeNode


class TreeView(ScrollView, can_focus=True):
    """Children go in by `set_children`, messages come out.

    The cursor stays on its node, and that node on its line of the screen, whatever comes or goes around it.
    """

    DEFAULT_CSS = """
    TreeView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        text-wrap: nowrap;
        text-overflow: clip;
        scrollbar-size-vertical: 1;
        & > .tree-view--cursor {
            background: $block-cursor-blurred-background 40%;
        }
        &:focus > .tree-view--cursor {
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-text-style;
        }
        & > .tree-view--marker { color: $block-cursor-background; }
        & > .tree-view--hover { background: $block-hover-background; }
        &:ansi:focus > .tree-view--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree-view--row",
        "tree-view--cursor",
        "tree-view--marker",
        "tree-view--hover",
    }
    BINDINGS: ClassVar[list[BindingType]] = TREE_KEYS
    ALLOW_SELECT = False

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
        """These nodes were opened and nobody read their children yet."""

        def __init__(self, nodes: Sequence[TreeNode]) -> None:
            super().__init__()
            self.nodes = tuple(nodes)

    class Changed(Message):
        """There are other rows, or other marks."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Changed)

    class Looked(Message):
        """Other lines came into sight, or the rows changed."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Looked)

    def __init__(self, model: TreeModel, *, registry: str = "", id: str | None = None) -> None:
        """`registry` is the root's; only other ones are written before a name."""
        super().__init__(id=id)
        self.model = model
        self.registry = registry
        self._cursor: TreeNode | None = None
        self._line = 0
        """Row of the cursor."""
        self._hover = -1

    @property
    def current(self) -> TreeNode | None:
        """The node under the cursor."""
        return self._cursor

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
        top = self.scroll_offset.y
        return self.model.rows[top : top + max(1, self.scrollable_content_region.height)]

    def move_to(self, node: TreeNode) -> None:
        """Put the cursor on a node, unfolding what hides it."""
        if self.model.position(node) is None:
            self.model.reveal(node)
            self.show_changes()
        position = self.model.position(node)
        if position is not None:
            self._move(position)

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
        self.post_message(self.Changed())
        self.post_message(self.Looked())
        if self._cursor is not None:
            self.post_message(self.Highlighted(self, self._cursor))

    def action_cursor(self, step: int) -> None:
        self._move(self._line + step)

    def action_page(self, direction: int) -> None:
        self._move(self._line + direction * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(len(self.model.rows) - 1)

    def action_unfold(self) -> None:
        """Unfold; on an open node go to its first child."""
        node = self._cursor
        if node is None:
            return
        if node.is_open and node.children:
            self._move(self._line + 1)
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
        """On a repeat or a cycle go to its first place, else open the package."""
        node = self._cursor
        if node is None:
            return
        if not (node.is_cycle or self.model.is_repeated(node)):
            self.post_message(self.PackageChosen(self, node))
        elif (place := self.model.first_place(node)) is not None:
            self.move_to(place)
        else:
            self._move(0)

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
        position, column = self._place_of(event)
        if position < 0:
            return
        node = self.model.rows[position]
        self._move(position)
        sign = len(guides(node.level, self._text_width))
        if sign <= column < sign + len(NO_SIGN) and self.model.can_unfold(node):
            self._toggle(node)
        elif event.chain > 1:
            self.action_open()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover_over(self._place_of(event)[0])

    def on_leave(self) -> None:
        self._hover_over(-1)

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
        node = self.model.rows[position]
        is_cursor = node is self._cursor
        kind = "cursor" if is_cursor else "hover" if position == self._hover else "row"
        style = self.get_visual_style(f"tree-view--{kind}")
        content = tree_line(self.model, node, self._text_width, self.registry)
        strips = Visual.to_strips(self, content, self._text_width, 1, style)
        sign = Segment(" ", style.rich_style)
        if is_cursor:
            color = self.get_component_styles("tree-view--marker").color
            sign = Segment(MARKER, (style + Style(foreground=color)).rich_style)
        strip = Strip([sign, *(strips[0] if strips else ())])
        return strip.adjust_cell_length(width, style.rich_style)

    @property
    def _text_width(self) -> int:
        """Cells behind the cursor's sign."""
        return max(1, self.scrollable_content_region.width - 1)

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

    def _move(self, position: int) -> None:
        rows = self.model.rows
        if not rows:
            return
        position = max(0, min(position, len(rows) - 1))
        old, self._line = self._line, position
        if rows[position] is not self._cursor:
            self._cursor = rows[position]
            self.refresh_line(old)
            self.refresh_line(position)
            self.post_message(self.Highlighted(self, rows[position]))
        self._show_cursor()

    def _show_cursor(self) -> None:
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if height > 0 and self._line < top:
            self._scroll_to_line(self._line)
        elif height > 0 and self._line >= top + height:
            self._scroll_to_line(self._line - height + 1)

    def _scroll_to_line(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _resize(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self.model.rows))
        if size != self.virtual_size:
            self.virtual_size = size

    def _place_of(self, event: events.MouseEvent) -> tuple[int, int]:
        """Row, or -1, and cell within the text."""
        offset = event.get_content_offset(self)
        if offset is None:
            return -1, 0
        position = offset.y + self.scroll_offset.y
        return (position if position < len(self.model.rows) else -1), offset.x - 1

    def _hover_over(self, position: int) -> None:
        if position != self._hover:
            old, self._hover = self._hover, position
            for changed in (old, position):
                if changed >= 0:
                    self.refresh_line(changed)
