"""Every table and column is in each list that there is of them. Whoever adds one is told here what is missing."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import SERVER
from tests.support.databases import migrate
from tests.support.places import ROOT
from tgtui.data.access.guarded import ANONYMOUS, MEMBER
from tgtui.data.access.guarded import TABLES as GUARDED
from tgtui.data.access.published import SHARED, Shared, published
from tgtui.data.models.every import TABLES
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.backups.copying import ignore
from tgtui.data.upkeep.backups.dumping import dump
from tgtui.data.upkeep.backups.taking import back_up

DOCUMENT = ROOT / "docs" / "schema.md"
WHERE = "tgtui/data/access/published.py"
SECRETS = ("lease_token", "locked_by", "subject", "issuer", "display_name", "query", "account_id")
"""Columns that no client may have, in whatever table."""


def unlisted(table: str, shared: Shared | None) -> list[str]:
    """What the list lacks or has too much of this table."""
    if shared is None:
        return [f"{WHERE} lacks: {table}"]
    if shared.whose == "no one":
        return [] if shared.because else [f"{WHERE} lacks why {table} is no one's"]
    columns, named = {*TABLES[table].columns.keys()}, [*shared.shown, *shared.hidden]
    return [
        *(f"{WHERE} lacks: {table}.{name}" for name in sorted(columns - {*named})),
        *(f"{WHERE} has what is not there: {table}.{name}" for name in sorted({*named} - columns)),
        *(f"{WHERE} has twice: {table}.{name}" for name in named if named.count(name) > 1),
    ]


def test_every_table_and_column_is_public_or_private() -> None:
    assert [line for table in TABLES for line in unlisted(table, SHARED.get(table))] == []
    assert SHARED.keys() - TABLES.keys() == set()


@pytest.mark.parametrize(
    ("shared", "says"),
    [
        (None, "lacks: tags"),
        (Shared("no one"), "lacks why tags"),
        (Shared("everyone", ("id",), ("name",)), "lacks: tags.color"),
        (Shared("everyone", (*TABLES["tags"].columns.keys(), "colour")), "not there: tags.colour"),
        (Shared("everyone", tuple(TABLES["tags"].columns.keys()), ("id",)), "twice: tags.id"),
    ],
)
def test_what_is_forgotten_is_named(shared: Shared | None, says: str) -> None:
    assert any(says in line for line in unlisted("tags", shared))


def test_every_table_says_who_may_do_what_with_it() -> None:
    assert {*GUARDED} == {*TABLES, "alembic_version"}, "tgtui/data/access/guarded.py"


@pytest.mark.parametrize("table", SHARED)
def test_grants_and_publication_agree_whose_a_table_is(table: str) -> None:
    guarded = GUARDED[table]
    shows_all_to_anyone = ANONYMOUS in guarded.rights and not guarded.policies
    match SHARED[table].whose:
        case "everyone":
            assert shows_all_to_anyone
        case "person":
            assert {policy.group for policy in guarded.policies} >= {MEMBER}
        case "no one":
            pass  # some are open to logins of the database, and still of no use in a copy


def test_no_secret_is_published() -> None:
    columns = {name for shown in published(with_requests=True).values() for name in shown}
    assert columns & {*SECRETS} == set()


def test_what_is_published_to_everyone_names_no_account() -> None:
    names_one = [
        f"{table}.{column.name}"
        for table, shown in published(with_requests=False).items()
        for column in TABLES[table].columns
        if column.name in shown
        for key in column.foreign_keys
        if key.column.table.name not in published(with_requests=False)
    ]
    assert names_one == []


def test_the_document_shows_the_list() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert [line for line in map(documented, SHARED) if line not in document] == []


def documented(table: str) -> str:
    """Its row in docs/schema.md."""
    shared = SHARED[table]
    if shared.whose == "no one":
        return f"| `{table}` | no one | | all: it {shared.because} |"
    shown, hidden = (
        ", ".join(f"`{name}`" for name in names) for names in (shared.shown, shared.hidden)
    )
    return f"| `{table}` | {shared.whose} | {shown} | {hidden} |"


def test_a_backup_of_a_file_has_every_table_and_column(
    migrated_sqlite_file: Path, tmp_path: Path
) -> None:
    target = tmp_path / "catalogue.backup"
    back_up(migrated_sqlite_file, target, ignore)
    with closing(sqlite3.connect(target)) as backup:
        for table, model in TABLES.items():
            columns = [name for _, name, *_ in backup.execute(f"PRAGMA table_info({table})")]
            assert sorted(columns) == sorted(model.columns.keys())


def test_a_dump_of_postgresql_has_every_table_and_column(
    postgres_template: Callable[[str, Callable[[str], None]], str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    programs = request.config.stash[SERVER].programs
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    engine = open_engine(parse_url(postgres_template("migrated", migrate)))
    dump(engine, tmp_path / "catalogue.dump", ignore)
    engine.dispose()
    # Its list of contents has the statement for the rows of each table.
    written = (tmp_path / "catalogue.dump").read_bytes().decode("utf-8", "replace")
    copied = dict(re.findall(r"COPY public\.(\w+) \((.*?)\) FROM stdin", written))
    assert {
        table: {*columns.replace('"', "").split(", ")} for table, columns in copied.items()
    } == {
        **{table: {*model.columns.keys()} for table, model in TABLES.items()},
        "alembic_version": {"version_num"},
    }
