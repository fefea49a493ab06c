"""What people can do with advisories, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class OpenThreatened(Command):
    """Open the package that it is about"""

    ID, KEY, ACTION, LABEL, SHOW = "advisories.open", "enter", "open_threatened", "open", True


class OpenRecord(Command):
    """Open the advisory by itself: who else here is affected, and through what"""

    ID, KEY, ACTION, LABEL, SHOW = "advisories.record", "o", "open_record", "advisory", True


class OpenAffected(Command):
    """Open the package that is affected"""

    ID, KEY, ACTION, LABEL, SHOW = "advisory.open", "enter", "open_affected", "open", True


class ShowBringers(Command):
    """Show the tree of all that brings the affected version"""

    ID, KEY, ACTION, LABEL, SHOW = "advisory.bringers", "r", "show_bringers", "brought by", True
