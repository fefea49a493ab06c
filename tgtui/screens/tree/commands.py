"""The keys of the tree and of a comparison, one class each."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class FindInTree(Command):
    """Find a name in the whole tree, unfolded or not"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.find", "slash", "find", "find", True


class NextHit(Command):
    """Go to the next match"""

    ID, KEY, ACTION, LABEL = "tree.next", "n", "hit(1)", "next"


class HitBefore(Command):
    """Go to the previous match"""

    ID, KEY, ACTION, LABEL = "tree.previous", "N", "hit(-1)", "previous"


class Why(Command):
    """Show every path from the root to this node"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.why", "w", "why", "why", True


class FlipTree(Command):
    """Reverse the tree: what it depends on, or what depends on it"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.flip", "r", "flip", "reverse", True


class AnyVersion(Command):
    """Show dependents of exactly this version, or of any version of the package"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.any_version", "x", "any_version", "any version", True


class OtherExtras(Command):
    """Show the tree with other extras of the root, of those that were asked for"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.extras", "X", "extras", "extras", True


class NodeDependents(Command):
    """Show what depends on the node under the cursor"""

    ID, KEY, ACTION, LABEL = "tree.dependents", "R", "node_dependents", "node's dependents"


class NodeTree(Command):
    """Show the tree of the node under the cursor"""

    ID, KEY, ACTION, LABEL = "tree.node", "d", "node_tree", "its tree"


class FilterTree(Command):
    """Choose which types to follow, or only what is deprecated, unresolved or missing"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.filter", "f", "filter", "filter", True


class ExportTree(Command):
    """Write the whole tree to a file: text, JSON, a drawing or a bill of materials"""

    ID, KEY, ACTION, LABEL, SHOW = "tree.export", "e", "export", "export", True


class JumpBack(Command):
    """Go back to the repeat the cursor came from"""

    ID, KEY, ACTION, LABEL = "tree.back", "backspace", "jump_back", "back to the repeat"


class SwapVersions(Command):
    """Swap the two versions"""

    ID, KEY, ACTION, LABEL, SHOW = "compare.swap", "r", "swap", "swap", True


class ShowChanges(Command):
    """Read what the changelog says of the versions between the two"""

    ID, KEY, ACTION, LABEL, SHOW = "compare.changes", "v", "show_changes", "changelog", True
