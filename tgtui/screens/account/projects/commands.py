"""The commands of the screens of projects."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class ReadAgain(Command):
    """Read the project's files again"""

    ID, KEY, ACTION, LABEL, SHOW = "projects.read", "r", "read_again", "read again", True


class AskMissing(Command):
    """Ask for everything the project names that is not in the catalogue, as one request"""

    ID, KEY, ACTION, LABEL, SHOW = "projects.ask", "A", "ask_missing", "ask missing", True


class RenameProject(Command):
    """Rename the project"""

    ID, KEY, ACTION, LABEL = "projects.rename", "e", "rename_project", "rename"


class ShareProject(Command):
    """Let everyone with an account see the project; again to stop"""

    ID, KEY, ACTION, LABEL = "projects.share", "s", "share_project", "share"


class RemoveProject(Command):
    """Forget the project; its folder stays as it is"""

    ID, KEY, ACTION, LABEL = "projects.remove", "x,delete", "remove_project", "remove"


class ShowDeclared(Command):
    """Show what the project declares: locked, wanted, latest"""

    ID, KEY, ACTION, LABEL, SHOW = "project.declared", "1", "view('declared')", "declared", True


class ShowLockedTree(Command):
    """Show the tree as it is locked"""

    ID, KEY, ACTION, LABEL, SHOW = "project.tree", "2", "view('tree')", "tree", True


class ShowLocked(Command):
    """Show every locked package"""

    ID, KEY, ACTION, LABEL, SHOW = "project.locked", "3", "view('locked')", "locked", True


class ShowDuplicates(Command):
    """Show packages that are locked in several versions, and what uses each"""

    ID, KEY, ACTION, LABEL, SHOW = "project.twice", "4", "view('duplicates')", "several", True


class ShowInCommon(Command):
    """Show what the project shares with another one"""

    ID, KEY, ACTION, LABEL, SHOW = "project.shared", "5", "show_in_common", "shared", True


class OnlyOutdated(Command):
    """Show only what is outdated, vulnerable, deprecated or missing; again: everything"""

    ID, KEY, ACTION, LABEL, SHOW = "project.only", "f", "only_outdated", "only faults", True


class Unfold(Command):
    """Show what the package uses"""

    ID, KEY, ACTION, LABEL = "project.unfold", "right,l", "fold(1)", "unfold"


class Fold(Command):
    """Hide what the package uses, or go to what uses it"""

    ID, KEY, ACTION, LABEL = "project.fold", "left,h", "fold(-1)", "fold"


class WhyLocked(Command):
    """Show why the package is in the project: the paths to it"""

    ID, KEY, ACTION, LABEL, SHOW = "project.why", "w", "why_locked", "why", True


class CompareUpdate(Command):
    """Show what an update of the package would bring: its tree as locked beside the newer one"""

    ID, KEY, ACTION, LABEL, SHOW = "project.update", "u", "compare_update", "update", True
