"""The whole tree of a version at once: every edge an install follows, in order, each version once."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.reach import closure_of, open_ends, totals_of

pytestmark = pytest.mark.full_on("postgresql")


def test_edges_come_by_type_then_name(connection: Connection) -> None:
    root = rows.add_release(connection, "root")
    rows.add_edge(connection, root, "z")
    rows.add_edge(connection, root, "b", dependency_type="optional", is_optional=True)
    rows.add_edge(connection, root, "c", dependency_type="peer")
    rows.add_edge(connection, root, "a")
    outline = outline_of(connection, root[1])
    assert [edge.name for edge in outline.edges[root[1]]] == ["a", "z", "c", "b"]


def test_what_an_install_does_not_follow_is_left_out(connection: Connection) -> None:
    root = rows.add_release(connection, "root")
    rows.add_edge(connection, root, "dev", dependency_type="dev")
    rows.add_edge(connection, root, "peer", dependency_type="peer", is_optional=True)
    assert outline_of(connection, root[1]).edges == {}


def test_a_cycle_ends_and_each_version_has_its_shortest_distance(connection: Connection) -> None:
    a, b, c = (rows.add_release(connection, name) for name in "abc")
    for source, target, name in ((a, b, "b"), (b, c, "c"), (c, a, "a"), (a, c, "c")):
        rows.add_edge(connection, source, name, target)
    outline = outline_of(connection, a[1])
    assert outline.levels == {a[1]: 0, b[1]: 1, c[1]: 1}
    closure = closure_of(connection, a[1])
    assert outline.totals == totals_of(closure, open_ends(connection, closure))


def test_more_versions_than_one_list_takes(connection: Connection) -> None:
    root = rows.add_release(connection, "root")
    for number in range(600):
        leaf = rows.add_release(connection, f"p{number}")
        rows.add_edge(connection, root, f"p{number}", leaf)
        rows.add_edge(connection, leaf, "root", root)
    outline = outline_of(connection, root[1])
    assert len(outline.edges) == 601
    assert outline.totals.packages == 600


def test_states_of_a_target(connection: Connection) -> None:
    root = rows.add_release(connection, "root")
    package = rows.add_package(connection, "here")
    version = rows.add_version(connection, package, dependencies_fetched_at=None, is_yanked=True)
    rows.add_edge(connection, root, "a-missing")
    rows.add_edge(connection, root, "b-unresolved", resolved_version="unresolved")
    rows.add_edge(connection, root, "c-external", resolved_version="file:../c")
    rows.add_edge(connection, root, "here", (package, version))
    missing, unresolved, external, here = outline_of(connection, root[1]).edges[root[1]]
    assert missing.is_missing
    assert unresolved.is_unresolved
    assert not unresolved.is_missing
    assert external.is_external
    assert not external.is_missing
    assert (here.target_id, here.is_loaded, here.is_yanked) == (version, False, True)
