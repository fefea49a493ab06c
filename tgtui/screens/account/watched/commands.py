"""The commands of the screen of watched packages."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class MarkSeen(Command):
    """Count all news as seen"""

    ID, KEY, ACTION, LABEL, SHOW = "watched.seen", "s", "mark_seen", "seen", True
