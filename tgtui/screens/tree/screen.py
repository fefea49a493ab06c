"""The dependency tree of one version, or of what depends on it: read as it is unfolded, live, searched as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.data.graph.tree import TreeQuery
from tgtui.data.packages.detail import package_detail
from tgtui.data.versions.listing import version_row
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.live import Coalescer
from tgtui.screens.base.opening import OpenPackage, OpenTree
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.tree import actions
from tgtui.screens.tree.commands import (
    AnyVersion,
    ExportTree,
    FilterTree,
    FindInTree,
    FlipTree,
    HitBefore,
    JumpBack,
    NextHit,
    NodeDependents,
    NodeTree,
    Why,
)
from tgtui.screens.tree.counts import TreeCounts
from tgtui.screens.tree.dialogs import FilterScreen, TreeFilter
from tgtui.screens.tree.growth import TreeGrowth
from tgtui.screens.tree.head import note, tree_head
from tgtui.screens.tree.knowledge import TreeKnowledge
from tgtui.screens.tree.search import TreeSearch
from tgtui.syntax.reference import DEFAULT_REGISTRY
from tgtui.widgets.find_bar import FindBar, FindInput
from tgtui.widgets.tree.detail import NodeFacts
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.pane import TreePane
from tgtui.widgets.tree.view import TreeView


class TreeScreen(BaseScreen):
    """Opens at once; totals, counts and freshness arrive on their own."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        FindInTree,
        Why,
        FlipTree,
        AnyVersion,
        FilterTree,
        ExportTree,
        NextHit,
        HitBefore,
        NodeDependents,
        NodeTree,
        JumpBack,
    )

    def __init__(self, version_id: UUID, title: str, *, is_upwards: bool = False) -> None:
        """`title` names the version until it has been read, e.g. `express@4.21.2`."""
        super().__init__()
        self.query_shown = TreeQuery(version_id, is_upwards)
        self.title_of_root = title
        self.version: VersionRow | None = None
        """The root, None until it was read."""
        self.package: PackageDetail | None = None
        """Of the root."""
        self.pane = TreePane(self._new_model())
        self.filter = TreeFilter()
        """What of it is shown."""
        self._wants_root = self._is_gone = False
        counts = TreeCounts(self)
        self._counts_below = counts.below
        self._counting = Coalescer(self, counts.look)
        self._sighting = Coalescer(self, self._read_what_is_seen)
        self._explaining = Coalescer(self, counts.explain)
        self._growth: TreeGrowth | None = None
        self._knowledge: TreeKnowledge | None = None
        self._search: TreeSearch | None = None

    def place(self) -> Content:
        return Content("Dependents" if self.query_shown.is_upwards else "Dependency tree")

    def compose_body(self) -> Iterable[Widget]:
        yield self.pane

    def on_mount(self) -> None:
        self.view.focus()
        self.draw_head()

    @property
    def view(self) -> TreeView:
        """The tree itself."""
        return self.pane.view

    @property
    def growth(self) -> TreeGrowth:
        """Reads its lines."""
        if self._growth is None:
            database = self.catalogue.database
            self._growth = TreeGrowth(database, self.view, self.query_shown)
        return self._growth

    @property
    def knowledge(self) -> TreeKnowledge:
        """Knows the whole of it."""
        if self._knowledge is None:
            self._knowledge = TreeKnowledge(self.catalogue.database)
        return self._knowledge

    @property
    def search(self) -> TreeSearch:
        """Finds in the whole of it."""
        if self._search is None:
            self._search = TreeSearch(self)
        return self._search

    async def refresh_live(self) -> None:
        self.growth.look_again()
        read = self.catalogue.database.read
        self.version = await read(version_row, self.query_shown.version_id)
        package = None
        if self.version is not None:
            await self._read_what_is_seen()  # before what is only said beside it
            package = await read(package_detail, self.version.package_id)
        self.package = package
        self.refresh_bindings()
        was_gone, self._is_gone = self._is_gone, package is None
        if was_gone and not self._is_gone:
            self.hint()
        if self.version is None or package is None:
            self.pane.show_tree(self._new_model())
            self.pane.say("This version is no longer in the catalogue. Press escape to go back.")
            return
        self.title_of_root = f"{package.name}@{self.version.version}"
        self.view.look.registry = package.registry
        self.view.refresh()
        self._say_note()
        self.draw_frame()
        self.draw_head()
        # After the lines, however large the whole is.
        self._counting.hint()
        self._explaining.hint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "ask":
            return self.is_live and self.catalogue.principal.can("ask")
        if action == "any_version":
            return self.query_shown.is_upwards
        if action == "export":
            return not self.query_shown.is_upwards and self.package is not None
        if action == "hit":
            return self._search is not None and self._search.has_hits
        if action == "jump_back":
            return self.view.came_from is not None
        if action in {"why", "node_dependents", "node_tree"}:
            return self.view.current is not None
        if action in {"find", "flip", "filter"}:
            return self.is_live
        return super().check_action(action, parameters)

    @on(TreeView.ChildrenWanted)
    def _children_wanted(self, event: TreeView.ChildrenWanted) -> None:
        call: Any = partial(actions.unfold, self, event.nodes)
        self.run_worker(call, group="unfold")

    @on(TreeView.Looked)
    def _looked(self) -> None:
        self.pane.draw_legend()
        if self.is_live:
            self._sighting.hint()

    @on(TreeView.Highlighted)
    def _highlighted(self, event: TreeView.Highlighted) -> None:
        self.pane.show_node(event.node, NodeFacts(), self.title_of_root)
        self._explaining.hint()
        self.refresh_bindings()

    @on(TreeView.PackageChosen)
    def _package_chosen(self, event: TreeView.PackageChosen) -> None:
        edge = event.node.edge
        if edge.package_id is None:
            self.tell(f"{edge.name} is not in the catalogue yet: there is nothing to open.")
        else:
            version = edge.resolved_version if edge.resolved_version_id else None
            self.app.open(OpenPackage(edge.package_id, version))

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self.start("find", self.search.look_for, event.text)

    @on(FindBar.Taken)
    def _taken(self) -> None:
        self.start("jump", self.search.go_to_first)

    @on(FindInput.Left)
    def _left(self) -> None:
        self.search.end()

    def action_find(self) -> None:
        self.pane.find_bar.open()

    def action_hit(self, step: int) -> None:
        self.start("jump", self.search.step, step)

    def action_back(self) -> None:
        """First out of a search, then out of the tree."""
        if self._search is not None and self._search.is_on:
            self._search.end()
        else:
            super().action_back()

    def action_why(self) -> None:
        if (node := self.view.current) is not None:
            self.start("why", actions.show_why, self, node)

    def action_flip(self) -> None:
        query = self.query_shown
        self._show(TreeQuery(query.version_id, not query.is_upwards), TreeFilter())

    def action_any_version(self) -> None:
        query, package = self.query_shown, self.package
        if package is not None:
            whole = package.id if query.package_id is None else None
            self._show(replace(query, package_id=whole), self.filter)

    def action_filter(self) -> None:
        def chosen(filter: TreeFilter | None) -> None:
            if filter is not None and filter != self.filter:
                self._show(replace(self.query_shown, kinds=filter.kinds), filter)

        dialog = FilterScreen(self.filter, self.registry, is_upwards=self.query_shown.is_upwards)
        self.app.push_screen(dialog, chosen)

    @property
    def registry(self) -> str:
        """The root's, whose words are used; the usual one until the root is read."""
        return self.package.registry if self.package is not None else DEFAULT_REGISTRY

    def action_export(self) -> None:
        actions.export_tree(self)

    def action_node_dependents(self) -> None:
        self._open_node(is_upwards=True)

    def action_node_tree(self) -> None:
        self._open_node(is_upwards=False)

    def action_jump_back(self) -> None:
        self.view.action_jump_back()

    async def action_ask(self) -> None:
        if (node := self.view.current) is not None:
            await actions.ask_for(self, node)

    def _open_node(self, *, is_upwards: bool) -> None:
        node = self.view.current
        if node is None:
            return
        edge = node.edge
        if edge.resolved_version_id is None:
            self.tell(f"{edge.name} is not in the catalogue yet: there is nothing to show of it.")
            return
        title = f"{edge.name}@{edge.resolved_version}"
        self.app.open(OpenTree(edge.resolved_version_id, title, is_upwards))

    def _new_model(self) -> TreeModel:
        query = self.query_shown
        return TreeModel(query.package_id or query.version_id, is_upwards=query.is_upwards)

    def _show(self, query: TreeQuery, filter: TreeFilter) -> None:
        """Another tree in the place of this one."""
        self.query_shown, self.filter = query, filter
        self.search.end()
        self.knowledge.forget()
        self.growth.show(query)
        self.pane.show_tree(self._new_model())
        self.draw_head()
        if filter.only is None:
            self.hint()
        else:
            self.start("sift", self._sift)

    async def _sift(self) -> None:
        """Show only what the filter lets through, and go to the first of it."""
        if (only := self.filter.only) is not None:
            sieve = await self.knowledge.sieve(self.query_shown, only)
            self.growth.sieve = sieve
            self.hint()
            await self.search.take(sieve.hits)

    async def _read_what_is_seen(self) -> None:
        version = self.version
        if version is None or self._is_gone or (self.filter.only and self.growth.sieve is None):
            return
        if version.dependencies_loaded or self.query_shown.is_upwards:
            await self.growth.read_what_is_seen()
        elif not self._wants_root and self.catalogue.principal.can("ask"):
            self._wants_root = True
            await self.catalogue.requesting.want_version(version.id)
        self._say_note()
        await self._counts_below()

    def _say_note(self) -> None:
        self.pane.say(note(self, has_rows=bool(self.view.model.rows), filter=self.filter))

    def draw_head(self) -> None:
        """From what is known so far."""
        seen = self._knowledge.seen if self._knowledge is not None else None
        self.pane.show_head(tree_head(self, seen, self.filter.words(self.registry)))
