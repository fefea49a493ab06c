"""Newest results of the analytics, what they order a search by, and people who stay out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FILE = Path(__file__).resolve().parent.parent / "functions" / "0018_insights.sql"
FUNCTIONS = ("tgtui_take_part(uuid, boolean)", "tgtui_forget(uuid)", "tgtui_about(uuid)")
KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
ORDERS = {"heaviest": "brings", "dependents_all": "dependents_all"}
"""By the end of the index's name."""


def upgrade() -> None:
    op.add_column("account", sa.Column("stays_out_since", TIMESTAMP, nullable=True))
    for name, column in ORDERS.items():
        op.add_column("package_search", sa.Column(column, sa.Integer(), nullable=True))
        order: Any = sa.literal_column(f"coalesce({column}, -1) DESC")
        op.create_index(f"idx_package_search_{name}", "package_search", [order, "name", "id"])
    op.create_table(
        "insight_results",
        sa.Column("id", KEY, nullable=False),
        sa.Column("insight", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("package_id", KEY, nullable=True),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        _refers("insight_results", "package_id", "packages"),
        _refers("insight_results", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_results")),
        _unique("insight_results", "insight", "registry", "period", "rank"),
    )
    for column in ("package_id", "account_id"):
        op.create_index(f"idx_insight_results_{column}", "insight_results", [column])
    op.create_table(
        "insight_refreshes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_refreshes")),
        _unique("insight_refreshes", "day"),
    )
    op.create_table(
        "package_measures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("dependents", sa.Integer(), nullable=False),
        sa.Column("dependents_all", sa.Integer(), nullable=False),
        _refers("package_measures", "package_id", "packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_measures")),
        _unique("package_measures", "package_id", "day"),
    )
    op.create_table(
        "package_use_weeks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        _refers("package_use_weeks", "package_id", "packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_use_weeks")),
        _unique("package_use_weeks", "package_id", "week"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(FILE.read_text(encoding="utf-8"))


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"{table}_{'_'.join(columns)}_key"))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
        # Of `tgtui db grants`: it reads the column that goes.
        op.execute("DROP POLICY IF EXISTS tgtui_worker_select ON account")
    for table in ("package_use_weeks", "package_measures", "insight_refreshes", "insight_results"):
        op.drop_table(table)
    for name, column in ORDERS.items():
        op.drop_index(f"idx_package_search_{name}", "package_search")
        op.execute(f"ALTER TABLE package_search DROP COLUMN {column}")
    op.execute("ALTER TABLE account DROP COLUMN stays_out_since")
