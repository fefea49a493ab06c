"""Who uses a package is counted by how: what an install follows apart from suggestions and development. Counts and the
index that finds dependents by name follow; ranks stay, because any use makes a package better known. Versions of
Homebrew are ordered by its own tokens."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from tgtui.versions.homebrew import sort_key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("optional_dependents", "peer_dependents", "suggested_dependents", "dev_dependents")
"""Null where none is known, so that the triggers that add rows can stay as they are."""
NAME_TYPE = "idx_package_dependencies_name_type"
EDGES = "package_dependencies"
KEYS = ["dependency_name", "dependency_type", "dependency_registry", "package_id"]
USES = ("runtime", "optional", "peer", "suggested", "dev")
"""The most binding first."""
AT_ONCE = 10_000
"""Rows that are written together."""

# Packages that are only used at run time were counted right.
COUNTED = sa.text("""
    SELECT target, use, count(*) FROM (
        SELECT e.dependency_package_id AS target, e.package_id, min(
            CASE WHEN e.dependency_type = 'peer' AND e.is_optional THEN 3
                 WHEN e.dependency_type = 'runtime' THEN 0
                 WHEN e.dependency_type = 'optional' THEN 1
                 WHEN e.dependency_type = 'peer' THEN 2
                 ELSE 4 END) AS use
        FROM package_dependencies e JOIN packages p ON p.id = e.package_id
        WHERE p.deleted_at IS NULL AND e.dependency_package_id IN (
            SELECT dependency_package_id FROM package_dependencies
            WHERE dependency_type <> 'runtime' AND dependency_package_id IS NOT NULL)
        GROUP BY e.dependency_package_id, e.package_id
    ) AS each_use GROUP BY target, use
""")
WRITTEN = sa.text("""
    UPDATE package_search SET dependents = :dependents, optional_dependents = :optional,
        peer_dependents = :peer, suggested_dependents = :suggested, dev_dependents = :dev
    WHERE package_id = :package_id
""")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("package_search", sa.Column(column, sa.Integer(), nullable=True))
    op.drop_index(NAME_TYPE, EDGES)
    op.create_index(NAME_TYPE, EDGES, [*KEYS, "is_optional"])
    _count()
    _order()


def _count() -> None:
    connection = op.get_bind()
    counts: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(USES, 0))
    for target, use, count in connection.execute(COUNTED):
        counts[target][USES[use]] = count
    written = [
        {
            "package_id": package_id,
            "dependents": by_use["runtime"] + by_use["optional"] + by_use["peer"],
            **by_use,
        }
        for package_id, by_use in counts.items()
    ]
    for start in range(0, len(written), AT_ONCE):
        connection.execute(WRITTEN, written[start : start + AT_ONCE])


def _order() -> None:
    """The first two bytes are the version_scheme."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT v.id, v.version, v.sort_key FROM package_versions v"
            " JOIN packages p ON p.id = v.package_id WHERE p.registry = 'brew'"
        )
    ).all()
    changed = [
        {"id": id, "sort_key": key}
        for id, version, before in found
        if (key := bytes(before[:2]) + sort_key(version)) != bytes(before)
    ]
    for start in range(0, len(changed), AT_ONCE):
        statement = sa.text("UPDATE package_versions SET sort_key = :sort_key WHERE id = :id")
        connection.execute(statement, changed[start : start + AT_ONCE])


def downgrade() -> None:
    op.drop_index(NAME_TYPE, EDGES)
    op.create_index(NAME_TYPE, EDGES, KEYS)
    for column in COLUMNS:
        op.execute(f"ALTER TABLE package_search DROP COLUMN {column}")
