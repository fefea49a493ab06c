"""Packages that people watch, and comparisons that they saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
MADE_BY = """
CREATE TRIGGER package_request_chains_made_by BEFORE INSERT ON package_request_chains
FOR EACH ROW WHEN (new.requested_by IS NOT NULL) EXECUTE FUNCTION tgtui_requested_by()
"""
"""A worker makes chains of its own; those in a person's name are made by functions with the owner's rights."""


def upgrade() -> None:
    op.create_table(
        "package_watches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("news", sa.Text(), nullable=True),
        sa.Column("news_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        _refers("package_watches", "account_id", "account"),
        _refers("package_watches", "package_id", "packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_watches")),
        _unique("package_watches", "account_id", "package_id"),
    )
    op.create_index("idx_package_watches_package_id", "package_watches", ["package_id"])
    has_news = sa.text("news_at IS NOT NULL")
    op.create_index(
        "idx_package_watches_news",
        "package_watches",
        ["account_id", sa.literal_column("news_at DESC")],
        sqlite_where=has_news,
        postgresql_where=has_news,
    )
    op.create_table(
        "package_comparisons",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("packages", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        _refers("package_comparisons", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_comparisons")),
        _unique("package_comparisons", "account_id", "name"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(MADE_BY)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"{table}_{'_'.join(columns)}_key"))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER package_request_chains_made_by ON package_request_chains")
    for table in ("package_comparisons", "package_watches"):
        op.drop_table(table)
