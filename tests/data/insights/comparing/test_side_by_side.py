"""Packages side by side: what is unknown is not zero, and what is not here keeps its place."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.insights.comparing.side_by_side import side_by_side
from tgtui.data.views.comparing import Side
from tgtui.output.side_by_side import absence, fact_rows, shared_rows
from tgtui.registries.base import Facts
from tgtui.syntax.reference import references_in
from tgtui.versions.npm.platform import Platform

HERE = Platform.read("linux-x64-glibc")
NOW = rows.DAY_ONE + timedelta(days=100)


def test_facts_of_packages_of_two_registries_and_what_they_share(connection: Connection) -> None:
    a, b, c = (rows.add_release(connection, name) for name in "abc")
    jsr = rows.add_release(connection, "@x/y", registry="jsr")
    rows.add_version(connection, a[0], "2.0.0", published_at=NOW - timedelta(days=400))
    for source in (a, jsr):
        rows.add_edge(connection, source, "b", b)
    rows.add_edge(connection, b, "c", c)
    rows.add_facts(connection, a[1], Facts(licence="MIT", unpacked_size=2_000_000))
    rows.count_all(connection)
    found = side_by_side(connection, references_in("npm:a@1.0.0 jsr:@x/y npm:b"), NOW, HERE)
    first, second, third = found.sides
    assert (first.version, first.latest_version, first.version_count) == ("1.0.0", "2.0.0", 2)
    assert first.first_published_at == NOW - timedelta(days=400)
    assert (first.releases_last_year, second.releases_last_year) == (1, 1)
    assert [(side.direct, side.packages, side.depth) for side in found.sides] == [
        (1, 2, 2), (1, 2, 2), (1, 1, 1),
    ]  # fmt: skip
    assert [side.dependents for side in found.sides] == [0, 0, 2]
    assert (third.package, third.uses, third.licence, third.advisories) == ("npm:b", 0, None, None)
    brought = {each.name: each.brought_by for each in found.shared}
    assert brought == {"b": (0, 1, 2), "c": (0, 1, 2)}
    told = {row.label: [cell.text for cell in row.cells] for row in fact_rows(found, NOW)}
    assert told["latest"] == ["2.0.0", "", ""]
    assert told["in all"] == ["2", "2", "1"]
    assert told["licence"] == ["MIT", "", ""]
    assert told["unpacked"] == ["2.0 MB", "unknown", "unknown"]
    assert told["installed"] == ["2.0 MB+", "unknown", "unknown"]
    assert "download" not in told
    assert [cell.share for cell in fact_rows(found, NOW)[-2].cells] == [0.0, 0.0, 1.0]
    assert [[cell.text for cell in row.cells] for row in shared_rows(found)] == [["●"] * 3] * 2


def test_what_is_not_here_or_not_loaded_says_so(connection: Connection) -> None:
    a = rows.add_release(connection, "a")
    unloaded = rows.add_package(connection, "b")
    rows.add_version(connection, unloaded, "1.0.0", dependencies_fetched_at=None, published_at=None)
    rows.add_package(connection, "c", last_fetch_success=None)
    rows.add_edge(connection, a, "gone", (None, None))
    found = side_by_side(connection, references_in("a@9 b c nowhere"), NOW, HERE)
    assert [absence(side) for side in found.sides] == [
        "no version 9", "", "not fetched yet", "not in the catalogue",
    ]  # fmt: skip
    b = found.sides[1]
    assert (b.direct, b.packages, b.releases_last_year) == (None, None, None)
    assert found.sides[3] == Side("npm", "nowhere", None, None)
    assert found.shared == ()
    whole = side_by_side(connection, references_in("a b"), NOW, HERE).sides[0]
    assert (whole.direct, whole.is_whole) == (1, False)
