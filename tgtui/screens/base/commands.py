"""What people can do, one class each; its docstring is the tooltip, the palette entry and the help row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tgtui.screens.base.opening import Opening
from tgtui.widgets.keys import declare


class Command:
    """Base of every command. A screen lists its commands in BINDINGS with `bindings(...)`."""

    ID: ClassVar[str]
    """Name in the settings' `[keys]` table."""
    KEY: ClassVar[str]
    """Default keys, comma-separated; the first one is shown."""
    ACTION: ClassVar[str]
    """Name of the screen's `action_...` method."""
    LABEL: ClassVar[str]
    """What the key line calls it."""
    SHOW: ClassVar[bool] = False
    """Whether the key line shows it."""

    def __init_subclass__(cls) -> None:
        declare(cls.ID, cls.KEY)

    @classmethod
    def binding(cls) -> Binding:
        """The command as a Textual binding."""
        return Binding(
            cls.KEY, cls.ACTION, cls.LABEL, show=cls.SHOW, id=cls.ID, tooltip=cls.__doc__ or ""
        )


def bindings(*commands: type[Command]) -> list[BindingType]:
    """For a BINDINGS class variable; the key line keeps this order."""
    return [command.binding() for command in commands]


OF_AN_ACCOUNT = frozenset(
    ["ask", "show_comparisons", "show_watched", "watch_packages", "show_projects", "add_project"]
)
"""Actions that only someone with an account is offered."""


def opens(what: Callable[[], Opening]) -> Callable[[Any], None]:
    """An action that opens this, of a screen."""
    return lambda screen: screen.app.open(what())


class FocusSearch(Command):
    """Type a search"""

    ID, KEY, ACTION, LABEL, SHOW = "app.search", "slash", "focus_search", "search", True


class AskFor(Command):
    """Ask for a package that is not in the catalogue"""

    ID, KEY, ACTION, LABEL, SHOW = "app.ask", "a", "ask", "ask", True


class ShowRequests(Command):
    """Show the requests and their progress"""

    ID, KEY, ACTION, LABEL, SHOW = "app.requests", "q", "show_requests", "requests", True


class ShowTags(Command):
    """Show the tags"""

    ID, KEY, ACTION, LABEL = "app.tags_screen", "T", "show_tags", "all tags"


class ShowInsights(Command):
    """Show statistics: what is most needed, heaviest, popular, who contributes"""

    ID, KEY, ACTION, LABEL = "app.insights", "I", "show_insights", "insights"


class ShowWatched(Command):
    """Show what you watch, and what is new of it"""

    ID, KEY, ACTION, LABEL = "app.watched", "N", "show_watched", "news"


class ShowProjects(Command):
    """Show your projects, and what is outdated, vulnerable, deprecated or missing of them"""

    ID, KEY, ACTION, LABEL = "app.projects", "P", "show_projects", "projects"


class AddProject(Command):
    """Add a project: read what a folder's manifests and lock files say"""

    ID, KEY, ACTION, LABEL = "app.add_project", "ctrl+o", "add_project", "add project"


class ShowComparisons(Command):
    """Show the comparisons you saved"""

    ID, KEY, ACTION, LABEL = "app.comparisons", "C", "show_comparisons", "comparisons"


class ShowDeleted(Command):
    """Show deleted packages, to restore them"""

    ID, KEY, ACTION, LABEL = "app.deleted", "Z", "show_deleted", "deleted packages"


class ShowTree(Command):
    """Show the dependency tree"""

    ID, KEY, ACTION, LABEL, SHOW = "package.tree", "d", "show_tree", "tree", True


class ShowReadme(Command):
    """Read the README of the selected version"""

    ID, KEY, ACTION, LABEL, SHOW = "package.readme", "v", "show_readme", "readme", True


class TagPackages(Command):
    """Apply or remove tags, on the package or on all marked ones"""

    ID, KEY, ACTION, LABEL, SHOW = "app.tags", "t", "tag_packages", "tags", True


class WatchPackages(Command):
    """Watch the package, or all marked ones, to be told what is new; again to stop"""

    ID, KEY, ACTION, LABEL = "app.watch", "W", "watch_packages", "watch"


class ComparePackages(Command):
    """Compare the marked packages side by side, or this one with others"""

    ID, KEY, ACTION, LABEL = "app.compare", "c", "compare_packages", "compare"


class CopyMenu(Command):
    """Copy a name, a purl or an install command"""

    ID, KEY, ACTION, LABEL = "package.copy", "y", "copy_menu", "copy"


class OpenMenu(Command):
    """Open one of the package's web pages in the browser"""

    ID, KEY, ACTION, LABEL = "package.links", "o", "open_menu", "links"


class RestorePackage(Command):
    """Restore the deleted package"""

    ID, KEY, ACTION, LABEL, SHOW = "package.restore", "r", "restore_package", "restore", True


class PaneLeft(Command):
    """Go to the pane on the left"""

    ID, KEY, ACTION, LABEL = "app.pane_left", "left,h", "pane(-1)", "pane left"


class PaneRight(Command):
    """Go to the pane on the right"""

    ID, KEY, ACTION, LABEL = "app.pane_right", "right,l", "pane(1)", "pane right"


class LogIn(Command):
    """Log in to ask for packages and see your requests"""

    ID, KEY, ACTION, LABEL, SHOW = "app.log_in", "L", "log_in", "log in", True


class ShowAccount(Command):
    """Show your account and what you may do, or log out"""

    ID, KEY, ACTION, LABEL = "app.account", "L", "show_account", "account"


class Back(Command):
    """Go back one level"""

    ID, KEY, ACTION, LABEL = "app.back", "escape", "back", "back"


class Help(Command):
    """Show every key that works here"""

    ID, KEY, ACTION, LABEL, SHOW = "app.help", "question_mark,f1", "show_help", "help", True


class Suspend(Command):
    """Stop the program and go back to the shell; fg continues it"""

    ID, KEY, ACTION, LABEL = "app.suspend", "ctrl+z", "suspend", "suspend"


class Quit(Command):
    """Quit; queued requests continue at the next start"""

    ID, KEY, ACTION, LABEL = "app.quit", "ctrl+q", "quit", "quit"
