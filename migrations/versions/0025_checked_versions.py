"""Which versions a source answered for: not every one answers for all of a package. An index of what is malware."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MALWARE = "severity = 5"


def upgrade() -> None:
    op.add_column("advisory_checks", sa.Column("versions", sa.Text(), nullable=True))
    # What npm's registry had answered was taken for an answer about all versions: it is asked anew.
    op.execute("DELETE FROM advisory_checks WHERE source = 'npm'")
    op.create_index(
        "idx_advisory_findings_malware",
        "advisory_findings",
        ["version_id"],
        sqlite_where=sa.text(MALWARE),
        postgresql_where=sa.text(MALWARE),
    )


def downgrade() -> None:
    op.drop_index("idx_advisory_findings_malware", "advisory_findings")
    op.drop_column("advisory_checks", "versions")
