"""Names that begin with a word are met on a walk down the ranks in the index alone (docs/performance.md)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RANK: Any = sa.literal_column("rank DESC")
INDEXES: dict[str, list[Any]] = {
    "idx_package_search_rank": [RANK, "name", "id"],
    "idx_package_search_registry": ["registry", RANK, "name", "id"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, "package_search")
        op.create_index(name, "package_search", [*columns, "key"])


def downgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, "package_search")
        op.create_index(name, "package_search", columns)
