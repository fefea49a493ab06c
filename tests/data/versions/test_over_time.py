"""The versions of a package in order, with sizes and numbers of dependencies where they are known."""

from __future__ import annotations

from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.versions.over_time import version_points
from tgtui.registries.base import Facts


def test_sizes_and_dependencies_in_the_ecosystems_order(connection: Connection) -> None:
    package, first = rows.add_release(connection, "a")
    tenth = rows.add_version(connection, package, "10.0.0")
    rows.add_version(connection, package, "2.0.0", dependencies_fetched_at=None)
    rows.add_version(connection, package, "11.0.0-rc.1")
    rows.add_edge(connection, (package, first), "b")
    rows.add_edge(connection, (package, first), "c", dependency_type="dev", source_field="dev")
    rows.add_facts(connection, tenth, Facts(unpacked_size=5))
    found = version_points(connection, package)
    assert [(each.version, each.unpacked_size, each.direct) for each in found] == [
        ("1.0.0", None, 1), ("2.0.0", None, None), ("10.0.0", 5, 0),
    ]  # fmt: skip


def test_prereleases_alone_are_shown(connection: Connection) -> None:
    package = rows.add_package(connection, "a")
    rows.add_version(connection, package, "1.0.0-rc.1")
    assert [each.version for each in version_points(connection, package)] == ["1.0.0-rc.1"]
