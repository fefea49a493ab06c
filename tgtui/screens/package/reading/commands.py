"""What people can do while they read a text, one class each, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class ShowContents(Command):
    """Show the headings, and go to one"""

    ID, KEY, ACTION, LABEL, SHOW = "readme.contents", "c", "show_contents", "contents", True


class FindInText(Command):
    """Find words in the text"""

    ID, KEY, ACTION, LABEL, SHOW = "readme.find", "slash", "find", "find", True


class NextPlace(Command):
    """Go to the next match"""

    ID, KEY, ACTION, LABEL = "readme.next", "n", "hit(1)", "next"


class PlaceBefore(Command):
    """Go to the previous match"""

    ID, KEY, ACTION, LABEL = "readme.previous", "N", "hit(-1)", "previous"


class ShowLinks(Command):
    """Show where the links in sight lead, and open one"""

    ID, KEY, ACTION, LABEL, SHOW = "readme.links", "o", "show_links", "links", True


class ShowFiles(Command):
    """Show the files of the version"""

    ID, KEY, ACTION, LABEL, SHOW = "readme.files", "f", "show_files", "files", True


class ShowChangelog(Command):
    """Read the changelog of the version"""

    ID, KEY, ACTION, LABEL, SHOW = "readme.changelog", "v", "show_changelog", "changelog", True


class SortFiles(Command):
    """Sort the files by path or by size"""

    ID, KEY, ACTION, LABEL, SHOW = "files.sort", "s", "sort_files", "sort", True
