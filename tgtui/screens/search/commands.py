"""What people can do on the search screen, a class each, as in `base/commands`."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class OpenCurrent(Command):
    """Open the package under the cursor"""

    ID, KEY, ACTION, LABEL, SHOW = "search.open", "enter", "open_package", "open", True


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
    """Mark every package that the search finds, or clear the marks"""

    ID, KEY, ACTION, LABEL = "search.mark_all", "asterisk", "mark_all", "mark all"


class ExportPackages(Command):
    """Write the marked packages, or all that the search finds, to a CSV or JSON file"""

    ID, KEY, ACTION, LABEL = "search.export", "e", "export", "export"


class ShowShared(Command):
    """Show what the marked packages bring together"""

    ID, KEY, ACTION, LABEL = "search.shared", "S", "show_shared", "shared"


class SortResults(Command):
    """Choose the order of the results"""

    ID, KEY, ACTION, LABEL, SHOW = "search.sort", "s", "sort_results", "sort", True


class SaveSearch(Command):
    """Save the search under a name; the filters list your saved searches"""

    ID, KEY, ACTION, LABEL = "search.save", "ctrl+s", "save_search", "save search"


class ClearSearch(Command):
    """Clear the search and its filters"""

    ID, KEY, ACTION, LABEL = "search.clear", "ctrl+l", "clear_search", "clear"
