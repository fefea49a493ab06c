"""Projects: what their files declare and lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
TYPES = "dependency_type IN ('runtime', 'dev', 'peer', 'optional')"
SOURCES = "source IN ('registry', 'workspace', 'folder', 'archive', 'git', 'url')"
TABLES = ("projects", "project_packages", "project_dependencies", "project_edges")


def upgrade() -> None:
    op.create_table(
        "projects",
        _key("id"),
        _key("account_id"),
        _text("name"),
        _text("files"),
        _text("problems"),
        _text("digest", nullable=True),
        sa.Column("read_at", TIMESTAMP, nullable=True),
        sa.Column("shared_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        _refers("projects", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("account_id", "name", name=op.f("projects_account_id_name_key")),
    )
    op.create_table(
        "project_packages",
        _key("id"),
        _key("project_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("path"),
        _text("registry"),
        _text("name"),
        _text("version", nullable=True),
        _text("source"),
        _text("folder", nullable=True),
        _text("licence", nullable=True),
        _text("deprecated", nullable=True),
        sa.CheckConstraint(SOURCES, name=op.f("ck_project_packages_source")),
        _refers("project_packages", "project_id", "projects"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_packages")),
    )
    op.create_table(
        "project_dependencies",
        _key("id"),
        _key("project_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("workspace"),
        _text("path"),
        sa.Column("line", sa.Integer(), nullable=False),
        _text("registry"),
        _text("name"),
        _text("declared_name", nullable=True),
        _text("version_range"),
        _text("dependency_type"),
        _text("source_field"),
        _text("source"),
        _text("condition", nullable=True),
        _key("locked_id", nullable=True),
        sa.CheckConstraint(SOURCES, name=op.f("ck_project_dependencies_source")),
        sa.CheckConstraint(TYPES, name=op.f("ck_project_dependencies_dependency_type")),
        _refers("project_dependencies", "project_id", "projects"),
        _refers("project_dependencies", "locked_id", "project_packages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_dependencies")),
    )
    op.create_table(
        "project_edges",
        _key("id"),
        _key("project_id"),
        _key("dependent_id"),
        _key("dependency_id"),
        _text("version_range"),
        _text("dependency_type"),
        _text("declared_name", nullable=True),
        sa.CheckConstraint(TYPES, name=op.f("ck_project_edges_dependency_type")),
        _refers("project_edges", "project_id", "projects"),
        _refers("project_edges", "dependent_id", "project_packages"),
        _refers("project_edges", "dependency_id", "project_packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_edges")),
    )
    for table in TABLES[1:]:
        op.create_index(f"idx_{table}_project_id", table, ["project_id"])
    op.create_index(
        "idx_project_packages_name", "project_packages", ["name", "registry", "version"]
    )
    op.create_index("idx_project_dependencies_locked_id", "project_dependencies", ["locked_id"])
    for column in ("dependent_id", "dependency_id"):
        op.create_index(f"idx_project_edges_{column}", "project_edges", [column])


def _key(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, KEY, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _refers(
    table: str, column: str, target: str, on_delete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=on_delete)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
