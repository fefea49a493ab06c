"""Times that a program with a clock ahead wrote into the future become the time of the migration (docs/decisions.md).

A time that has passed by now can't be told from a right one. Documents that a wrong clock read are fetched again
when they are next asked for, as any that is older than the cooldown.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WRITTEN = {
    "account": ("created_at", "updated_at"),
    "packages": (
        "created_at",
        "updated_at",
        "deleted_at",
        "last_fetch_attempt",
        "last_fetch_success",
    ),
    "package_versions": ("created_at", "dependencies_fetched_at", "dependencies_wanted_at"),
    "package_requests": ("created_at", "updated_at"),
    "package_request_watchers": ("created_at",),
    "package_interactions": ("created_at",),
    "package_tags": ("created_at",),
    "tags": ("created_at", "updated_at", "deleted_at"),
    "registry_imports": ("created_at", "updated_at"),
}
"""Columns that others read as a time. Those of edges, dist-tags and software are never compared or shown."""
NOW = {
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')",
    "postgresql": "timezone('utc', statement_timestamp())",
}


def upgrade() -> None:
    now = NOW[op.get_context().dialect.name]
    for table, columns in WRITTEN.items():
        # One pass over each table, which changes only what is wrong.
        values = ", ".join(
            f"{column} = CASE WHEN {column} > {now} THEN {now} ELSE {column} END"
            for column in columns
        )
        wrong = " OR ".join(f"{column} > {now}" for column in columns)
        op.execute(sa.text(f"UPDATE {table} SET {values} WHERE {wrong}"))  # noqa: S608 - constants


def downgrade() -> None:
    pass
