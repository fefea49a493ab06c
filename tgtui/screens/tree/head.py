"""What is said above a tree, and in its place while there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.formatting import as_of
from tgtui.data.graph.tree import Overview
from tgtui.output.marks import dependents_in_words, totals_in_words
from tgtui.output.requests import request_text_or
from tgtui.screens.tree.dialogs import TreeFilter
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED

if TYPE_CHECKING:
    from tgtui.screens.tree.screen import TreeScreen


def tree_head(screen: TreeScreen, seen: Overview | None, filter: str) -> Content:
    """`express@4.21.2 · npm   65 packages · depth 7 · 3 repeated · as of 3 min ago`."""
    query, package = screen.query_shown, screen.package
    name = screen.title_of_root
    if query.package_id is not None and package is not None:
        name = f"{package.name}, any version"
    parts = [safe(name, style="bold $primary")]
    if package is not None:
        parts.append(Content.styled(f" · {package.registry}", MUTED))
    facts: list[str] = []
    if seen is not None and seen.query == query:
        facts = (
            dependents_in_words(seen.closure.levels, seen.closure.roots)
            if query.is_upwards
            else totals_in_words(seen.totals, screen.registry)
        )
    if query.is_upwards:
        parts.insert(0, Content.styled("who depends on ", MUTED))
    elif package is not None:
        facts.append(as_of(package.fetched_at, screen.app.now()))
    parts.append(Content.styled("   " + " · ".join(facts), MUTED))
    if filter:
        parts.append(Content.styled(f" · {filter}", "bold $text-warning"))
    return Content("").join(parts)


def note(screen: TreeScreen, *, has_rows: bool, filter: TreeFilter) -> str | None:
    """In the place of the tree while it has no lines; None where it has."""
    version, package, query = screen.version, screen.package, screen.query_shown
    if version is None or package is None:
        return None
    if not (version.dependencies_loaded or query.is_upwards):
        if not screen.catalogue.principal.can("ask"):
            return "Its dependencies are not loaded, and loading them needs a member's login."
        state = request_text_or(package.request, "")
        told = f"The dependencies of {screen.title_of_root} are being loaded. {state}"
        return f"{told} {screen.unattended(package.registry)}".rstrip()
    if has_rows:
        return None
    if filter.is_on:
        return "Nothing in the tree is what the filter asks for. Press f to change it."
    if query.is_upwards:
        what = package.name if query.package_id else f"exactly {screen.title_of_root}"
        more = "" if query.package_id else " Press x for any version of it."
        return (
            f"No install that the catalogue has read brings {what}.{more}"
            " That says nothing of what it has not read, nor of who only develops with it."
        )
    return f"{screen.title_of_root} has no dependencies that an install would follow."
