"""The tree of a registry whose client chooses for all of it: with the root's extras, and with what is doubtful said."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from tests.screens.driving import until
from tests.screens.running import Home, running
from tests.screens.trees import names, press_until, said
from tests.support import rows
from tgtui.screens.tree.screen import TreeScreen

TWO = "acme is on two indexes, a.example and b.example: pip takes the highest version of all, whoever published it. 9.9 is from b.example."


def requests(connection: Connection) -> UUID:
    """`requests` needs `idna`, its extra `socks` brings `pysocks`, which nothing else does."""
    root = rows.add_release(connection, "requests", registry="pypi")
    for name, source in (("idna", "requires"), ("pysocks", "extra socks")):
        leaf = rows.add_release(connection, name, registry="pypi")
        kind = "runtime" if source == "requires" else "peer"
        rows.add_edge(
            connection, root, name, leaf, dependency_type=kind, source_field=source,
            is_optional=kind == "peer", dependency_registry="pypi",
        )  # fmt: skip
    for extras in ("", "socks"):
        environment = rows.add_environment(
            connection, root[1], extras=extras, notes=TWO if extras else None
        )
        rows.add_environment_member(connection, environment, "requests", extras=extras)
        for name in ("idna", "pysocks")[: 2 if extras else 1]:
            rows.add_environment_member(connection, environment, name)
    return root[1]


async def test_the_roots_extras_that_were_asked_for_are_shown_in_turn(home: Home) -> None:
    root = home.fill(requests)
    app = home.app(lambda: TreeScreen(root, "requests"))
    async with running(app, TreeScreen) as pilot:
        await until(pilot, lambda: names(pilot) == ["idna"])
        assert "two indexes" not in said(pilot, "tree-head")
        await press_until(pilot, "X", lambda: names(pilot) == ["idna", "pysocks"])
        await until(pilot, lambda: "requests[socks]@1.0.0" in said(pilot, "tree-head"))
        assert "9.9 is from b.example." in said(pilot, "tree-head")
        await press_until(pilot, "X", lambda: names(pilot) == ["idna"])
