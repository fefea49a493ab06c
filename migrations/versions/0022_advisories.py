"""Advisories, what they affect, and which stored versions that is; the worst of each package's latest version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
SEARCH = "package_search"
TABLES = (
    "advisory_checks",
    "advisory_sources",
    "advisory_findings",
    "advisory_ranges",
    "advisory_packages",
    "advisory_aliases",
    "advisories",
)
INDEXES = {
    "idx_advisory_aliases_name": ("advisory_aliases", ["name"]),
    "idx_advisory_aliases_advisory_id": ("advisory_aliases", ["advisory_id"]),
    "idx_advisory_packages_name": ("advisory_packages", ["name", "ecosystem"]),
    "idx_advisory_packages_advisory_id": ("advisory_packages", ["advisory_id"]),
    "idx_advisory_ranges_affected_id": ("advisory_ranges", ["affected_id"]),
    "idx_advisory_findings_package_id": ("advisory_findings", ["package_id"]),
    "idx_advisory_findings_advisory_id": ("advisory_findings", ["advisory_id", "version_id"]),
    "idx_advisory_findings_flaw": ("advisory_findings", ["flaw", "version_id"]),
}
VULNERABLE = "idx_package_search_vulnerable"


def upgrade() -> None:
    op.create_table(
        "advisories",
        _key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("vector", sa.Text(), nullable=True),
        sa.Column("is_malware", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("modified_at", TIMESTAMP, nullable=False),
        sa.Column("published_at", TIMESTAMP, nullable=True),
        sa.Column("withdrawn_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisories")),
        _unique("advisories", "name"),
    )
    op.create_table(
        "advisory_aliases",
        _key(),
        sa.Column("advisory_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _refers("advisory_aliases", "advisory_id", "advisories"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_aliases")),
    )
    op.create_table(
        "advisory_packages",
        _key(),
        sa.Column("advisory_id", KEY, nullable=False),
        sa.Column("ecosystem", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=True),
        _refers("advisory_packages", "advisory_id", "advisories"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_packages")),
    )
    op.create_table(
        "advisory_ranges",
        _key(),
        sa.Column("affected_id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        _refers("advisory_ranges", "affected_id", "advisory_packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_ranges")),
    )
    op.create_table(
        "advisory_findings",
        _key(),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("advisory_id", KEY, nullable=False),
        sa.Column("flaw", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        _refers("advisory_findings", "package_id", "packages"),
        _refers("advisory_findings", "version_id", "package_versions"),
        _refers("advisory_findings", "advisory_id", "advisories"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_findings")),
        _unique("advisory_findings", "version_id", "advisory_id"),
    )
    op.create_table(
        "advisory_sources",
        _key(),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ecosystem", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("as_of", TIMESTAMP, nullable=True),
        sa.Column("tried_at", TIMESTAMP, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_sources")),
        _unique("advisory_sources", "source", "ecosystem"),
    )
    op.create_table(
        "advisory_checks",
        _key(),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", TIMESTAMP, nullable=False),
        _refers("advisory_checks", "package_id", "packages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_checks")),
        _unique("advisory_checks", "package_id", "source"),
    )
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.add_column(SEARCH, sa.Column("severity", sa.Integer(), nullable=True))
    op.add_column(SEARCH, sa.Column("advisories", sa.Integer(), nullable=True))
    is_found = sa.text("severity IS NOT NULL")
    op.create_index(
        VULNERABLE,
        SEARCH,
        [sa.literal_column("rank DESC"), "name", "id"],
        sqlite_where=is_found,
        postgresql_where=is_found,
    )


def _key() -> sa.Column[bytes]:
    return sa.Column("id", KEY, nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"{table}_{'_'.join(columns)}_key"))


def downgrade() -> None:
    op.drop_index(VULNERABLE, SEARCH)
    for column in ("advisories", "severity"):
        op.execute(f"ALTER TABLE {SEARCH} DROP COLUMN {column}")
    for table in TABLES:
        op.drop_table(table)
