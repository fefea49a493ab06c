"""Whole indexes of registries, and packages that are the same software in several of them (docs/schema.md)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()


def upgrade() -> None:
    op.add_column("package_versions", sa.Column("fingerprint", sa.LargeBinary(), nullable=True))
    op.create_table(
        "cross_registry_links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_cross_registry_links_package_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_registry_links")),
        sa.UniqueConstraint(
            "package_id", "software", name=op.f("cross_registry_links_package_id_software_key")
        ),
    )
    op.create_index(
        "idx_cross_registry_links_software", "cross_registry_links", ["software", "package_id"]
    )
    op.create_table(
        "registry_imports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("package_count", sa.Integer(), nullable=False),
        sa.Column("version_count", sa.Integer(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')",
            name=op.f("ck_registry_imports_registry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_imports")),
        sa.UniqueConstraint("registry", name=op.f("registry_imports_registry_key")),
    )


def downgrade() -> None:
    op.drop_table("registry_imports")
    op.drop_table("cross_registry_links")
    with op.batch_alter_table("package_versions") as table:
        table.drop_column("fingerprint")
