"""The tree, filled from the database: its root, what is unfolded, what is seen, the paths people jump along, its counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import as_of
from tgtui.data.graph.choosing.environment import environments_of
from tgtui.data.graph.dependents import Step
from tgtui.data.graph.finding import Hit, Sieve
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.tree import Routes, TreeQuery, below_each, routes_of, top_of
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.reader import Reader
from tgtui.data.versions.listing import version_row
from tgtui.data.views.edges import Edge
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import EnvironmentInfo, VersionRow
from tgtui.output.facts import weight_in_words
from tgtui.output.marks import dependents_in_words, doubts_in_words, totals_in_words
from tgtui.output.requests import request_text_or
from tgtui.output.trees.tree import ExportedTree
from tgtui.registries.registration import registration
from tgtui.screens.base.ordering import AWAITED
from tgtui.screens.base.work import Failed, start
from tgtui.screens.tree.filter import TreeFilter
from tgtui.screens.tree.knowledge import TreeKnowledge
from tgtui.syntax.reference import DEFAULT_REGISTRY
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.tree.detail import Spot
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode
from tgtui.widgets.tree.view import TreeView

READ_AT_ONCE = 50
"""Versions whose edges are read in one go: the tree grows while a whole level is unfolded."""
STEPS_AT_ONCE = 200
"""The same along a path people jump, which is not drawn step by step."""
MAX_NOTE = 600
"""Characters."""


class TreePane(Vertical):
    """Demand before prefetch: only what is unfolded is read, and read again when it is seen later.

    Below the lines stands a note in their place while there are none.
    """

    DEFAULT_CSS = """
    TreePane {
        height: 1fr;
        #tree { height: 1fr; background: $background; }
        #tree-note { display: none; padding: 0 2; height: auto; color: $foreground-muted; }
        &.-noted #tree-note { display: block; }
    }
    """

    def __init__(
        self,
        query: TreeQuery,
        title: str,
        *,
        read: Reader,
        knowledge: TreeKnowledge,
        want: Callable[[UUID], Awaitable[None]],
        can_ask: Callable[[], bool],
        unattended: Callable[[str], str],
    ) -> None:
        """`title` names the root until it is read. `want` has a version's dependencies loaded.

        `unattended` says what keeps requests of a registry waiting, empty if nothing does.
        """
        super().__init__()
        self.shown = query
        """Which tree it is."""
        self.filter = TreeFilter()
        """What of it is shown."""
        self.title = title
        self.version: VersionRow | None = None
        """The root, None until it is read."""
        self.package: PackageDetail | None = None
        """Of the root."""
        self.environments: Sequence[EnvironmentInfo] = ()
        """Of the root, where its client chooses for all of a tree: one for each set of extras that was asked for."""
        self.view = TreeView(self._new_model(), id="tree")
        self._note = Static(id="tree-note")
        self._read = read
        self._knowledge = knowledge
        self._want, self._can_ask, self._unattended = want, can_ask, unattended
        self._sieve: Sieve | None = None
        """What may be shown; None: everything."""
        self._look = 1
        """Number of the present look at the database; children of an older one are read again."""
        self._top_read_at = 0
        self._known_routes: tuple[int, TreeQuery, Routes] | None = None
        """Of a look at a tree, read once for all that is unfolded in it."""
        self._wants_root = self._is_gone = False

    def compose(self) -> ComposeResult:
        yield self._note
        yield self.view

    @property
    def registry(self) -> str:
        """The root's, whose words are used; the usual one until the root is read."""
        return self.package.registry if self.package is not None else DEFAULT_REGISTRY

    @property
    def is_gone(self) -> bool:
        """The root is not in the catalogue."""
        return self._is_gone

    @property
    def name_shown(self) -> str:
        """What it is the tree of."""
        if self.shown.package_id is not None and self.package is not None:
            return f"{self.package.name}, any version"
        if self.shown.extras and self.package is not None and self.version is not None:
            return f"{self.package.name}[{self.shown.extras}]@{self.version.version}"
        return self.title

    @property
    def doubts(self) -> list[str]:
        """Why it is not what the client would install, or may not be."""
        if self.shown.is_upwards:
            return []
        shown = self.shown.extras
        found = [each for each in self.environments if each.extras == shown]
        return [told for each in found for told in doubts_in_words(self.registry, each)]

    @property
    def spot(self) -> Spot | None:
        """Where the cursor is."""
        view = self.view
        if (node := view.current) is None:
            return None
        version_id = node.edge.resolved_version_id
        brings = self.view.look.brings.get(version_id, 0) if version_id else 0
        return Spot(node, view.model, self.title, brings, view.came_from is not None)

    def facts(self, now: datetime) -> list[str]:
        """Totals of the whole tree as far as it is known, and how fresh it is."""
        facts: list[str] = []
        seen, package = self._knowledge.seen, self.package
        if seen is not None and seen.query == self.shown:
            facts = (
                dependents_in_words(seen.closure.levels, seen.closure.roots)
                if self.shown.is_upwards
                else totals_in_words(seen.totals, self.registry, seen.trust)
            )
            if (weighed := self._knowledge.weighed) is not None:
                facts += weight_in_words(weighed.total)
        if package is not None and not self.shown.is_upwards:
            facts.append(as_of(package.fetched_at, now))
        return facts

    def show(self, query: TreeQuery, filter: TreeFilter) -> None:
        """Another tree in the place of this one; what is still being read of this one is thrown away."""
        self.shown, self.filter = query, filter
        self._sieve, self._top_read_at = None, 0
        self._look += 1
        self._knowledge.forget()
        self._start_again()

    async def read_again(self) -> None:
        """The catalogue changed: all that is shown may be old. Lines first, then what is said of them."""
        self._look += 1
        self.version = await self._read(version_row, self.shown.version_id)
        package = None
        if self.version is not None:
            await self.read_what_is_seen()
            package = await self._read(package_detail, self.version.package_id)
            if package is not None and registration(package.registry).resolves_whole:
                self.environments = await self._read(environments_of, self.version.id)
        was_gone, self._is_gone, self.package = self._is_gone, package is None, package
        if self.version is None or package is None:
            self._start_again()
            self._say(f"This version is no longer in the catalogue. {key('app.back')} goes back.")
            return
        if was_gone:
            await self.read_what_is_seen()
        self.title = f"{package.name}@{self.version.version}"
        self.view.tell_registry(package.registry)
        self._say(self._in_place_of_lines())

    async def read_what_is_seen(self) -> None:
        """Other lines are on the screen: read those that may be old, and what each brings."""
        version = self.version
        if version is None or self._is_gone or (self.filter.only and self._sieve is None):
            return
        if version.dependencies_loaded or self.shown.is_upwards:
            await self._read_seen()
        elif not self._wants_root and self._can_ask():
            self._wants_root = True
            await self._want(version.id)
        self._say(self._in_place_of_lines())
        await self.count()

    async def look(self) -> None:
        """At the whole tree; from then on what is found, filtered and counted is up to date, too."""
        query, only = self.shown, self.filter.only
        await self._knowledge.look(query)
        if only is not None and query == self.shown:
            self._sieve = await self._knowledge.sieve(query, only)
            self._look += 1
            await self._read_seen()

    async def count(self) -> None:
        """How many packages each line on the screen brings."""
        nodes = self.view.in_sight()
        ids = [id for node in nodes if (id := node.edge.resolved_version_id) is not None]
        self.view.tell_brings(await self._knowledge.brings(self.shown, ids))

    async def sift(self) -> Sequence[Hit]:
        """Work out what the filter lets through; the nearest first."""
        query, only = self.shown, self.filter.only
        if only is None:
            return ()
        sieve = await self._knowledge.sieve(query, only)
        if query is not self.shown:
            return ()
        self._sieve = sieve
        return sieve.hits

    async def hits(self, text: str) -> Sequence[Hit]:
        """What bears this name in the whole tree, the best first; names that hold it are highlighted."""
        found = await self._knowledge.hits(self.shown, text) if text else ()
        self.view.highlight(text)
        return found

    async def go_to(self, hit: Hit) -> bool:
        """Put the cursor there, unfolding what hides it. False if the tree no longer has it."""
        if (node := await self._node_of(hit)) is None:
            return False
        self.view.move_to(node)
        return True

    async def walk_along(self, steps: Sequence[Step]) -> bool:
        """Unfold exactly this path, given from the dependent down, and put the cursor on its end."""
        ids = [step.version_id for step in steps if step.version_id is not None]
        if self.shown.is_upwards:
            ids.reverse()
        node = await self._walk(ids if self.shown.package_id else ids[1:], is_exact=True)
        if node is None:
            return False
        self.view.move_to(node)
        return True

    async def exported(self, now: datetime) -> ExportedTree:
        """The whole of it, unfolded or not."""
        package, version = self.package, self.version
        if package is None or version is None:
            raise TgtuiError("This version is no longer in the catalogue.")
        outline = await self._read(
            outline_of,
            version.id,
            self.shown.kinds,
            weighed_for=self._knowledge.platform(),
            extras=self.shown.extras,
        )
        return ExportedTree.of(package, version, outline, now)

    @on(TreeView.ChildrenWanted)
    def _opened(self, event: TreeView.ChildrenWanted) -> None:
        event.stop()
        nodes = event.nodes
        failed = partial(self._not_unfolded, nodes)
        unfold = partial(self._unfold, nodes)
        start(self, "unfold", unfold, failed, exclusive=False, name=AWAITED)

    async def _unfold(self, nodes: Sequence[TreeNode]) -> None:
        """Read the children of opened nodes; have the worker load those that are not stored."""
        await self._read_children([node for node in nodes if node.edge.is_loaded])
        for node in nodes:
            id = node.edge.resolved_version_id
            if not node.edge.is_loaded and id is not None:
                node.is_waiting = True
                self.view.show_changes()
                await self._want(id)

    def _not_unfolded(self, nodes: Sequence[TreeNode], error: TgtuiError) -> None:
        for node in nodes:
            if node.children is None:
                self.view.model.fold(node)
        self.view.show_changes()
        self.post_message(Failed(error, of_person=True))

    async def _read_seen(self) -> None:
        """Read again below the parents of the lines on the screen; those of this look are fresh."""
        look, view = self._look, self.view
        if self._top_read_at < look:
            await self._read_top()
        seen = [*view.in_sight(), *view.model.waiting()]
        parents = dict.fromkeys(node.parent for node in seen if node.parent is not None)
        await self._read_children([node for node in parents if node.read_at < look])
        await self._read_children([node for node in view.model.waiting() if node.edge.is_loaded])

    async def _read_top(self) -> None:
        look, query = self._look, self.shown
        edges = await self._read(top_of, query, await self._routes(query))
        if query is self.shown:
            self._top_read_at = look
            self.view.set_children(None, self._admitted(edges))

    async def _routes(self, query: TreeQuery) -> Routes:
        """Where edges lead in this tree, at the present look."""
        look, known = self._look, self._known_routes
        if known is not None and known[0] == look and known[1] == query:
            return known[2]
        routes = await self._read(routes_of, query)
        self._known_routes = look, query, routes
        return routes

    async def _read_children(self, nodes: Sequence[TreeNode]) -> None:
        """Of these nodes, in portions."""
        for first in range(0, len(nodes), READ_AT_ONCE):
            some = nodes[first : first + READ_AT_ONCE]
            look, query = self._look, self.shown
            ids = [id for node in some if (id := node.edge.resolved_version_id) is not None]
            edges = await self._read(below_each, query, ids, await self._routes(query))
            if query is not self.shown:
                return
            for node in some:
                node.read_at = look
            self.view.set_many(
                (node, self._admitted(edges[id]))
                for node in some
                if (id := node.edge.resolved_version_id) in edges and id is not None
            )

    async def _walk(self, way: Sequence[UUID], *, is_exact: bool = False) -> TreeNode | None:
        """Unfold along these versions, from right below the root on; the last one's node, None if it is gone.

        At a repeat the walk continues in its first place or, `is_exact`, unfolds it here.
        """
        model, query = self.view.model, self.shown
        read: Mapping[UUID, list[Edge]] = {}
        node: TreeNode | None = None
        if model.top is None:
            await self._read_top()
        for place, version_id in enumerate(way):
            if node is not None and node.children is None:
                id = node.edge.resolved_version_id
                if id is not None and id not in read:
                    ahead = [id, *way[place : place + STEPS_AT_ONCE]]
                    read = await self._read(below_each, query, ahead, await self._routes(query))
                    if query is not self.shown:
                        return None
                node.read_at = self._look
                model.attach(node, self._admitted(read.get(id, []) if id else []))
            child = model.child(node, version_id)
            if child is None:
                return None
            if model.is_repeated(child):
                if is_exact:
                    model.move_here(child)
                else:
                    child = model.first_place(child)
            node = child
        if node is not None:
            model.reveal(node)
            self.view.show_changes()
        return node

    async def _node_of(self, hit: Hit) -> TreeNode | None:
        way, end = self._knowledge.way(hit.version_id), hit.end
        if way is None:
            return None
        node = await self._walk(way)
        if end is None or (way and node is None):
            return node
        if node is not None:
            await self._open(node)
        siblings = self.view.model.top if node is None else node.children
        return next(
            (
                each
                for each in siblings or ()
                if (each.edge.registry, each.edge.name, each.edge.declared_name)
                == (end.registry, end.name, end.declared_name)
            ),
            None,
        )

    async def _open(self, node: TreeNode) -> None:
        """Unfold one node, its children read."""
        if node.children is None:
            await self._read_children([node])
        self.view.model.unfold(node)
        self.view.show_changes()

    def _admitted(self, edges: Iterable[Edge]) -> list[Edge]:
        sieve = self._sieve
        return [edge for edge in edges if sieve is None or sieve.admits(edge)]

    def _new_model(self) -> TreeModel:
        query = self.shown
        return TreeModel(query.package_id or query.version_id, is_upwards=query.is_upwards)

    def _start_again(self) -> None:
        self.view.tell_brings({})
        self.view.show(self._new_model())
        self._say(None)

    def _say(self, sentence: str | None) -> None:
        self.set_class(sentence is not None, "-noted")
        if sentence is not None:
            self._note.update(safe(sentence, MAX_NOTE))

    def _in_place_of_lines(self) -> str | None:
        """Why there are none; None if there are some, or the root is not read yet."""
        version, package, query = self.version, self.package, self.shown
        if version is None or package is None:
            return None
        if not (version.dependencies_loaded or query.is_upwards):
            if not self._can_ask():
                return "Its dependencies are not loaded, and loading them needs a member's login."
            state = request_text_or(package.request, "")
            told = f"The dependencies of {self.title} are being loaded. {state}"
            return f"{told} {self._unattended(package.registry)}".rstrip()
        if self.view.model.rows:
            return None
        if self.filter.is_on:
            return f"Nothing in the tree matches the filter. {key('tree.filter')} changes it."
        if query.is_upwards:
            what = package.name if query.package_id else f"exactly {self.title}"
            more = (
                "" if query.package_id else f" {key('tree.any_version')} shows any version of it."
            )
            return (
                f"Nothing in the catalogue installs {what}.{more}"
                " Packages not fetched yet and dev dependencies are not counted."
            )
        return f"{self.title} has no dependencies that an install would include."
