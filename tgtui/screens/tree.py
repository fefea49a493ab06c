"""The dependency tree of one version: read as it is unfolded, followed while the worker stores more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.data.graph import tree_totals
from tgtui.data.packages import edges_of_each, package_detail, version_row
from tgtui.data.request_lists import newest_request
from tgtui.data.views import PackageDetail, RequestRow, TreeTotals, VersionRow
from tgtui.errors import TgtuiError
from tgtui.formatting import as_of
from tgtui.references import PackageReference
from tgtui.screens.base import BaseScreen
from tgtui.screens.live import Coalescer, outliving
from tgtui.trees import totals_in_words
from tgtui.widgets.content import safe
from tgtui.widgets.tree_detail import explain, queue_sentence, way_to
from tgtui.widgets.tree_line import legend
from tgtui.widgets.tree_model import TreeModel, TreeNode
from tgtui.widgets.tree_view import TreeView

READ_AT_ONCE = 50
"""Versions whose edges are read in one go: the tree grows while a whole level is unfolded."""


class TreeScreen(BaseScreen):
    """Opens at once; totals and freshness arrive on their own."""

    CSS_PATH = "tree.tcss"

    def __init__(self, version_id: UUID, title: str) -> None:
        """`title` names the version until it has been read, e.g. `express@4.21.2`."""
        super().__init__()
        self._version_id = version_id
        self._title = title
        self._version: VersionRow | None = None
        self._package: PackageDetail | None = None
        self._totals: TreeTotals | None = None
        self._wants_root = False
        self._look = 1
        """Number of the present look at the database; children of an older one are read again."""
        self._root_read_at = 0
        self._counting = Coalescer(self, self._count)
        self._sighting = Coalescer(self, self._read_what_is_seen)
        self._explaining = Coalescer(self, self._explain)

    def place(self) -> Content:
        return Content("Dependency tree")

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="tree-head")
        yield TreeView(TreeModel(self._version_id), id="tree")
        yield Static(id="tree-note")
        yield Static(id="tree-way")
        yield Static(id="tree-detail")
        yield Static(id="tree-legend")

    def on_mount(self) -> None:
        self.query_one("#tree-note", Static).display = False
        self._draw_head()

    async def refresh_live(self) -> None:
        self._look += 1
        self._counting.hint()
        database = self.catalogue.database
        self._version = await database.read(version_row, self._version_id)
        if self._version is None:
            self._say("This version is no longer in the catalogue. Press escape to go back.")
            return
        await self._read_what_is_seen()
        self._package = await database.read(package_detail, self._version.package_id)
        if self._package is not None:
            self._title = f"{self._package.name}@{self._version.version}"
            self.view.registry = self._package.registry
            self.draw_frame()
        self._draw_head()
        await self._draw_note()
        self._explaining.hint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "ask":
            return self.is_live and self.catalogue.principal.can("ask")
        return super().check_action(action, parameters)

    @property
    def view(self) -> TreeView:
        """The widget."""
        return self.query_one(TreeView)

    @on(TreeView.ChildrenWanted)
    def _children_wanted(self, event: TreeView.ChildrenWanted) -> None:
        call: Any = partial(self._unfold, event.nodes)
        self.run_worker(call, group="unfold")

    @on(TreeView.Changed)
    def _changed(self) -> None:
        self.query_one("#tree-legend", Static).update(legend(self.view.model.marks_in_use()))

    @on(TreeView.Looked)
    def _looked(self) -> None:
        if self.is_live:
            self._sighting.hint()

    @on(TreeView.Highlighted)
    def _highlighted(self, event: TreeView.Highlighted) -> None:
        self._draw_detail(event.node, None)
        self._explaining.hint()

    @on(TreeView.PackageChosen)
    def _package_chosen(self, event: TreeView.PackageChosen) -> None:
        edge = event.node.edge
        if edge.package_id is None:
            self.tell(f"{edge.name} is not in the catalogue yet: there is nothing to open.")
        else:
            version = edge.resolved_version if edge.resolved_version_id else None
            self.app.show_package(edge.package_id, version)

    async def action_ask(self) -> None:
        """Queue the package under the cursor, or the version's dependencies."""
        node = self.view.current
        if node is None:
            return
        edge = node.edge
        try:
            if edge.resolved_version_id is not None and not edge.is_loaded:
                await self.catalogue.want_version(edge.resolved_version_id)
            elif edge.is_missing or edge.is_unresolved:
                await self.catalogue.ask(PackageReference(edge.registry, edge.name))
            else:
                self.tell("Everything that is known of it is here already.")
                return
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"Asked for {edge.registry}:{edge.name}.")
            self.hint()

    async def _unfold(self, nodes: Sequence[TreeNode]) -> None:
        """Read the children of opened nodes; have the worker load those that are not stored."""
        with outliving(self):
            try:
                await self._read_children([node for node in nodes if node.edge.is_loaded])
                for node in nodes:
                    if not node.edge.is_loaded and node.edge.resolved_version_id is not None:
                        node.is_waiting = True
                        self.view.show_changes()
                        await self.catalogue.want_version(node.edge.resolved_version_id)
            except TgtuiError as error:
                for node in nodes:
                    if node.children is None:
                        self.view.model.fold(node)
                self.view.show_changes()
                self.tell(error, is_error=True)

    async def _read_children(self, nodes: Sequence[TreeNode]) -> None:
        for start in range(0, len(nodes), READ_AT_ONCE):
            some = nodes[start : start + READ_AT_ONCE]
            look = self._look
            ids = [id for node in some if (id := node.edge.resolved_version_id) is not None]
            edges = await self.catalogue.database.read(edges_of_each, ids, only_installed=True)
            for node in some:
                node.read_at = look
            self.view.set_many(
                (node, edges[id])
                for node in some
                if (id := node.edge.resolved_version_id) in edges and id is not None
            )

    async def _read_what_is_seen(self) -> None:
        """Read again below the parents of the lines on the screen; those of this look are fresh."""
        look = self._look
        view = self.view
        if self._root_read_at < look and self._version and self._version.dependencies_loaded:
            edges = await self.catalogue.database.read(
                edges_of_each, [self._version_id], only_installed=True
            )
            self._root_read_at = look
            view.set_children(None, edges[self._version_id])
        seen = [*view.in_sight(), *view.model.waiting()]
        parents = dict.fromkeys(node.parent for node in seen if node.parent is not None)
        await self._read_children([node for node in parents if node.read_at < look])
        await self._read_children([node for node in view.model.waiting() if node.edge.is_loaded])

    async def _count(self) -> None:
        try:
            self._totals = await self.catalogue.database.read(tree_totals, self._version_id)
        except TgtuiError:
            return  # the queue strip says it: the tree itself is read from the same database
        self._draw_head()

    async def _explain(self) -> None:
        node = self.view.current
        if node is None:
            return
        edge = node.edge
        request = None
        if edge.is_missing or edge.is_unresolved or node.is_waiting:
            try:
                request = await self.catalogue.database.read(
                    newest_request, edge.registry, edge.name
                )
            except TgtuiError as error:
                self.tell(error, is_error=True)
        if node is self.view.current:
            self._draw_detail(node, request)

    def _draw_head(self) -> None:
        parts = [safe(self._title, style="bold $primary")]
        if self._package is not None:
            parts.append(Content.styled(f" · {self._package.registry}", "$foreground-muted"))
        facts: list[str] = [] if self._totals is None else totals_in_words(self._totals)
        if self._package is not None:
            facts.append(as_of(self._package.fetched_at, self.app.now()))
        parts.append(Content.styled("   " + " · ".join(facts), "$foreground-muted"))
        self.query_one("#tree-head", Static).update(Content("").join(parts))

    def _draw_detail(self, node: TreeNode, request: RequestRow | None) -> None:
        self.query_one("#tree-way", Static).update(way_to(node))
        self.query_one("#tree-detail", Static).update(explain(self.view.model, node, request))

    async def _draw_note(self) -> None:
        """In place of the tree while there is none."""
        version, package = self._version, self._package
        if version is None or package is None:
            return
        if not version.dependencies_loaded:
            if not self._wants_root:
                self._wants_root = True
                await self.catalogue.want_version(self._version_id)
            state = queue_sentence(package.request, "")
            self._say(f"The dependencies of {self._title} are being loaded. {state}")
        elif not self.view.model.rows:
            self._say(f"{self._title} has no dependencies that an install would follow.")
        else:
            self.query_one("#tree-note", Static).display = False

    def _say(self, sentence: str) -> None:
        note = self.query_one("#tree-note", Static)
        note.display = True
        note.update(safe(sentence))
