"""What people do with a node or the whole of a tree: ask for it, ask why, write it into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import size
from tgtui.basics.text import clean
from tgtui.data.graph.outline import outline_of
from tgtui.output.trees.files import file_name, free_path, write_file
from tgtui.output.trees.formats import FORMATS, ExportedTree
from tgtui.screens.dialogs.menus import Choice, MenuScreen
from tgtui.screens.tree.dialogs import Way, WhyScreen
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.tree.node import TreeNode

if TYPE_CHECKING:
    from tgtui.screens.tree.screen import TreeScreen


async def ask_for(screen: TreeScreen, node: TreeNode) -> None:
    """Queue the node's package, or the dependencies of its version."""
    edge = node.edge
    try:
        if edge.resolved_version_id is not None and not edge.is_loaded:
            await screen.catalogue.requesting.want_version(edge.resolved_version_id)
        elif edge.is_missing or edge.is_unresolved:
            await screen.catalogue.requesting.ask(PackageReference(edge.registry, edge.name))
        else:
            screen.tell("Everything that is known of it is here already.")
            return
    except TgtuiError as error:
        screen.tell(error, is_error=True)
    else:
        screen.tell(f"Asked for {edge.registry}:{edge.name}.")
        screen.hint()


async def unfold(screen: TreeScreen, nodes: Sequence[TreeNode]) -> None:
    """Read the children of opened nodes; have the worker load those that are not stored."""
    view = screen.view
    with screen.outliving():
        try:
            await screen.growth.read_children([node for node in nodes if node.edge.is_loaded])
            for node in nodes:
                if not node.edge.is_loaded and node.edge.resolved_version_id is not None:
                    node.is_waiting = True
                    view.show_changes()
                    await screen.catalogue.requesting.want_version(node.edge.resolved_version_id)
        except TgtuiError as error:
            for node in nodes:
                if node.children is None:
                    view.model.fold(node)
            view.show_changes()
            screen.tell(error, is_error=True)


async def show_why(screen: TreeScreen, node: TreeNode) -> None:
    """The ways to the node; the one that is chosen is walked along in the tree."""
    edge, query = node.edge, screen.query_shown
    # What is not in the catalogue is explained by who asks for it.
    explained = node if edge.resolved_version_id is not None else node.parent
    if explained is None or explained.edge.resolved_version_id is None:
        screen.tell(f"{screen.title_of_root} itself asks for {edge.name}: {edge.range or '*'}.")
        return
    reason = await screen.knowledge.ways(query, explained.edge.resolved_version_id)
    if reason is None or not reason.ways:
        screen.tell("It is not in the tree any more; what is shown is being read again.")
        screen.hint()
        return

    def walk(way: Way | None) -> None:
        if way is not None:
            steps = list(reversed(way.steps)) if query.is_upwards else list(way.steps)
            ids = [step.version_id for step in steps]
            screen.start("why", walk_along, screen, ids if query.package_id else ids[1:])

    name = clean(f"{explained.edge.name}@{explained.edge.resolved_version}", 80)
    root = clean(screen.title_of_root, 80)
    title = f"How {name} comes to {root}:" if query.is_upwards else f"Why {name} is here:"
    if explained is not node:
        title = f"{clean(edge.name, 80)} is not here; why {name}, which asks for it, is:"
    registry = screen.package.registry if screen.package else ""
    screen.app.push_screen(WhyScreen(title, reason, registry), walk)


async def walk_along(screen: TreeScreen, way: Sequence[UUID]) -> None:
    """Unfold exactly this way, and put the cursor on its end."""
    node = await screen.growth.walk(way, is_exact=True)
    if node is None:
        screen.tell("This way is hidden by the filter, or not there any more.")
    else:
        screen.view.move_to(node)


def export_tree(screen: TreeScreen) -> None:
    """Choose a format; the file goes into the folder the program was started in."""
    package, version = screen.package, screen.version
    if package is None or version is None:
        return
    folder = Path.cwd()
    paths = {
        format.name: free_path(folder, file_name(package.name, version.version, format))
        for format in FORMATS.values()
    }

    async def write(name: str) -> None:
        try:
            database, kinds = screen.catalogue.database, screen.query_shown.kinds
            outline = await database.read(outline_of, version.id, kinds)
            tree = ExportedTree.of(package, version, outline, screen.app.now())
            written = await asyncio.to_thread(write_file, tree, FORMATS[name], paths[name])
        except TgtuiError as error:
            screen.tell(error, is_error=True)
        else:
            screen.tell(f"Wrote {paths[name]} ({size(written)}).")

    def chosen(choice: Choice | None) -> None:
        if choice is not None:
            screen.start("export", write, choice.label)

    choices = [Choice(name, clean(path.name)) for name, path in paths.items()]
    title = clean(f"Write the whole tree into {folder}", 100)
    screen.app.push_screen(MenuScreen(title, "enter writes the file", choices), chosen)
