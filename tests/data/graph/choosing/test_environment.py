"""A tree leads each edge to what its root's environment has, and follows extras that are asked for in it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.graph.choosing.environment import environment_closure, environment_info
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.reach import closure_of, names_of
from tgtui.data.graph.tree import TreeQuery, own_edges, top_of
from tgtui.data.graph.why import why
from tgtui.data.storage.database import Database
from tgtui.data.versions.edges import INSTALLED

pytestmark = pytest.mark.full_on("postgresql")


class Garden:
    """`root` needs `a` and `b[x]`. Alone `a` would take `c` 2.0; with `b` there must be 1.0. `b`'s extra needs `d`."""

    def __init__(self, connection: Connection) -> None:
        release = rows.add_release
        self.root = release(connection, "root", registry="pypi")
        self.a, self.b, self.d = (release(connection, name, registry="pypi") for name in "abd")
        self.c = release(connection, "c", "1.0.0", registry="pypi")
        self.newer = (self.c[0], rows.add_version(connection, self.c[0], "2.0.0"))
        pypi = {"dependency_registry": "pypi", "source_field": "requires"}
        extra = {"dependency_type": "peer", "is_optional": True}
        rows.add_edge(connection, self.root, "a", self.a, **pypi)
        rows.add_edge(connection, self.root, "b", self.b, declared_name="b[x]", **pypi)
        rows.add_edge(
            connection, self.root, "d", self.d, **{**pypi, **extra, "source_field": "extra more"}
        )
        rows.add_edge(connection, self.a, "c", self.newer, **pypi)
        rows.add_edge(connection, self.b, "c", self.c, **pypi)
        rows.add_edge(
            connection, self.b, "d", self.d, **{**pypi, **extra, "source_field": "extra x"}
        )
        rows.add_edge(
            connection, self.a, "d", self.d, **{**pypi, **extra, "source_field": "extra x"}
        )

    def install(self, connection: Connection, *members: str, extras: str = "") -> None:
        """`b[x]==1.0.0`"""
        environment = rows.add_environment(connection, self.root[1], extras=extras)
        for member in members:
            name, _sign, version = member.partition("==")
            name, _bracket, asked = name.partition("[")
            rows.add_environment_member(
                connection, environment, name, version or "1.0.0", asked.rstrip("]")
            )


def told(connection: Connection, root: UUID, extras: str = "") -> set[str]:
    closure = closure_of(connection, root, extras=extras)
    return {f"{name.name}@{name.version}" for name in names_of(connection, closure).values()}


def test_a_tree_is_the_roots_environment(database: Database) -> None:
    with database.engine.begin() as connection:
        garden = Garden(connection)
        root = garden.root[1]
        assert told(connection, root) >= {"c@1.0.0", "c@2.0.0"}  # each edge by itself
        garden.install(connection, "root", "a", "b[x]", "c", "d")
        assert told(connection, root) == {f"{name}@1.0.0" for name in ("root", "a", "b", "c", "d")}
        outline = outline_of(connection, root)
        edges = {
            (edge.name, edge.resolved_version, edge.type)
            for source in (garden.a[1], garden.b[1])
            for edge in outline.edges[source]
        }
        assert edges == {("c", "1.0.0", "runtime"), ("d", "1.0.0", "runtime")}
        assert [e.name for e in outline.edges[garden.b[1]]] == ["c", "d"]
        assert [e.name for e in outline.edges[garden.a[1]]] == ["c"]  # nothing asks a for x
        (found,) = why(connection, root, registry="pypi", name="d", version=None, limit=9)
        assert [step.name.name for step in found.ways[0]] == ["root", "b", "d"]
        assert [e.name for e in top_of(connection, TreeQuery(root))] == ["a", "b"]
        # Another root has its own.
        assert told(connection, garden.a[1]) == {"a@1.0.0", "c@2.0.0"}


def test_extras_of_the_root_have_an_environment_of_their_own(database: Database) -> None:
    with database.engine.begin() as connection:
        garden = Garden(connection)
        root = garden.root[1]
        garden.install(connection, "root", "a", "b", "c")
        garden.install(connection, "root[more]", "a", "b", "c", "d", extras="more")
        assert "d@1.0.0" not in told(connection, root)
        assert "d@1.0.0" in told(connection, root, "more")
        assert "d@1.0.0" not in told(connection, root, "other")
        with_more = TreeQuery(root, extras="more")
        assert [e.name for e in top_of(connection, with_more)] == ["a", "b", "d"]
        assert {e.name: e.is_optional for e in own_edges(connection, root)}["d"]


def test_what_can_not_be_installed_says_why_and_is_followed_edge_by_edge(
    database: Database,
) -> None:
    with database.engine.begin() as connection:
        garden = Garden(connection)
        root = garden.root[1]
        assert environment_info(connection, root) is None
        rows.add_environment(connection, root, error="Nothing goes together.", notes="one\ntwo")
        found = environment_info(connection, root)
        assert found is not None
        assert (found.error, found.notes) == ("Nothing goes together.", ("one", "two"))
        assert environment_closure(connection, root, INSTALLED) is None
        assert {"c@1.0.0", "c@2.0.0"} <= told(connection, root)


def test_a_member_that_is_not_here_is_an_open_end(database: Database) -> None:
    with database.engine.begin() as connection:
        garden = Garden(connection)
        garden.install(connection, "root", "a", "b[x]==9", "c", "d")
        closure = closure_of(connection, garden.root[1])
        assert closure.open_ends[0] == 1
        assert len(closure) == 3
