"""The graph of what installs follow, from the exported tables into arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from tgtui.analytics.answers.closures import Graph, Ints, graph_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOWHERE = -1

NODES = """
CREATE OR REPLACE TEMP TABLE answer_nodes AS
WITH found AS (
    SELECT version_id, package_id FROM followed
    UNION SELECT target_version_id, target_package_id FROM followed
    UNION SELECT latest_version_id, package_id FROM packages WHERE latest_version_id IS NOT NULL)
SELECT CAST(row_number() OVER (ORDER BY p.number, found.version_id) - 1 AS INTEGER) AS node,
       found.version_id, p.number AS package
FROM found JOIN packages p ON p.package_id = found.package_id
"""
FOLLOWED = """
CREATE OR REPLACE TEMP VIEW followed AS
SELECT version_id, d.package_id, target_version_id, target_package_id
FROM dependencies d
WHERE is_followed AND target_version_id IS NOT NULL
  AND d.package_id IN (SELECT package_id FROM packages)
  AND target_package_id IN (SELECT package_id FROM packages)
"""
ARROWS = """
SELECT s.node AS source, t.node AS target
FROM followed f
JOIN answer_nodes s ON s.version_id = f.version_id
JOIN answer_nodes t ON t.version_id = f.target_version_id
"""
ROOTS = """
SELECT p.number, coalesce(n.node, -1) AS node, p.registry
FROM packages p LEFT JOIN answer_nodes n ON n.version_id = p.latest_version_id
ORDER BY p.number
"""


class Loaded(Struct, frozen=True):
    """The graph and its roots. Packages are numbered as the exported tables number them."""

    graph: Graph
    latest: Ints
    """Of each package its latest version; NOWHERE if it has none."""
    registry: npt.NDArray[np.str_]
    """Of each package."""

    @property
    def roots(self) -> Ints:
        """Every latest version."""
        found: Ints = self.latest[self.latest != NOWHERE]
        return found


def load(connection: DuckDBPyConnection) -> Loaded:
    """Of the newest exported day."""
    connection.execute(FOLLOWED)
    connection.execute(NODES)
    nodes = connection.execute("SELECT package FROM answer_nodes ORDER BY node").fetchnumpy()
    arrows = connection.execute(ARROWS).fetchnumpy()
    packages = connection.execute(ROOTS).fetchnumpy()
    count = len(packages["number"])
    assert count == 0 or int(packages["number"][-1]) == count - 1, "numbers are dense"
    graph = graph_of(
        _whole(arrows["source"]), _whole(arrows["target"]), _whole(nodes["package"]), count
    )
    return Loaded(graph, _whole(packages["node"]), np.asarray(packages["registry"], dtype=str))


def numbers_of(connection: DuckDBPyConnection, registry: str) -> dict[str, int]:
    """The versions of one registry in the graph: numbers by id, 32 hexadecimal digits."""
    rows = connection.execute(
        "SELECT replace(n.version_id, '-', ''), n.node FROM answer_nodes n"
        " JOIN packages p ON p.number = n.package WHERE p.registry = ?",
        [registry],
    )
    found: dict[str, int] = {}
    while some := rows.fetchmany(50_000):
        found.update(some)
    return found


def _whole(column: npt.NDArray[np.generic]) -> Ints:
    return np.ascontiguousarray(column, np.int32)
