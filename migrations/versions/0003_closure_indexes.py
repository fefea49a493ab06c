"""Indexes that cover a step of the closure, downwards and upwards; of aliases; of packages that were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EDGES = "package_dependencies"
DOWN = "idx_package_dependencies_version_id"
UP = "idx_package_dependencies_resolved_version_id"
ALIASED = sa.text("declared_name IS NOT NULL")
DELETED = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index(DOWN, table_name=EDGES)
    op.create_index(
        DOWN,
        EDGES,
        [
            "version_id",
            "dependency_type",
            "resolved_version_id",
            "dependency_package_id",
            "is_optional",
        ],
    )
    op.drop_index(UP, table_name=EDGES)
    op.create_index(
        UP,
        EDGES,
        ["resolved_version_id", "dependency_type", "version_id", "package_id", "is_optional"],
    )
    op.create_index(
        "idx_packages_deleted",
        "packages",
        ["id"],
        sqlite_where=DELETED,
        postgresql_where=DELETED,
    )
    op.create_index(
        "idx_package_dependencies_declared_name",
        EDGES,
        ["version_id", "declared_name"],
        sqlite_where=ALIASED,
        postgresql_where=ALIASED,
    )


def downgrade() -> None:
    op.drop_index("idx_package_dependencies_declared_name", table_name=EDGES)
    op.drop_index("idx_packages_deleted", table_name="packages")
    op.drop_index(UP, table_name=EDGES)
    op.create_index(UP, EDGES, ["resolved_version_id"])
    op.drop_index(DOWN, table_name=EDGES)
    op.create_index(DOWN, EDGES, ["version_id", "dependency_type", "resolved_version_id"])
