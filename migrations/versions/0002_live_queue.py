"""What every program on the database sees of the queue: stages of requests, registries that are left alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
CLAIM = "idx_package_requests_claim"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    for column in (
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("stage_done", sa.BigInteger(), nullable=True),
        sa.Column("stage_total", sa.BigInteger(), nullable=True),
    ):
        op.add_column("package_requests", column)
    op.drop_index(CLAIM, "package_requests")
    op.create_index(
        CLAIM,
        "package_requests",
        ["registry", "priority", "id"],
        **where("status = 'pending' AND retry_after IS NULL"),
    )
    op.create_index(
        "idx_package_requests_retry",
        "package_requests",
        ["registry", "retry_after"],
        **where("status = 'pending' AND retry_after IS NOT NULL"),
    )
    op.create_table(
        "registry_outages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", TIMESTAMP, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')", name=op.f("ck_registry_outages_registry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_outages")),
        sa.UniqueConstraint("host", "machine", name=op.f("registry_outages_host_machine_key")),
    )


def downgrade() -> None:
    op.drop_table("registry_outages")
    op.drop_index("idx_package_requests_retry", "package_requests")
    op.drop_index(CLAIM, "package_requests")
    op.create_index(CLAIM, "package_requests", ["priority", "id"], **where("status = 'pending'"))
    for name in ("stage_total", "stage_done", "stage"):
        op.drop_column("package_requests", name)
