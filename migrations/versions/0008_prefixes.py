"""Names that begin with what was typed are sorted in the index alone, and so are those that are it behind their
scope (docs/performance.md)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "package_search"
KEY, SCOPED = "idx_package_search_key", "idx_package_search_scoped"
RANKED: list[Any] = [sa.literal_column("rank DESC"), "name", "id"]
POSITION = {"sqlite": "instr(key, '/')", "postgresql": "strpos(key, '/')"}


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    op.drop_index(KEY, TABLE)
    op.create_index(KEY, TABLE, ["key", *RANKED])
    slash = POSITION[dialect]
    where: dict[str, Any] = {f"{dialect}_where": sa.text(f"{slash} > 0")}
    behind: Any = sa.literal_column(f"substr(key, {slash})")
    op.create_index(SCOPED, TABLE, [behind, *RANKED], **where)


def downgrade() -> None:
    op.drop_index(SCOPED, TABLE)
    op.drop_index(KEY, TABLE)
    op.create_index(KEY, TABLE, ["key"])
