"""A tree with what stands around it: its head, the find line, the node under the cursor, the legend."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tgtui.output.marks import Mark
from tgtui.widgets.content import safe
from tgtui.widgets.find_bar import FindBar
from tgtui.widgets.tree.detail import NodeFacts, explain, way_to
from tgtui.widgets.tree.line import legend
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode
from tgtui.widgets.tree.view import TreeView


class TreePane(Vertical):
    """The tree takes what the lines above and below leave."""

    DEFAULT_CSS = """
    TreePane {
        height: 1fr;
        #tree-head, #tree-way, #tree-detail, #tree-legend { padding: 0 1; }
        #tree-head { height: auto; max-height: 2; margin-bottom: 1; }
        #tree-way {
            height: 1; margin-top: 1; color: $foreground-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        #tree-detail { height: auto; min-height: 1; max-height: 3; }
        #tree-legend { height: auto; max-height: 3; color: $foreground-muted; }
        #tree-note { padding: 0 2; height: auto; color: $foreground-muted; }
        #tree { height: 1fr; background: $background; }
    }
    """

    def __init__(self, model: TreeModel) -> None:
        super().__init__()
        self.view = TreeView(model, id="tree")
        self.find_bar = FindBar()
        self._head = Static(id="tree-head")
        self._note = Static(id="tree-note")
        self._way = Static(id="tree-way")
        self._detail = Static(id="tree-detail")
        self._legend = Static(id="tree-legend")
        self._marks: set[Mark] = set()
        """Seen so far: the legend does not shrink while one scrolls."""

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.find_bar
        yield self._note
        yield self.view
        yield self._way
        yield self._detail
        yield self._legend

    def on_mount(self) -> None:
        self._note.display = False

    def show_head(self, head: Content) -> None:
        """Above the tree."""
        self._head.update(head)

    def say(self, sentence: str | None) -> None:
        """Below the tree, in the place of lines while there are none."""
        self._note.display = sentence is not None
        if sentence is not None:
            self._note.update(safe(sentence, 600))

    def show_tree(self, model: TreeModel) -> None:
        """Another tree, from its top."""
        self._marks.clear()
        self.view.look.brings = {}
        self.view.show(model)
        self._way.update(Content(""))
        self._detail.update(Content(""))
        self.say(None)

    def show_node(self, node: TreeNode, facts: NodeFacts, root: str) -> None:
        """The way to it and what there is to say of it."""
        model = self.view.model
        self._way.update(way_to(node, root, is_upwards=model.is_upwards))
        self._detail.update(explain(self.view, node, facts))

    def draw_legend(self) -> None:
        """Of the marks that were seen."""
        view = self.view
        self._marks |= view.model.marks_to_explain(view.in_sight())
        has_counts = any(view.look.brings.values())
        self._legend.update(
            legend(self._marks, is_upwards=view.model.is_upwards, has_counts=has_counts)
        )
