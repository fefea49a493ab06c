"""A request whose worker died runs alone, and only then an attempt counts against it (docs/queue.md). What was given
up before, when innocent ones were charged too, is tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "package_requests"
# The newest of each package, if none is queued: another request has taken its place.
AGAIN = """
UPDATE package_requests
SET status = 'pending', attempt_count = 0, error_code = NULL, error_message = NULL
WHERE status = 'failed' AND error_code = 'crashed' AND NOT EXISTS (
    SELECT 1 FROM package_requests AS other
    WHERE other.package_name = package_requests.package_name AND other.registry = package_requests.registry
        AND (other.id > package_requests.id OR other.status IN ('pending', 'fetching'))
)
"""


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("alone_count", sa.Integer(), nullable=True))
    op.execute(AGAIN)


def downgrade() -> None:
    op.drop_column(TABLE, "alone_count")
