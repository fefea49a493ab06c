"""What else satisfies a dependency, and what a version can't be installed beside: apt decides by both while it marks what
it installs. The next import of apt's index fills them in, because it is not taken for the one imported before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

EDGES, VERSIONS = "package_dependencies", "package_versions"
WITH_ALTERNATIVES = "idx_package_dependencies_alternatives"


def upgrade() -> None:
    op.add_column(EDGES, sa.Column("alternatives", sa.Text))
    op.add_column(VERSIONS, sa.Column("conflicts", sa.Text))
    where = sa.text("alternatives IS NOT NULL")
    op.create_index(
        WITH_ALTERNATIVES, EDGES, ["version_id"], sqlite_where=where, postgresql_where=where
    )
    op.execute("DELETE FROM registry_imports WHERE registry = 'apt'")


def downgrade() -> None:
    op.drop_index(WITH_ALTERNATIVES, EDGES)
    op.drop_column(VERSIONS, "conflicts")
    op.drop_column(EDGES, "alternatives")
