"""The panes of the package screen for what a version depends on, and for what depends on the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.data.views.edges import Dependent, Edge
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.screens.base.loading import not_loaded
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.paging import PagedRows
from tgtui.screens.base.screen import BaseScreen
from tgtui.syntax.reference import DEFAULT_REGISTRY
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.packages.columns import edge_rows
from tgtui.widgets.packages.panes import PackagePanes

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database


class DependenciesPane:
    """Fills it from the database; what is not loaded says how it can be."""

    def __init__(
        self,
        screen: BaseScreen,
        panes: PackagePanes,
        detail: Callable[[], PackageDetail | None],
        selected: Callable[[], VersionRow | None],
    ) -> None:
        """`detail` and `selected` tell the package and the version that are shown this moment."""
        self._screen = screen
        self._panes = panes
        self._detail = detail
        self._selected = selected
        self._shown: UUID | None = None
        """The version that the pane was filled for last."""

    async def show(self) -> None:
        """The edges of the selected version, unless another is selected by the time they are read."""
        from tgtui.data.versions.edges import edges_of

        pane, version = self._panes.dependencies, self._selected()
        if version is None:
            self._panes.title("dependencies", "")
            pane.say(Content.styled("No version is known yet.", MUTED))
            return
        label = safe(f"of {version.version}", 40)
        if not version.dependencies_loaded:
            self._panes.title("dependencies", label)
            pane.list.set_rows([], reset=True)
            pane.note(None)
            pane.say(self._not_loaded(version))
            self._shown = version.id
            return
        if version.id != self._shown:
            pane.wait()
        edges = await self._screen.catalogue.database.read(edges_of, version.id)
        selected = self._selected()
        if selected is None or selected.id != version.id:
            return
        self._shown = version.id
        self._panes.title("dependencies", Content.assemble(label, f" · {number(len(edges))}"))
        detail = self._detail()
        registry = detail.registry if detail is not None else DEFAULT_REGISTRY
        pane.list.set_rows(edge_rows(edges, registry))
        pane.say(None if edges else Content.styled("It depends on nothing.", MUTED))
        if not edges:
            pane.note(None)

    def _not_loaded(self, version: VersionRow) -> Content:
        screen, detail = self._screen, self._detail()
        return not_loaded(
            version,
            detail.request if detail is not None else None,
            screen.unattended(detail.registry) if detail is not None else "",
            screen.app.now(),
            person=screen.catalogue.principal,
        )


def go_to_target(screen: BaseScreen, edge: Edge) -> None:
    """Open the package of a dependency, or say why there is none."""
    if edge.package_id is not None:
        version = None if edge.is_unresolved else edge.resolved_version
        screen.app.open(OpenPackage(edge.package_id, version))
    elif edge.is_external:
        screen.tell(f"{edge.name} comes from {edge.resolved_version}, from no registry.")
    else:
        screen.tell(f"{edge.registry}:{edge.name} is not in the catalogue yet; a asks for it.")


class DependentsPane:
    """Fills it from the database, page by page."""

    def __init__(self, panes: PackagePanes, package_id: UUID) -> None:
        self._panes = panes
        self._package_id = package_id
        self._paged: PagedRows[Dependent, str] = PagedRows(panes.dependent_rows)

    async def show(self, database: Database, detail: PackageDetail) -> None:
        """The first page as it is now."""
        from tgtui.data.packages.detail import dependents_page

        page = await database.read(dependents_page, self._package_id)
        self._paged.show(page.rows, page.next_cursor)
        self._panes.title("dependents", number(detail.dependent_count))
        text = "None known here yet: only what the catalogue has read is counted."
        self._panes.dependents.say(None if page.rows else Content.styled(text, MUTED))

    async def more(self, database: Database) -> None:
        """The next page."""
        from tgtui.data.packages.detail import dependents_page

        await self._paged.read_on(
            lambda after: database.read(dependents_page, self._package_id, after=after)
        )
