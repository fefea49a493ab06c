"""What a version depends on, by type; what is not loaded says how it can be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from textual import on
from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import number
from tgtui.data.graph.tree import own_edges
from tgtui.data.storage.reader import Reader
from tgtui.data.views.edges import Edge
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.identity.people import Principal
from tgtui.screens.base.loading import not_loaded
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import (
    EdgeRow,
    edge_columns,
    edge_heading,
    edge_note,
    edge_rows,
)
from tgtui.widgets.packages.panes import TabbedPane


class DependenciesPane(TabbedPane):
    """Of one version at a time."""

    class Chosen(Message):
        """Enter on a dependency."""

        def __init__(self, edge: Edge) -> None:
            super().__init__()
            self.edge = edge

    def __init__(
        self,
        *,
        read: Reader,
        now: Callable[[], datetime],
        person: Callable[[], Principal],
        unattended: Callable[[str], str],
    ) -> None:
        """`unattended` says what keeps a registry's requests waiting, if anything does."""
        self._rows = RowList[EdgeRow](
            edge_columns(),
            key=lambda row: row.edge.id if row.edge else row.heading,
            heading=edge_heading,
            id="dependencies-list",
        )
        super().__init__(self._rows, "Dependencies", id="dependencies")
        self._read = read
        self._now = now
        self._person = person
        self._unattended = unattended
        self._wanted: UUID | None = None
        """The version that is to be shown."""
        self._shown: UUID | None = None
        """The version that is shown."""

    @property
    def current(self) -> Edge | None:
        """The dependency under the cursor."""
        row = self._rows.current
        return row.edge if row is not None else None

    async def show(self, detail: PackageDetail, version: VersionRow | None) -> None:
        """The edges of a version, unless another is to be shown by the time they are read."""
        self._wanted = version.id if version is not None else None
        if version is None:
            self.describe("")
            self._show_instead(Content.styled("No versions known yet.", MUTED))
            return
        label = safe(f"of {version.version}", 40)
        if not version.dependencies_loaded:
            self.describe(label)
            self._show_instead(self._not_loaded(detail, version))
            return
        if version.id != self._shown:
            self.wait()
        edges = await self._read(own_edges, version.id)
        if self._wanted != version.id:
            return
        self._shown = version.id
        self.describe(Content.assemble(label, f" · {number(len(edges))}"))
        self._rows.set_rows(edge_rows(edges, detail.registry))
        self.say(None if edges else Content.styled("It has no dependencies.", MUTED))
        if not edges:
            self.note(None)

    @on(RowList.Highlighted)
    def _moved(self, event: RowList.Highlighted) -> None:
        event.stop()
        edge = self.current
        can_ask = edge is not None and self._person().can("authenticated")
        self.note(edge_note(edge, can_ask=can_ask) if edge is not None else None)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        event.stop()
        if event.row.edge is not None:
            self.post_message(self.Chosen(event.row.edge))

    def _not_loaded(self, detail: PackageDetail, version: VersionRow) -> Content:
        hint = self._unattended(detail.registry)
        return not_loaded(version, detail.request, hint, self._now(), person=self._person())

    def _show_instead(self, text: Content) -> None:
        self._shown = self._wanted
        self._rows.set_rows([], reset=True)
        self.note(None)
        self.say(text)
