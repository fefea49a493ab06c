"""What people can do, one class each: its docstring is the tooltip, the palette entry and the help row at once."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType


class Command:
    """Base of every command. A screen lists the ones it knows in BINDINGS by `bindings(...)`."""

    ID: ClassVar[str]
    """Name in the settings' `[keys]` table."""
    KEY: ClassVar[str]
    """Default keys, comma-separated; the first one is shown."""
    ACTION: ClassVar[str]
    """The screen's `action_...` that runs it."""
    LABEL: ClassVar[str]
    """What the footer calls it."""
    SHOW: ClassVar[bool] = False
    """Whether the footer shows it."""

    @classmethod
    def binding(cls) -> Binding:
        """As Textual wants it."""
        return Binding(
            cls.KEY, cls.ACTION, cls.LABEL, show=cls.SHOW, id=cls.ID, tooltip=cls.__doc__ or ""
        )


def bindings(*commands: type[Command]) -> list[BindingType]:
    """For a BINDINGS class variable; the footer keeps this order."""
    return [command.binding() for command in commands]


class FocusSearch(Command):
    """Type a search"""

    ID, KEY, ACTION, LABEL, SHOW = "app.search", "slash", "focus_search", "search", True


class OpenPackage(Command):
    """Open the package under the cursor"""

    ID, KEY, ACTION, LABEL = "search.open", "enter", "open_package", "open"


class ShowTree(Command):
    """Show the dependency tree"""

    ID, KEY, ACTION, LABEL, SHOW = "package.tree", "d", "show_tree", "tree", True


class AskFor(Command):
    """Ask for a package that is not in the catalogue"""

    ID, KEY, ACTION, LABEL, SHOW = "app.ask", "a", "ask", "ask", True


class ToggleFacets(Command):
    """Show or hide the filters"""

    ID, KEY, ACTION, LABEL, SHOW = "search.filters", "f", "toggle_facets", "filter", True


class TogglePreview(Command):
    """Show or hide the preview"""

    ID, KEY, ACTION, LABEL = "search.preview", "p", "toggle_preview", "preview"


class MarkPackage(Command):
    """Mark the package, to ask for, tag or export several at once"""

    ID, KEY, ACTION, LABEL, SHOW = "search.mark", "space", "mark", "mark", True


class MarkAll(Command):
    """Mark every package that the search finds, or none"""

    ID, KEY, ACTION, LABEL = "search.mark_all", "asterisk", "mark_all", "mark all"


class TagPackages(Command):
    """Give or take tags of the package, or of all that are marked"""

    ID, KEY, ACTION, LABEL, SHOW = "app.tags", "t", "tag_packages", "tags", True


class ExportPackages(Command):
    """Write the marked packages, or all that the search finds, into a CSV or JSON file"""

    ID, KEY, ACTION, LABEL = "search.export", "e", "export", "export"


class SortResults(Command):
    """Choose the order of the results"""

    ID, KEY, ACTION, LABEL, SHOW = "search.sort", "s", "sort_results", "sort", True


class SaveSearch(Command):
    """Keep the search under a name; the filters list those you keep"""

    ID, KEY, ACTION, LABEL = "search.save", "ctrl+s", "save_search", "save search"


class ClearSearch(Command):
    """Clear the search and its filters"""

    ID, KEY, ACTION, LABEL = "search.clear", "ctrl+l", "clear_search", "clear"


class ShowRequests(Command):
    """Show the requests and what became of them"""

    ID, KEY, ACTION, LABEL, SHOW = "app.requests", "q", "show_requests", "requests", True


class CopyMenu(Command):
    """Copy a name, a purl or an install command"""

    ID, KEY, ACTION, LABEL = "package.copy", "y", "copy_menu", "copy"


class OpenMenu(Command):
    """Open one of its pages in the browser"""

    ID, KEY, ACTION, LABEL = "package.links", "o", "open_menu", "links"


class RefreshPackage(Command):
    """Read the package from its registry again"""

    ID, KEY, ACTION, LABEL, SHOW = "package.refresh", "R", "refresh_package", "refresh", True


class ForceRefresh(Command):
    """Read the package again though it was read within the hour (admins)"""

    ID, KEY, ACTION, LABEL = "package.force", "ctrl+r", "force_refresh", "force"


class SortVersions(Command):
    """Change the order of the versions: highest, lowest, latest, first"""

    ID, KEY, ACTION, LABEL = "package.sort_versions", "s", "sort_versions", "sort"


class ShowHistory(Command):
    """Show what was asked of its registry, by whom, and how it ended"""

    ID, KEY, ACTION, LABEL = "package.history", "H", "show_history", "history"


class LoadDependencies(Command):
    """Load the dependencies of the selected version"""

    ID, KEY, ACTION, LABEL, SHOW = "package.load", "enter", "load_dependencies", "load", True


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


class PaneLeft(Command):
    """Go to the pane on the left"""

    ID, KEY, ACTION, LABEL = "app.pane_left", "left,h", "pane(-1)", "pane left"


class PaneRight(Command):
    """Go to the pane on the right"""

    ID, KEY, ACTION, LABEL = "app.pane_right", "right,l", "pane(1)", "pane right"


class MarkVersion(Command):
    """Mark a version; two marked ones are compared"""

    ID, KEY, ACTION, LABEL, SHOW = "package.mark", "space", "mark_version", "compare", True


class SwapVersions(Command):
    """Compare the other way round"""

    ID, KEY, ACTION, LABEL, SHOW = "compare.swap", "r", "swap", "other way round", True


class UnfoldChain(Command):
    """Show or hide what was queued because of the request"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.toggle", "space", "unfold", "unfold", True


class RetryRequest(Command):
    """Try the request again now"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.retry", "r", "retry", "retry", True


class CancelRequest(Command):
    """Cancel the request, if nobody works on it yet"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel", "c", "cancel", "cancel", True


class CancelChain(Command):
    """Cancel all that is still queued of the request's chain"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.cancel_chain", "C", "cancel_chain", "chain", True


class OpenRequested(Command):
    """Open the package of the request"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.open", "o,p", "open_package", "package", True


class FilterRequests(Command):
    """Narrow the requests by their state"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.filter", "f", "filter", "filter", True


class MineOrAll(Command):
    """Show your own requests, or everybody's"""

    ID, KEY, ACTION, LABEL, SHOW = "requests.mine", "m", "mine", "mine/all", True


class LogIn(Command):
    """Log in, to ask for packages and to see what you asked for"""

    ID, KEY, ACTION, LABEL, SHOW = "app.log_in", "L", "log_in", "log in", True


class ShowAccount(Command):
    """Show who you are here and what you may do, or log out"""

    ID, KEY, ACTION, LABEL = "app.account", "L", "show_account", "account"


class Back(Command):
    """Go back one level"""

    ID, KEY, ACTION, LABEL = "app.back", "escape", "back", "back"


class Help(Command):
    """Show every key that works here"""

    ID, KEY, ACTION, LABEL, SHOW = "app.help", "question_mark,f1", "show_help", "help", True


class Quit(Command):
    """Leave; what is queued goes on at the next start"""

    ID, KEY, ACTION, LABEL = "app.quit", "ctrl+q", "quit", "quit"
