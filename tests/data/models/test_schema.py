"""The live schema of both databases is the specification's, but for the differences listed with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.config import main as alembic
from alembic.script import ScriptDirectory
from sqlalchemy import text

from tests.data.models import specification as spec
from tests.support.live_schema import LiveSchema, read_schema
from tests.support.places import ROOT
from tgtui.data.storage.database import Database
from tgtui.data.upkeep.migrate import HEAD, migrations_folder

DOCUMENT = ROOT / "docs" / "schema.md"


@pytest.fixture
def live(database: Database) -> LiveSchema:
    with database.engine.connect() as connection:
        return read_schema(connection)


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping; a key that two parts have would hide a difference."""
    whole: dict[str, Any] = {}
    for part in parts:
        assert not whole.keys() & part.keys()
        whole.update(part)
    return whole


def test_every_table_has_the_specified_columns_and_those_added_for_a_reason(
    live: LiveSchema, database: Database
) -> None:
    tables = spec.SPECIFIED_COLUMNS.keys() | spec.ADDED_COLUMNS.keys()
    expected = {
        table: merged(spec.SPECIFIED_COLUMNS.get(table, {}), spec.ADDED_COLUMNS.get(table, {}))
        for table in tables
    }
    if database.is_sqlite:  # which has no UUID: a key is its 16 bytes
        expected = {
            table: {name: kind.replace("uuid", "bytes") for name, kind in columns.items()}
            for table, columns in expected.items()
        }
    assert live.columns == expected


def test_every_table_has_one_key_column(live: LiveSchema) -> None:
    assert live.primary_keys == {table: ["id"] for table in live.columns}


def test_no_column_has_a_database_default(live: LiveSchema) -> None:
    assert live.defaults == []


def test_every_foreign_key_does_on_deletion_what_is_specified(live: LiveSchema) -> None:
    assert live.foreign_keys == merged(spec.SPECIFIED_FOREIGN_KEYS, spec.ADDED_FOREIGN_KEYS)


def test_every_unique_constraint_is_there_by_name(live: LiveSchema) -> None:
    assert live.unique == merged(spec.SPECIFIED_UNIQUE, spec.ADDED_UNIQUE)


def test_every_check_admits_the_specified_values(live: LiveSchema) -> None:
    for column, values in spec.WIDENED_CHECKS.items():
        assert values > spec.SPECIFIED_CHECKS[column]
    specified = spec.SPECIFIED_CHECKS | spec.WIDENED_CHECKS
    assert live.checks == merged(specified, spec.ADDED_CHECKS)


def test_every_specified_index_is_there_by_name(live: LiveSchema, database: Database) -> None:
    changed = {name: change.ours for name, change in spec.CHANGED_INDEXES.items()}
    assert changed.keys() <= spec.SPECIFIED_INDEXES.keys()
    expected = merged(spec.SPECIFIED_INDEXES | changed, spec.ADDED_INDEXES)
    if database.is_sqlite:  # where NULLs come last under DESC by themselves
        expected = {name: index.replace(" NULLS LAST", "") for name, index in expected.items()}
    assert live.indexes == expected


def test_folded_names_compare_by_bytes_whatever_the_locale(database: Database) -> None:
    """SQLite does so by itself; on PostgreSQL an index serves a prefix only with this collation."""
    if database.is_sqlite:
        query = "SELECT 'B' < 'a' AND 'z' < 'é'"
    else:
        query = (
            "SELECT collation_name = 'C' FROM information_schema.columns"
            " WHERE table_name = 'packages' AND column_name = 'search_name'"
        )
    with database.engine.connect() as connection:
        assert connection.scalar(text(query))


def test_the_document_names_every_table_added_column_and_index(live: LiveSchema) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    names = {
        *live.columns,
        *live.indexes,
        *(
            column
            for table in spec.SPECIFIED_COLUMNS
            for column in spec.ADDED_COLUMNS.get(table, {})
        ),
    }
    assert [name for name in sorted(names) if f"`{name}`" not in document] == []


def test_the_models_and_the_migrations_agree(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)  # raises where a new migration would not be empty


def test_alembic_by_itself_finds_the_tree_and_the_database_that_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `dev.py migration` starts it: settings from pyproject.toml, no connection given."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TGTUI_DATABASE_URL", url)
    monkeypatch.chdir(migrations_folder().parent)
    alembic(["check"])  # raises where a new migration would not be empty


def test_the_program_knows_the_newest_migration() -> None:
    assert ScriptDirectory(str(migrations_folder())).get_heads() == [HEAD]
