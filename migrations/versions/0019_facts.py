"""What registries say of versions besides dependencies, and what a search finds of it. Nothing is fetched for it: a
refresh of a package, or the next import of an index, fills it in."""

# ruff: noqa: S608 - all of the statements are put together from what stands in this file

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
FOLDED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "package_search"
COLUMNS: dict[str, Any] = {
    "licence": FOLDED_TEXT,
    "terms": FOLDED_TEXT,
    "unpacked_size": sa.BigInteger(),
}
INDEXES: dict[str, list[Any]] = {
    "idx_package_search_size": [
        sa.literal_column("coalesce(unpacked_size, -1) DESC"),
        "name",
        "id",
    ],
    "idx_package_search_licence": [sa.literal_column("coalesce(licence, ' unknown ')"), "id"],
}
TERMS = "package_search_text_terms"
TOKENS = "unicode61 remove_diacritics 0 categories ''L* M* N* P* S* C*''"
"""Whatever stands between spaces, folded."""


def upgrade() -> None:
    op.create_table(
        "package_facts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("expression", sa.Text(), nullable=True),
        sa.Column("licence_kind", sa.Text(), nullable=False),
        sa.Column("download_size", sa.BigInteger(), nullable=True),
        sa.Column("unpacked_size", sa.BigInteger(), nullable=True),
        sa.Column("file_count", sa.Integer(), nullable=True),
        sa.Column("measured_size", sa.BigInteger(), nullable=True),
        sa.Column("measured_files", sa.Integer(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "licence_kind IN ('permissive', 'weak', 'strong', 'restricted', 'unknown')",
            name=op.f("ck_package_facts_licence_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["id"],
            ["package_versions.id"],
            name=op.f("fk_package_facts_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_facts")),
    )
    op.create_table(
        "search_licences",
        sa.Column("id", KEY, nullable=False),
        sa.Column("licence", FOLDED_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_licences")),
    )
    for name, kind in COLUMNS.items():
        op.add_column(TABLE, sa.Column(name, kind, nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, TABLE, columns)
    is_sqlite = op.get_context().dialect.name == "sqlite"
    if is_sqlite:
        _full_text()
    else:
        op.execute(f"CREATE INDEX {TERMS} ON {TABLE} USING gin (string_to_array(terms, ' '))")


def _full_text() -> None:
    """Words without places, and without sizes of rows: a tenth of what trigrams take."""
    add = f"INSERT INTO {TERMS} (rowid, terms) VALUES (new.id, new.terms);"
    take = f"INSERT INTO {TERMS} ({TERMS}, rowid, terms) VALUES ('delete', old.id, old.terms);"
    for statement in (
        f"CREATE VIRTUAL TABLE {TERMS} USING fts5(terms, content='{TABLE}', content_rowid='id',"
        f" detail='none', columnsize=0, tokenize='{TOKENS}')",
        f"CREATE TRIGGER {TERMS}_added AFTER INSERT ON {TABLE} BEGIN {add} END",
        f"CREATE TRIGGER {TERMS}_changed AFTER UPDATE OF terms ON {TABLE}"
        f" WHEN old.terms IS NOT new.terms BEGIN {take} {add} END",
        f"CREATE TRIGGER {TERMS}_gone AFTER DELETE ON {TABLE} BEGIN {take} END",
        f"INSERT INTO {TERMS} ({TERMS}) VALUES ('rebuild')",
    ):
        op.execute(sa.text(statement))


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for trigger in ("added", "changed", "gone"):
            op.execute(f"DROP TRIGGER {TERMS}_{trigger}")
        op.execute(f"DROP TABLE {TERMS}")
    else:
        op.execute(f"DROP INDEX {TERMS}")
    for name in INDEXES:
        op.drop_index(name, TABLE)
    for column in COLUMNS:
        op.execute(f"ALTER TABLE {TABLE} DROP COLUMN {column}")
    op.drop_table("search_licences")
    op.drop_table("package_facts")
