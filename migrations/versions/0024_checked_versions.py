"""Which versions a source answered for: not every one answers for all of a package."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("advisory_checks", sa.Column("versions", sa.Text(), nullable=True))
    # What npm's registry had answered was taken for an answer about all versions: it is asked anew.
    op.execute("DELETE FROM advisory_checks WHERE source = 'npm'")


def downgrade() -> None:
    op.drop_column("advisory_checks", "versions")
