"""The commands of packages side by side."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class SaveComparison(Command):
    """Save the packages under a name; the list of saved comparisons opens them again"""

    ID, KEY, ACTION, LABEL, SHOW = "compare.save", "ctrl+s", "save_comparison", "save", True


class EditComparison(Command):
    """Compare other packages, or others in addition"""

    ID, KEY, ACTION, LABEL, SHOW = "compare.edit", "e", "edit_comparison", "packages", True
