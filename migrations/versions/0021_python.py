"""Python packages: the registry, and what pip would install for a version."""

# ruff: noqa: S608 - all of the statements are put together from what stands in the schema

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tgtui.data.upkeep.admitting import admit_registries

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
FORMER = ("npm", "jsr", "brew", "apt")
OF_REGISTRY = ("package_requests", "registry_outages", "registry_imports", "packages")
"""Tables that have rows of a registry; the rest goes with them."""


def upgrade() -> None:
    admit_registries(op.get_bind(), (*FORMER, "pypi"))
    op.create_table(
        "package_environments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("extras", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["package_versions.id"],
            name=op.f("fk_package_environments_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_environments")),
        sa.UniqueConstraint(
            "version_id", "extras", name=op.f("package_environments_version_id_extras_key")
        ),
    )
    op.create_table(
        "package_environment_members",
        sa.Column("id", KEY, nullable=False),
        sa.Column("environment_id", KEY, nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("extras", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"],
            ["package_environments.id"],
            name=op.f("fk_package_environment_members_environment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_environment_members")),
        sa.UniqueConstraint(
            "environment_id",
            "package_name",
            name=op.f("package_environment_members_environment_id_package_name_key"),
        ),
    )
    op.create_index(
        "idx_package_environment_members_package_name",
        "package_environment_members",
        ["package_name", "version"],
    )


def downgrade() -> None:
    op.drop_table("package_environment_members")
    op.drop_table("package_environments")
    op.execute("DELETE FROM package_dependencies WHERE dependency_registry = 'pypi'")
    op.execute("DELETE FROM package_search WHERE registry = 'pypi'")
    for table in OF_REGISTRY:
        op.execute(f"DELETE FROM {table} WHERE registry = 'pypi'")
    if op.get_context().dialect.name == "sqlite":
        _let_go(op.get_bind())
    admit_registries(op.get_bind(), FORMER)


def _let_go(connection: sa.Connection) -> None:
    """What refers to deleted rows: SQLite enforces no foreign keys while it migrates."""
    while found := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        for table, row, _parent, number in found:
            keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").all()
            column, action = next((key[3], key[6]) for key in keys if key[0] == number)
            change = (
                f"UPDATE {table} SET {column} = NULL"
                if action == "SET NULL"
                else f"DELETE FROM {table}"
            )
            connection.exec_driver_sql(f"{change} WHERE rowid = ?", (row,))
