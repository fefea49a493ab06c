"""Search at the size of a registry: a derived row per package with the indexes of every order and filter,
full text of names and descriptions, and saved searches (docs/performance.md)."""

# ruff: noqa: S608 - all of the statements are put together from what stands in this file

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
FOLDED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

NAME_KEY = (
    "coalesce(nullif(replace(replace(replace({name}, '-', ''), '_', ''), '.', ''), ''), {name})"
)
NAME_WORDS = (
    "'  ' || replace(replace(replace(replace(replace("
    "{name}, '-', '  '), '_', '  '), '.', '  '), '/', '  '), '@', '  ')"
)
COLUMNS = (
    "id, package_id, registry, name, key, words, about,"
    " rank, dependents, uses, released_at, is_deprecated, is_incomplete, is_failed"
)
FLAGS = ("deprecated", "incomplete", "failed")

TEXTS = ("words", "about")
"""Columns with an index of their trigrams: tables of FTS5 on SQLite, GIN on PostgreSQL."""
SQLITE_STALE = "INSERT INTO package_search_stale (id, package_id) VALUES (randomblob(16), new.id);"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "package_search",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("name", FOLDED_TEXT, nullable=False),
        sa.Column("key", FOLDED_TEXT, nullable=False),
        sa.Column("words", FOLDED_TEXT, nullable=False),
        sa.Column("about", FOLDED_TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("dependents", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("released_at", TIMESTAMP, nullable=False),
        sa.Column("is_deprecated", sa.Boolean(), nullable=False),
        sa.Column("is_incomplete", sa.Boolean(), nullable=False),
        sa.Column("is_failed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')", name=op.f("ck_package_search_registry")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["packages.id"],
            name=op.f("fk_package_search_package_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_search")),
        sa.UniqueConstraint("package_id", name=op.f("package_search_package_id_key")),
    )
    op.create_table(
        "package_search_stale",
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_search_stale")),
    )
    op.create_table(
        "saved_searches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_saved_searches_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("account_id", "name", name=op.f("saved_searches_account_id_name_key")),
    )
    # A filter by dependency asks of one package whether it has an edge to a name.
    op.drop_index("idx_package_dependencies_package_id", "package_dependencies")
    op.create_index(
        "idx_package_dependencies_package_id",
        "package_dependencies",
        ["package_id", "dependency_name"],
    )
    # Versions of one package by date, either way round.
    op.drop_index("idx_package_versions_published_at", "package_versions")
    op.create_index(
        "idx_package_versions_published_at",
        "package_versions",
        ["package_id", "published_at", "sort_key"],
    )
    # Who depends on a name is read from this one alone.
    op.drop_index("idx_package_dependencies_name_type", "package_dependencies")
    op.create_index(
        "idx_package_dependencies_name_type",
        "package_dependencies",
        ["dependency_name", "dependency_type", "dependency_registry", "package_id"],
    )
    if op.get_context().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()
    _fill()
    _indexes()


def _indexes() -> None:
    """After the rows are there, which is quicker."""
    table = "package_search"
    op.create_index("idx_package_search_key", table, ["key"])
    op.create_index("idx_package_search_name", table, ["name", "id"])
    for name, first in (
        ("rank", "rank"),
        ("dependents", "dependents"),
        ("uses", "uses"),
        ("released", "released_at"),
    ):
        op.create_index(
            f"idx_package_search_{name}", table, [sa.literal_column(f"{first} DESC"), "name", "id"]
        )
    by_rank: list[Any] = [sa.literal_column("rank DESC"), "name", "id"]
    op.create_index("idx_package_search_registry", table, ["registry", *by_rank])
    for flag in FLAGS:
        op.create_index(f"idx_package_search_{flag}", table, by_rank, **where(f"is_{flag}"))
    if op.get_context().dialect.name == "postgresql":
        for column in TEXTS:
            op.execute(
                f"CREATE INDEX package_search_text_{column} ON package_search"
                f" USING gin ({column} gin_trgm_ops)"
            )


def _row(id: str, package: str) -> str:
    """The values of COLUMNS for a package that nothing is known of but its name."""
    name = f"{package}.search_name"
    key = NAME_KEY.format(name=name)
    words = NAME_WORDS.format(name=name)
    never = "'1970-01-01 00:00:00.000000'"
    if op.get_context().dialect.name == "postgresql":
        never = "timestamp '1970-01-01'"
    return (
        f"{id}, {package}.id, {package}.registry, {name}, {key}, {words} || '  ' || {key}, '',"
        f" 0, 0, 0, {never}, false, false, false"
    )


def _full_text(column: str) -> None:
    """An FTS5 table over one column, and what keeps it (https://sqlite.org/fts5.html#external_content_tables)."""
    table = f"package_search_text_{column}"
    add = f"INSERT INTO {table} (rowid, {column}) VALUES (new.id, new.{column});"
    take = (
        f"INSERT INTO {table} ({table}, rowid, {column}) VALUES ('delete', old.id, old.{column});"
    )
    for statement in (
        f"CREATE VIRTUAL TABLE {table} USING fts5({column}, content='package_search',"
        " content_rowid='id', tokenize='trigram')",
        f"CREATE TRIGGER {table}_added AFTER INSERT ON package_search BEGIN {add} END",
        f"CREATE TRIGGER {table}_changed AFTER UPDATE OF {column} ON package_search"
        f" WHEN old.{column} <> new.{column} BEGIN {take} {add} END",
        f"CREATE TRIGGER {table}_gone AFTER DELETE ON package_search BEGIN {take} END",
    ):
        op.execute(sa.text(statement))


def _sqlite_triggers() -> None:
    for column in TEXTS:
        _full_text(column)
    insert = f"INSERT INTO package_search ({COLUMNS}) SELECT {_row('NULL', 'new')};"
    op.execute(
        sa.text(
            "CREATE TRIGGER packages_search_added AFTER INSERT ON packages"
            f" WHEN new.deleted_at IS NULL BEGIN {insert} {SQLITE_STALE} END"
        )
    )
    op.execute(
        sa.text(
            "CREATE TRIGGER packages_search_deleted AFTER UPDATE OF deleted_at ON packages"
            " WHEN new.deleted_at IS NOT NULL BEGIN"
            " DELETE FROM package_search WHERE package_id = new.id; END"
        )
    )
    op.execute(
        sa.text(
            "CREATE TRIGGER packages_search_restored AFTER UPDATE OF deleted_at ON packages"
            " WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL"
            f" BEGIN {insert} {SQLITE_STALE} END"
        )
    )


def _postgresql_triggers() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE SEQUENCE package_search_number AS integer")
    row = _row("nextval('package_search_number')", "new")
    op.execute(
        "CREATE FUNCTION packages_search() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF new.deleted_at IS NOT NULL THEN"
        "   DELETE FROM package_search WHERE package_id = new.id;"
        " ELSE"
        f"   INSERT INTO package_search ({COLUMNS}) SELECT {row};"
        "   INSERT INTO package_search_stale (id, package_id) VALUES (gen_random_uuid(), new.id);"
        " END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER packages_search_added AFTER INSERT ON packages FOR EACH ROW"
        " WHEN (new.deleted_at IS NULL) EXECUTE FUNCTION packages_search()"
    )
    op.execute(
        "CREATE TRIGGER packages_search_changed AFTER UPDATE OF deleted_at ON packages FOR EACH ROW"
        " WHEN ((old.deleted_at IS NULL) <> (new.deleted_at IS NULL))"
        " EXECUTE FUNCTION packages_search()"
    )


def _fill() -> None:
    """What is in the catalogue already can be found at once; the rest is counted as for new packages."""
    is_sqlite = op.get_context().dialect.name == "sqlite"
    id, random = ("NULL", "randomblob(16)")
    if not is_sqlite:
        id, random = ("nextval('package_search_number')", "gen_random_uuid()")
    op.execute(
        sa.text(
            f"INSERT INTO package_search ({COLUMNS}) SELECT {_row(id, 'packages')}"
            " FROM packages WHERE deleted_at IS NULL"
        )
    )
    op.execute(
        f"INSERT INTO package_search_stale (id, package_id) SELECT {random}, id FROM packages"
        " WHERE deleted_at IS NULL"
    )


def downgrade() -> None:
    is_sqlite = op.get_context().dialect.name == "sqlite"
    if is_sqlite:
        for trigger in ("added", "deleted", "restored"):
            op.execute(f"DROP TRIGGER packages_search_{trigger}")
        for column in TEXTS:
            op.execute(f"DROP TABLE package_search_text_{column}")
    else:
        for trigger in ("added", "changed"):
            op.execute(f"DROP TRIGGER packages_search_{trigger} ON packages")
        op.execute("DROP FUNCTION packages_search()")
    op.drop_table("package_search")
    if not is_sqlite:
        op.execute("DROP SEQUENCE package_search_number")
    op.drop_table("package_search_stale")
    op.drop_table("saved_searches")
    op.drop_index("idx_package_versions_published_at", "package_versions")
    last_first = "published_at DESC" if is_sqlite else "published_at DESC NULLS LAST"
    op.create_index(
        "idx_package_versions_published_at", "package_versions", [sa.literal_column(last_first)]
    )
    op.drop_index("idx_package_dependencies_name_type", "package_dependencies")
    op.create_index(
        "idx_package_dependencies_name_type",
        "package_dependencies",
        ["dependency_name", "dependency_type", "dependency_registry"],
    )
    op.drop_index("idx_package_dependencies_package_id", "package_dependencies")
    op.create_index("idx_package_dependencies_package_id", "package_dependencies", ["package_id"])
