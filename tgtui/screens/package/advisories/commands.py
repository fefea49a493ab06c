"""What people can do with advisories, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class OpenThreatened(Command):
    """Open the package that it is about"""

    ID, KEY, ACTION, LABEL, SHOW = "advisories.open", "enter", "open_threatened", "open", True
