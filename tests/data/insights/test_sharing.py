"""What several packages bring together."""

from __future__ import annotations

from sqlalchemy import Connection

from tests.support import rows
from tests.support.graphs import graph
from tgtui.data.insights.sharing import shared


def test_what_at_least_two_bring_is_shared_most_first(connection: Connection) -> None:
    found = graph(connection, "a>x", "b>x", "c>y", "y>x", "a>y", "c>z")
    told = shared(connection, [found[name][1] for name in "abc"])
    assert [(each.name, each.brought_by) for each in told] == [("x", (0, 1, 2)), ("y", (0, 2))]
    assert told[0].versions == ("1.0.0",)


def test_two_versions_of_one_package_are_one_package_with_both_told(connection: Connection) -> None:
    package, old = rows.add_release(connection, "x", "1.0.0")
    new = rows.add_version(connection, package, "2.0.0")
    a, b = (rows.add_release(connection, name) for name in "ab")
    rows.add_edge(connection, a, "x", (package, old))
    rows.add_edge(connection, b, "x", (package, new))
    (one,) = shared(connection, [a[1], b[1]])
    assert (one.name, one.versions, one.brought_by) == ("x", ("1.0.0", "2.0.0"), (0, 1))


def test_one_of_the_set_that_another_brings_is_brought_by_both(connection: Connection) -> None:
    found = graph(connection, "a>b", "b>x")
    told = shared(connection, [found["a"][1], found["b"][1]])
    assert [each.name for each in told] == ["b", "x"]


def test_nothing_is_shared_by_one_or_none(connection: Connection) -> None:
    found = graph(connection, "a>b")
    assert shared(connection, [found["a"][1]]) == []
    assert shared(connection, []) == []
