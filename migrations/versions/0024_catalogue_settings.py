"""Settings that hold for all workers of a catalogue: which Python, which platform."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "catalogue_settings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_settings")),
        sa.UniqueConstraint("name", name=op.f("catalogue_settings_name_key")),
    )


def downgrade() -> None:
    op.drop_table("catalogue_settings")
