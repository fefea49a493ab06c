"""The closure: right on cycles, diamonds, depth, and on what is missing or unresolved."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, text, update

from tests.support import rows
from tests.support.graphs import Release, graph
from tgtui.basics.ids import uuid7
from tgtui.data.graph.reach import (
    VersionName,
    closure_of,
    dependents_closure,
    names_of,
    open_ends,
    totals_of,
)
from tgtui.data.models import tables
from tgtui.data.views.edges import UNRESOLVED, TreeTotals

CHAIN = 5_000
"""Deeper than Python's recursion limit and than any real tree."""


def totals(connection: Connection, release: Release) -> TreeTotals:
    closure = closure_of(connection, release[1])
    return totals_of(closure, open_ends(connection, closure))


def complete(packages: int, depth: int, repeated: int = 0) -> TreeTotals:
    return TreeTotals(
        packages, depth, repeated, unresolved=0, missing=0, not_loaded=0, deprecated=0
    )


@pytest.mark.parametrize(
    ("arrows", "expected"),
    [
        (["a>b"], complete(1, 1)),
        (["a>b", "b>c"], complete(2, 2)),
        (["a>b", "a>c", "b>d", "c>d"], complete(3, 2, repeated=1)),
        (["a>b", "b>c", "a>c"], complete(2, 1, repeated=1)),
        (["a>a"], complete(0, 0, repeated=1)),
        (["a>b", "b>a"], complete(1, 1, repeated=1)),
        (["a>b", "b>c", "c>d", "d>b"], complete(3, 3, repeated=1)),
        (["a>b", "b>b"], complete(1, 1, repeated=1)),
        (["a>b", "x>y", "y>a"], complete(1, 1)),
    ],
    ids=[
        "edge",
        "line",
        "diamond",
        "short-cut",
        "self",
        "cycle",
        "inner-cycle",
        "inner-self",
        "apart",
    ],
)
def test_totals_of(connection: Connection, arrows: list[str], expected: TreeTotals) -> None:
    assert totals(connection, graph(connection, *arrows)["a"]) == expected


def test_levels_are_the_shortest_ways(connection: Connection) -> None:
    at = graph(connection, "a>b", "b>c", "c>d", "a>d", "d>e", "e>a")
    closure = closure_of(connection, at["a"][1])
    levels = dict(zip(closure.ids, closure.levels, strict=True))
    assert {name: levels[at[name][1]] for name in "abcde"} == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 1,
        "e": 2,
    }


def test_a_version_without_edges_is_its_own_closure(connection: Connection) -> None:
    release = rows.add_release(connection, "a")
    closure = closure_of(connection, release[1])
    assert (closure.ids, closure.targets, closure.loaded) == ([release[1]], [[]], [True])
    assert totals(connection, release) == complete(0, 0)


def test_a_layered_graph_with_very_many_paths_counts_each_version_once(
    connection: Connection,
) -> None:
    layers = [[f"{layer}-{n}" for n in range(4)] for layer in range(10)]
    arrows = [f"root>{name}" for name in layers[0]]
    for upper, lower in pairwise(layers):
        arrows += [f"{source}>{target}" for source in upper for target in lower]
    expected = complete(40, 10, repeated=len(arrows) - 40)
    assert totals(connection, graph(connection, *arrows)["root"]) == expected


def test_a_chain_thousands_deep(connection: Connection) -> None:
    root = rows.add_release(connection, "root")
    package = root[0]
    ids = [root[1], *(uuid7() for _ in range(CHAIN))]
    plain = {"package_id": package, "created_at": rows.DAY_ONE}
    connection.execute(
        insert(tables.package_versions),
        [
            {
                "id": id, "version": f"{n}", "sort_key": "", "is_prerelease": False, "is_yanked": False,
                "dependencies_fetched_at": rows.DAY_ONE, **plain,
            }
            for n, id in enumerate(ids[1:])
        ],
    )  # fmt: skip
    connection.execute(
        insert(tables.package_dependencies),
        [
            {
                "id": uuid7(), "version_id": source, "dependency_registry": "npm", "dependency_name": "b",
                "dependency_package_id": package, "dependency_version_range": "*", "resolved_version": "1.0.0",
                "resolved_version_id": target, "dependency_type": "runtime", "source_field": "dependencies",
                "is_optional": False, **plain,
            }
            for source, target in pairwise(ids)
        ],
    )  # fmt: skip
    # As autovacuum would: without statistics PostgreSQL reads the whole table at each of the steps.
    connection.execute(text("ANALYZE"))
    assert totals(connection, root) == complete(CHAIN, CHAIN)


def test_an_install_is_followed_through_its_kinds_of_edges_only(connection: Connection) -> None:
    at = graph(connection, "a>runtime", "dev>d", "optional-peer>o", "peer>p", "optional>q")
    for name, type, is_optional in (
        ("dev", "dev", False),
        ("optional-peer", "peer", True),
        ("peer", "peer", False),
        ("optional", "optional", True),
    ):
        rows.add_edge(
            connection, at["a"], name, at[name], dependency_type=type, is_optional=is_optional
        )
    reached = closure_of(connection, at["a"][1]).ids
    names = {name for name, (_, version) in at.items() if version in reached}
    assert names == {"a", "runtime", "peer", "p", "optional", "q"}


def test_what_is_not_known_is_counted_by_kind(connection: Connection) -> None:
    at = graph(connection, "a>b")
    rows.add_edge(connection, at["a"], "missing")
    rows.add_edge(connection, at["b"], "missing")
    rows.add_edge(connection, at["b"], "unsatisfied", resolved_version=UNRESOLVED)
    rows.add_edge(connection, at["b"], "from-git", resolved_version="git+ssh://host/x.git")
    package = rows.add_package(connection, "unread")
    version = rows.add_version(connection, package, dependencies_fetched_at=None)
    rows.add_edge(connection, at["b"], "unread", (package, version))
    rows.add_edge(connection, at["b"], "dev-only", dependency_type="dev")
    assert totals(connection, at["a"]) == TreeTotals(
        packages=2, depth=2, repeated=0, unresolved=1, missing=2, not_loaded=1, deprecated=0
    )


def test_an_own_resolution_exists_only_where_specifiers_do(connection: Connection) -> None:
    """A Debian version may have a colon in it: an epoch."""
    source = rows.add_release(connection, "a", registry="apt")
    rows.add_edge(connection, source, "b", dependency_registry="apt", resolved_version="1:2.3-4")
    assert totals(connection, source).missing == 1


def test_a_deleted_package_and_what_only_it_needs_is_not_reached(connection: Connection) -> None:
    at = graph(connection, "a>b", "b>c", "a>d")
    statement = update(tables.packages).where(tables.packages.c.id == at["b"][0])
    connection.execute(statement.values(deleted_at=rows.DAY_ONE))
    assert totals(connection, at["a"]) == TreeTotals(
        packages=1, depth=1, repeated=0, unresolved=0, missing=1, not_loaded=0, deprecated=0
    )


def test_edges_without_a_target_here_are_told_apart(connection: Connection) -> None:
    at = graph(connection, "a>b")
    rows.add_edge(connection, at["b"], "@std/c", dependency_registry="jsr", is_optional=True)
    rows.add_edge(connection, at["a"], "d", declared_name="e", resolved_version=UNRESOLVED)
    closure = closure_of(connection, at["a"][1])
    assert closure.open_ends == [1, 1]
    jsr, unresolved = open_ends(connection, closure)
    assert (closure.id_of(jsr.source), jsr.registry, jsr.name) == (at["b"][1], "jsr", "@std/c")
    assert (jsr.is_missing, jsr.is_optional, unresolved.is_unresolved) == (True, True, True)
    assert (unresolved.source, unresolved.declared_name) == (0, "e")


def test_every_version_is_called_by_its_name(connection: Connection) -> None:
    at = graph(connection, "a>b")
    closure = closure_of(connection, at["a"][1])
    names = names_of(connection, closure)
    assert [str(names[number]) for number in range(2)] == ["npm:a@1.0.0", "npm:b@1.0.0"]
    assert names_of(connection, closure, [1]) == {1: VersionName("npm", "b", "1.0.0")}


def test_dependents_are_reached_against_the_arrows(connection: Connection) -> None:
    at = graph(connection, "a>b", "b>c", "x>c", "c>y", "c>b")
    rows.add_edge(
        connection, rows.add_release(connection, "dev"), "c", at["c"], dependency_type="dev"
    )
    closure = dependents_closure(connection, [at["c"][1]])
    names = {name: closure.number_of(version) for name, (_, version) in at.items()}
    levels = {name: closure.levels[number] for name, number in names.items() if number is not None}
    assert levels == {"c": 0, "b": 1, "x": 1, "a": 2}


def test_a_deleted_dependent_is_none(connection: Connection) -> None:
    at = graph(connection, "a>b", "b>c")
    statement = update(tables.packages).where(tables.packages.c.id == at["b"][0])
    connection.execute(statement.values(deleted_at=rows.DAY_ONE))
    assert len(dependents_closure(connection, [at["c"][1]])) == 1


def test_dependents_of_several_versions_are_one_closure(connection: Connection) -> None:
    at = graph(connection, "a>b", "c>d", "b>d")
    closure = dependents_closure(connection, [at["b"][1], at["d"][1]])
    assert closure.roots == 2
    assert sorted(closure.levels) == [0, 0, 1, 1]


def test_types_of_edges_can_be_chosen_and_what_is_to_develop_with_is_the_roots(
    connection: Connection,
) -> None:
    at = graph(connection, "a>b")
    test, peer = (rows.add_release(connection, name) for name in ("test", "peer"))
    rows.add_edge(connection, at["a"], "test", test, dependency_type="dev")
    rows.add_edge(connection, at["b"], "peer", peer, dependency_type="dev")
    rows.add_edge(connection, at["b"], "peer", peer, dependency_type="peer")

    def reached(*kinds: str) -> set[UUID]:
        return set(closure_of(connection, at["a"][1], kinds).ids) - {at["a"][1]}

    assert reached("runtime") == {at["b"][1]}
    assert reached("runtime", "dev") == {at["b"][1], test[1]}
    assert reached("runtime", "peer") == {at["b"][1], peer[1]}
    assert reached("peer") == set()


def test_a_version_that_is_not_here_has_an_empty_closure(connection: Connection) -> None:
    assert totals(connection, (uuid7(), uuid7())) == complete(0, 0)
