"""A chain knows how many packages its limits left out. Those that reached one are looked at again by a worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHAINS = "package_request_chains"


def upgrade() -> None:
    op.add_column(CHAINS, sa.Column("left_out", sa.Integer(), nullable=True))
    op.execute("""
        UPDATE package_request_chains SET settled_at = NULL
        WHERE settled_at IS NOT NULL AND cancelled_at IS NULL AND id IN (
            SELECT member.chain_id FROM package_request_members AS member
            JOIN package_requests AS request ON request.id = member.request_id
            WHERE request.error_code = 'bound_reached')
    """)


def downgrade() -> None:
    op.drop_column(CHAINS, "left_out")
