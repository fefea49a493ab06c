"""Below the tree: the path to the node under the cursor, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tgtui.data.graph.tree import TreeQuery
from tgtui.data.requests.lists import newest_request
from tgtui.data.storage.reader import Reader
from tgtui.data.views.facts import Less
from tgtui.data.views.requests import RequestRow
from tgtui.screens.tree.knowledge import TreeKnowledge
from tgtui.widgets.tree.detail import NodeFacts, Spot, explain, way_to


class DetailPane(Vertical):
    """At once what the tree knows of the node; the rest follows once it is looked up."""

    DEFAULT_CSS = """
    DetailPane {
        height: auto; margin-top: 1;
        #tree-way {
            height: 1; padding: 0 1; color: $foreground-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        #tree-detail { height: auto; min-height: 1; max-height: 3; padding: 0 1; }
    }
    """

    def __init__(self, read: Reader, knowledge: TreeKnowledge, can_ask: Callable[[], bool]) -> None:
        super().__init__()
        self._can_ask = can_ask
        self._read = read
        self._knowledge = knowledge
        self._spot: Spot | None = None
        self._way = Static(id="tree-way")
        self._detail = Static(id="tree-detail")

    def compose(self) -> ComposeResult:
        yield self._way
        yield self._detail

    def show(self, spot: Spot | None) -> None:
        """The cursor is here now; None: nowhere."""
        self._spot = spot
        self._draw_way()
        self._detail.update(Content("") if spot is None else explain(spot, self._facts()))

    async def explain(self, spot: Spot, query: TreeQuery) -> None:
        """Look up what there is to say of this node of the tree, and say it if the cursor is still there."""
        edge, request, alone, less = spot.node.edge, None, None, None
        if edge.is_missing or edge.is_unresolved or spot.node.is_waiting:
            request = await self._read(newest_request, edge.registry, edge.name)
        elif edge.resolved_version_id is not None:
            alone = await self._knowledge.brings_alone(query, edge.resolved_version_id)
            less = await self._knowledge.less(query, edge.resolved_version_id)
        if self._spot is not None and self._spot.node is spot.node:
            self._spot = spot
            self._draw_way()
            self._detail.update(explain(spot, self._facts(request, alone, less)))

    def on_resize(self) -> None:
        self._draw_way()

    def _draw_way(self) -> None:
        spot, width = self._spot, self._way.content_size.width
        self._way.update(Content("") if spot is None or not width else way_to(spot, width))

    def _facts(
        self,
        request: RequestRow | None = None,
        alone: int | None = None,
        less: Less | None = None,
    ) -> NodeFacts:
        spot, weighed = self._spot, self._knowledge.weighed
        version_id = spot.node.edge.resolved_version_id if spot is not None else None
        its = weighed.facts.get(version_id) if weighed is not None and version_id else None
        return NodeFacts(request, alone, self._can_ask(), its, less)
