"""Why a package is here, who needs it, and what two versions differ in: on rows, on both databases."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, event, update

from tests.support import rows
from tests.support.graphs import graph
from tgtui.data.graph.comparison import Comparison, compare
from tgtui.data.graph.dependents import dependents_of_each, reachers, versions_in_use
from tgtui.data.graph.why import Reason, why
from tgtui.data.models import tables
from tgtui.data.versions.edges import edges_of_each
from tgtui.data.views.edges import UNRESOLVED

pytestmark = pytest.mark.full_on("postgresql")


def ways(reason: Reason) -> list[str]:
    return [" ".join(step.name.name for step in way) for way in reason.ways]


def reasons(
    connection: Connection, root: tuple[UUID, UUID], name: str, **which: object
) -> list[Reason]:
    usual = {"registry": None, "version": None, "limit": 10, **which}
    return why(connection, root[1], name=name, **usual)  # type: ignore[arg-type]


class TestWhy:
    def test_each_way_is_told_with_what_is_asked_for(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "b>c", "a>d", "d>c", "a>c")
        (reason,) = reasons(connection, at["a"], "c")
        assert ways(reason) == ["a c", "a b c", "a d c"]
        assert not reason.has_more
        first, last = reason.ways[0]
        assert first.link is not None
        assert (first.link.range, first.link.type, last.link) == ("^1.0.0", "runtime", None)
        assert str(last.name) == "npm:c@1.0.0"

    def test_a_limit_is_told(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "b>c", "a>c")
        (reason,) = reasons(connection, at["a"], "c", limit=1)
        assert (ways(reason), reason.has_more) == (["a c"], True)

    def test_every_version_of_a_package_has_its_own_ways(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "b>c")
        newer = rows.add_version(connection, at["c"][0], "2.0.0")
        rows.add_edge(connection, at["a"], "c", (at["c"][0], newer), resolved_version="2.0.0")
        found = reasons(connection, at["a"], "c")
        assert [(reason.name.version, ways(reason)) for reason in found] == [
            ("1.0.0", ["a b c"]),
            ("2.0.0", ["a c"]),
        ]
        (one,) = reasons(connection, at["a"], "c", version="2.0.0")
        assert one == found[1]

    def test_what_is_not_here_is_explained_by_who_asks_for_it(self, connection: Connection) -> None:
        at = graph(connection, "a>b")
        rows.add_edge(connection, at["b"], "gone")
        rows.add_edge(connection, at["a"], "gone")
        rows.add_edge(
            connection, at["a"], "odd", declared_name="alias", resolved_version=UNRESOLVED
        )
        (gone,) = reasons(connection, at["a"], "gone")
        assert (ways(gone), gone.is_here, gone.name.version) == (["a", "a b"], False, "1.0.0")
        (odd,) = reasons(connection, at["a"], "alias")
        assert (ways(odd), odd.name.name, odd.name.version) == (["a"], "odd", UNRESOLVED)

    def test_a_name_of_another_registry_is_another_package(self, connection: Connection) -> None:
        at = graph(connection, "a>b")
        other = rows.add_release(connection, "b", registry="brew")
        rows.add_edge(connection, at["b"], "b", other, dependency_registry="brew")
        assert [str(r.name) for r in reasons(connection, at["a"], "b", registry="brew")] == [
            "brew:b@1.0.0"
        ]
        assert len(reasons(connection, at["a"], "b")) == 2

    def test_what_is_not_in_the_tree_has_no_reason(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "x>c")
        assert reasons(connection, at["a"], "c") == []
        assert reasons(connection, at["a"], "nowhere") == []


class TestDependents:
    def test_direct_ones_come_with_the_range_they_ask_for(self, connection: Connection) -> None:
        at = graph(connection, "a>c", "b>c", "a>b", "x>b")
        rows.add_edge(connection, at["x"], "c", at["c"], dependency_type="dev")
        found = dependents_of_each(connection, [at["c"][1], at["x"][1]])
        assert [(e.name, e.range, e.child_count) for e in found[at["c"][1]]] == [
            ("a", "^1.0.0", 0),
            ("b", "^1.0.0", 2),
        ]
        assert found[at["x"][1]] == []
        with_dev = dependents_of_each(connection, [at["c"][1]], with_dev=True)[at["c"][1]]
        assert [(e.name, e.type, e.child_count) for e in with_dev][-1] == ("x", "dev", 0)

    def test_the_whole_way_down_is_told_for_each(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "b>c", "x>c", "y>a", "c>b")
        found = reachers(connection, [at["c"][1]])
        assert [[step.name.name for step in each.way] for each in found] == [
            ["b", "c"],
            ["x", "c"],
            ["a", "b", "c"],
            ["y", "a", "b", "c"],
        ]
        assert [each.is_direct for each in found] == [True, True, False, False]
        link = found[2].way[0].link
        assert link is not None
        assert link.range == "^1.0.0"

    def test_the_middle_of_a_long_way_is_left_out(self, connection: Connection) -> None:
        at = graph(connection, *(f"p{n}>p{n + 1}" for n in range(50)))
        found = reachers(connection, [at["p50"][1]])
        last = found[-1]
        assert (last.steps, last.way[0].name.name, last.way[-1].name.name) == (50, "p0", "p50")
        assert (len(last.way), last.left_out) == (21, 30)
        assert [each.left_out for each in found[:19]] == [0] * 19

    def test_a_deleted_package_neither_counts_nor_leads_further(
        self, connection: Connection
    ) -> None:
        at = graph(connection, "a>b", "b>c", "x>c")
        statement = update(tables.packages).where(tables.packages.c.id == at["b"][0])
        connection.execute(statement.values(deleted_at=rows.DAY_ONE))
        assert [each.way[0].name.name for each in reachers(connection, [at["c"][1]])] == ["x"]
        assert [e.name for e in dependents_of_each(connection, [at["c"][1]])[at["c"][1]]] == ["x"]

    def test_versions_that_something_resolves_to_come_newest_first(
        self, connection: Connection
    ) -> None:
        at = graph(connection, "a>c", "b>c")
        newer = rows.add_version(connection, at["c"][0], "10.0.0")
        rows.add_version(connection, at["c"][0], "11.0.0")
        rows.add_edge(connection, at["a"], "c", (at["c"][0], newer), resolved_version="10.0.0")
        assert [
            (e.resolved_version, e.child_count) for e in versions_in_use(connection, at["c"][0])
        ] == [
            ("10.0.0", 1),
            ("1.0.0", 2),
        ]


class TestCompare:
    def compared(self, connection: Connection) -> Comparison:
        at = graph(connection, "a>same", "a>old", "old>deep", "new>fresh")
        newer = (at["a"][0], rows.add_version(connection, at["a"][0], "2.0.0"))
        same2 = rows.add_version(connection, at["same"][0], "2.0.0")
        rows.add_edge(
            connection, newer, "same", (at["same"][0], same2), resolved_version="2.0.0",
            dependency_version_range="^2.0.0",
        )  # fmt: skip
        rows.add_edge(connection, newer, "new", at["new"])
        found = compare(connection, at["a"][1], newer[1])
        assert found is not None
        return found

    def test_its_own_dependencies(self, connection: Connection) -> None:
        found = self.compared(connection)
        assert [change.edge.name for change in found.added] == ["new"]
        assert [change.edge.name for change in found.removed] == ["old"]
        (change,) = found.changed
        assert change.before is not None
        assert (change.before.range, change.edge.range) == ("^1.0.0", "^2.0.0")

    def test_what_the_closure_gains_and_loses(self, connection: Connection) -> None:
        found = self.compared(connection)
        assert [moved.name for moved in found.gained] == ["fresh", "new"]
        assert [moved.name for moved in found.lost] == ["deep", "old"]
        (moved,) = found.moved
        assert (moved.name, moved.before, moved.after) == ("same", ("1.0.0",), ("2.0.0",))
        assert (found.before.packages, found.after.packages) == (3, 3)
        assert not found.is_same

    def test_a_version_is_the_same_as_itself(self, connection: Connection) -> None:
        at = graph(connection, "a>b", "b>a")
        found = compare(connection, at["a"][1], at["a"][1])
        assert found is not None
        assert found.is_same

    def test_what_is_not_whole_says_so(self, connection: Connection) -> None:
        at = graph(connection, "a>b")
        rows.add_edge(connection, at["b"], "gone")
        other = rows.add_version(connection, at["a"][0], "2.0.0")
        found = compare(connection, at["a"][1], other)
        assert found is not None
        assert (found.before.is_whole, found.after.is_whole) == (False, True)
        assert [(m.name, m.before) for m in found.lost] == [("b", ("1.0.0",)), ("gone", ("1.0.0",))]

    def test_a_version_that_is_gone_can_not_be_compared(self, connection: Connection) -> None:
        at = graph(connection, "a>b")
        assert compare(connection, at["a"][1], UUID(int=7)) is None


def test_children_of_a_whole_screen_are_read_in_one_statement(connection: Connection) -> None:
    at = graph(connection, *(f"root>n{n}" for n in range(60)), *(f"n{n}>leaf" for n in range(60)))
    ids = [at[f"n{n}"][1] for n in range(60)]
    seen: list[str] = []
    connection = connection

    def remember(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", remember)
    try:
        found = edges_of_each(connection, ids, only_installed=True)
        above = dependents_of_each(connection, ids)
    finally:
        event.remove(connection, "before_cursor_execute", remember)
    assert {edge.name for edges in found.values() for edge in edges} == {"leaf"}
    assert {edge.name for edges in above.values() for edge in edges} == {"root"}
    assert len(seen) == 2
