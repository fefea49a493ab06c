"""The keys of a dependency tree."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tgtui.output.marks import Mark

TREE_KEYS: list[BindingType] = [
    Binding("space", "toggle_fold", "unfold", id="tree.toggle", tooltip="Unfold or fold the node"),
    Binding(
        "enter",
        "open",
        "open",
        id="tree.open",
        tooltip=f"Open the package; on {Mark.REPEATED.sign} and {Mark.CYCLE.sign} go to where it is unfolded, and back",
    ),
    Binding("p", "package", "package", show=False, id="tree.package", tooltip="Open the package"),
    Binding(
        "a",
        "screen.ask",
        "ask",
        id="tree.ask",
        tooltip="Ask for the package, or load what the version depends on",
    ),
    Binding(
        "plus,equals_sign",
        "unfold_level",
        "all",
        key_display="+",
        id="tree.more",
        tooltip="Unfold one more level of everything loaded",
    ),
    Binding(
        "minus",
        "fold_level",
        "less",
        show=False,
        key_display="-",
        id="tree.less",
        tooltip="Fold the deepest level",
    ),
    Binding("right,l", "unfold", "Unfold, go to first child", show=False, id="tree.unfold"),
    Binding("left,h", "fold", "Fold, go to parent", show=False, id="tree.fold"),
]
