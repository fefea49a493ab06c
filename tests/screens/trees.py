"""A tree with one of everything, and what tests of the tree screen read from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, update
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.screens.driving import until
from tests.support import rows
from tgtui.data.models.tables import package_versions
from tgtui.data.views.edges import UNRESOLVED
from tgtui.widgets.flow import ENDLESS, Page
from tgtui.widgets.tree.view import TreeView

Release = tuple[UUID, UUID]


def releases(connection: Connection, *names: str) -> list[Release]:
    return [rows.add_release(connection, name) for name in names]


def depend(
    connection: Connection, source: Release, target: Release, name: str, **values: Any
) -> None:
    rows.add_edge(connection, source, name, target, **values)


def sample(connection: Connection) -> UUID:
    """One of everything a tree may show."""
    root, accepts, parser, debug, ms, loop = releases(
        connection, "express", "accepts", "body-parser", "debug", "ms", "loop"
    )
    optional, peer, aliased, old = releases(connection, "fsevents", "react", "lodash", "request")
    for target, name in ((accepts, "accepts"), (parser, "body-parser"), (debug, "debug")):
        depend(connection, root, target, name, dependency_version_range="~1.0.0")
    depend(connection, root, optional, "fsevents", is_optional=True, dependency_type="optional")
    depend(connection, root, peer, "react", dependency_type="peer", source_field="peerDependencies")
    depend(connection, root, aliased, "lodash", declared_name="underscore")
    depend(connection, root, old, "request")
    connection.execute(
        update(package_versions).where(package_versions.c.id == old[1]).values(is_yanked=True)
    )
    depend(connection, parser, debug, "debug")
    depend(connection, parser, loop, "loop")
    depend(connection, loop, parser, "body-parser")
    depend(connection, loop, loop, "loop")
    depend(connection, debug, ms, "ms")
    rows.add_edge(connection, accepts, "left-padd", resolved_version="1.3.0")
    rows.add_edge(
        connection,
        accepts,
        "nothing-fits",
        resolved_version=UNRESOLVED,
        resolution_error="No version of nothing-fits satisfies ^9.0.0.",
    )
    rows.add_edge(connection, accepts, "from-git", resolved_version="git+ssh://host/from-git.git")
    return root[1]


def view(pilot: Pilot[Any]) -> TreeView:
    return pilot.app.screen.query_one(TreeView)


def names(pilot: Pilot[Any]) -> list[str]:
    return [f"{'-' * node.level}{node.edge.name}" for node in view(pilot).model.rows]


def said(pilot: Pilot[Any], id: str) -> str:
    content = pilot.app.screen.query_one(f"#{id}", Static).content
    return content.laid_out(ENDLESS).plain if isinstance(content, Page) else str(content)


def is_complete(pilot: Pilot[Any]) -> bool:
    """Tree, totals and freshness have arrived."""
    head = said(pilot, "tree-head")
    return bool(view(pilot).model.rows) and "package" in head and "as of" in head


async def press_until(pilot: Pilot[Any], key: str, is_so: Callable[[], object]) -> None:
    await pilot.press(key)
    await until(pilot, is_so)


async def go_to(pilot: Pilot[Any], name: str) -> None:
    node = next(node for node in view(pilot).model.rows if node.edge.name == name)
    view(pilot).move_to(node)
    await pilot.pause()


def current(pilot: Pilot[Any]) -> str:
    """The node under the cursor, with its path."""
    node = view(pilot).current
    return " ".join(step.edge.name for step in node.path()) if node else ""


async def find(pilot: Pilot[Any], text: str, status: str) -> None:
    """Type it and wait for what is said of it."""
    await pilot.press("slash")
    pilot.app.screen.query_one(Input).value = ""
    await pilot.press(*text)
    await until(pilot, lambda: status in said(pilot, "find-status"))
