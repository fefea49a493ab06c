"""What people can do on the package screen, one class each, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class RefreshPackage(Command):
    """Fetch the package from its registry again"""

    ID, KEY, ACTION, LABEL, SHOW = "package.refresh", "R", "refresh_package", "refresh", True


class ForceRefresh(Command):
    """Fetch the package again, ignoring the one-hour cooldown (admins)"""

    ID, KEY, ACTION, LABEL = "package.force", "ctrl+r", "force_refresh", "force"


class DeletePackage(Command):
    """Delete the package from the catalogue; it can be restored"""

    ID, KEY, ACTION, LABEL = "package.delete", "x,delete", "delete_package", "delete"


class SortVersions(Command):
    """Change the order of the versions: highest, lowest, latest, first"""

    ID, KEY, ACTION, LABEL = "package.sort_versions", "s", "sort_versions", "sort"


class ShowHistory(Command):
    """Show its requests: who made them and how they ended"""

    ID, KEY, ACTION, LABEL = "package.history", "H", "show_history", "history"


class LoadDependencies(Command):
    """Load the dependencies of the selected version"""

    ID, KEY, ACTION, LABEL, SHOW = "package.load", "enter", "load_dependencies", "load", True


class ShowOverTime(Command):
    """Show how it changed: releases, size, dependencies, dependents"""

    ID, KEY, ACTION, LABEL = "package.over_time", "p", "show_over_time", "over time"


class ShowAdvisories(Command):
    """Show what threatens the selected version and all that it brings"""

    ID, KEY, ACTION, LABEL = "package.advisories", "V", "show_advisories", "advisories"


class ShowVersions(Command):
    """Go to the versions"""

    ID, KEY, ACTION, LABEL = "package.versions", "1", "show_pane('versions')", "versions"


class ShowDependencies(Command):
    """Go to the dependencies of the selected version"""

    ID, KEY, ACTION, LABEL = (
        "package.dependencies",
        "2",
        "show_pane('dependencies')",
        "dependencies",
    )


class ShowDependents(Command):
    """Go to the packages known here that use this one"""

    ID, KEY, ACTION, LABEL = "package.dependents", "3", "show_pane('dependents')", "used by"


class MarkVersion(Command):
    """Mark a version; two marked ones are compared"""

    ID, KEY, ACTION, LABEL, SHOW = "package.mark", "space", "mark_version", "compare", True
