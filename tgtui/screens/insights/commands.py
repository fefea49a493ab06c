"""The commands of the insights screen."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class NextRegistry(Command):
    """Show the next registry, or all of them"""

    ID, KEY, ACTION, LABEL, SHOW = "insights.registry", "r", "next_registry", "registry", True


class NextWindow(Command):
    """Show a week, a month or a year"""

    ID, KEY, ACTION, LABEL, SHOW = "insights.window", "w", "next_window", "window", True


class WalkInto(Command):
    """Search for the packages of the bar under the cursor"""

    ID, KEY, ACTION, LABEL, SHOW = "insights.search", "enter", "walk_into", "search", True


class OpenBrought(Command):
    """Open the package under the cursor"""

    ID, KEY, ACTION, LABEL, SHOW = "insights.open", "enter", "open_brought", "open", True
