"""Who uses a package is told apart by how, and every count, filter, list and order says the same."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.support import rows
from tgtui.data.models.search import package_search
from tgtui.data.packages import detail as detail_module
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.search.index import rank_of, refresh
from tgtui.data.search.jumps import count_matches
from tgtui.data.search.results import search_packages
from tgtui.data.versions.uses import used_by
from tgtui.data.views.edges import UsedBy
from tgtui.syntax.query import OPERATORS, parse_search

RUNTIME, OPTIONAL, DEV = ("runtime", False), ("optional", True), ("dev", False)
PEER, SUGGESTED = ("peer", False), ("peer", True)
USERS = {
    "runs": [[RUNTIME]],
    "tests-too": [[RUNTIME, DEV]],
    "may": [[OPTIONAL]],
    "plugin": [[PEER, DEV]],
    "likes": [[SUGGESTED]],
    "likes-and-tests": [[SUGGESTED, DEV]],
    "tests": [[DEV]],
    "tests-twice": [[DEV], [DEV]],
    "ran-once": [[DEV], [RUNTIME], [SUGGESTED]],
    "gone": [[RUNTIME]],
}
"""By package: its versions with how each uses the target."""
USED = UsedBy(runtime=3, optional=1, peer=1, suggested=2, dev=2)


def fill(connection: Connection, users: dict[str, list[list[tuple[str, bool]]]] = USERS) -> UUID:
    target = rows.add_release(connection, "target")
    ids = [target[0]]
    for name, versions in users.items():
        deleted = rows.DAY_ONE if name == "gone" else None
        package = rows.add_package(connection, name, deleted_at=deleted)
        ids.append(package)
        for number, edges in enumerate(versions, 1):
            source = (package, rows.add_version(connection, package, f"{number}.0.0"))
            for type, is_optional in edges:
                kind = {"dependency_type": type, "is_optional": is_optional}
                rows.add_edge(connection, source, "target", target, **kind)
    from_git = rows.add_release(connection, "has-a-fork")
    rows.add_edge(
        connection, from_git, "target", resolved_version="git+https://forge.example/t.git"
    )
    refresh(connection, ids)
    return target[0]


def found(connection: Connection, typed: str) -> list[str]:
    return [row.name for row in search_packages(connection, parse_search(typed)).rows]


def test_each_package_counts_once_by_its_most_binding_use(connection: Connection) -> None:
    target = fill(connection)
    assert used_by(connection, [target]) == {target: USED}
    assert (USED.installed, USED.total) == (5, 9)


def test_a_filter_finds_as_many_as_the_count_says(connection: Connection) -> None:
    target = fill(connection)
    shown = package_detail(connection, target)
    assert shown is not None
    assert (shown.used_by, shown.dependent_count) == (USED, USED.installed)
    by_operator = {"dep": USED.installed, "sugdep": USED.suggested, "devdep": USED.dev}
    for operator in OPERATORS:
        count = by_operator[operator]
        for written in (f"{operator}:target", f"{operator}:npm:target", f"{operator}:target@1.0.0"):
            assert count_matches(connection, parse_search(written)) == count, written
            assert len(found(connection, f"{written} sort:name")) == count, written
        assert len(dependents_page(connection, target, operators=(operator,)).rows) == count


def test_a_filter_finds_exactly_these(connection: Connection) -> None:
    fill(connection)
    assert found(connection, "dep:target sort:name") == [
        "may",
        "plugin",
        "ran-once",
        "runs",
        "tests-too",
    ]
    assert found(connection, "sugdep:target sort:name") == ["likes", "likes-and-tests"]
    assert found(connection, "devdep:target sort:name") == ["tests", "tests-twice"]
    assert found(connection, "dep:target@git+https://forge.example/t.git") == ["has-a-fork"]
    without = found(connection, "-dep:target -sugdep:target -devdep:target sort:name")
    assert without == ["has-a-fork", "target"]


def test_the_list_has_a_line_for_each_that_is_counted(connection: Connection) -> None:
    page = dependents_page(connection, fill(connection))
    assert len(page.rows) == USED.total
    assert [(row.name, row.version, row.use, row.other_versions) for row in page.rows] == [
        ("may", "1.0.0", "optional", 0),
        ("plugin", "1.0.0", "peer", 0),
        ("ran-once", "2.0.0", "runtime", 2),
        ("runs", "1.0.0", "runtime", 0),
        ("tests-too", "1.0.0", "runtime", 0),
        ("likes", "1.0.0", "suggested", 0),
        ("likes-and-tests", "1.0.0", "suggested", 0),
        ("tests", "1.0.0", "dev", 0),
        ("tests-twice", "2.0.0", "dev", 1),
    ]  # fmt: skip


def test_the_order_knows_only_what_an_install_follows(connection: Connection) -> None:
    fill(connection)
    rival = rows.add_release(connection, "rival")
    for name in "abcdef":
        rows.add_edge(connection, rows.add_release(connection, name), "rival", rival)
    refresh(connection, [rival[0]])
    assert found(connection, "sort:dependents")[:2] == ["rival", "target"]
    row = connection.execute(select(package_search).where(package_search.c.name == "target")).one()
    assert (row.dependents, row.rank) == (USED.installed, rank_of(USED.total, 0))


def test_many_are_read_from_the_stored_count(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = fill(connection)
    monkeypatch.setattr(detail_module, "COUNTED_EXACTLY", USED.total - 1)
    later = rows.add_release(connection, "later")
    rows.add_edge(connection, later, "target", (target, None))
    shown = package_detail(connection, target)
    assert shown is not None
    assert shown.used_by == USED
