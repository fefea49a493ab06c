"""Migrating: from empty and back, once among many programs, all or nothing, and never what is not ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select, text

from tests.support import rows
from tests.support.rows import add_request
from tests.support.working import REQUESTS
from tgtui.basics.errors import DatabaseError
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_versions
from tgtui.data.search.index import rank_of
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.migrate import downgrade, schema_state, upgrade
from tgtui.versions import homebrew
from tgtui.versions.npm import semver
from tgtui.versions.sorting import sort_text

PROGRAMS = 4


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """On an empty database, or a file that does not exist yet."""
    opened = open_engine(parse_url(database_url))
    yield opened
    opened.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_empty_database_is_migrated_once(engine: Engine) -> None:
    assert schema_state(engine) == "empty"
    assert upgrade(engine)
    assert schema_state(engine) == "current"
    assert not upgrade(engine)


def test_downgrade_leaves_an_empty_database_that_can_be_migrated_again(engine: Engine) -> None:
    upgrade(engine)
    downgrade(engine)
    assert tables(engine) == {"alembic_version"}
    assert schema_state(engine) == "empty"
    assert upgrade(engine)
    assert "packages" in tables(engine)


def test_downgrade_leaves_no_index_and_no_constraint(engine: Engine) -> None:
    upgrade(engine)
    downgrade(engine)
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE tbl_name <> 'alembic_version'",
        "postgresql": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relname NOT LIKE 'alembic_version%'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        assert connection.scalars(text(query)).all() == []


def test_programs_that_start_at_once_migrate_once(database_url: str) -> None:
    together = Barrier(PROGRAMS)

    def program() -> bool:
        own = open_engine(parse_url(database_url))
        try:
            together.wait()
            return upgrade(own)
        finally:
            own.dispose()

    with ThreadPoolExecutor(PROGRAMS) as programs:
        runs = [programs.submit(program) for _ in range(PROGRAMS)]
        assert sorted(run.result() for run in runs) == [False] * (PROGRAMS - 1) + [True]


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    upgrade(engine)
    execute(engine, "UPDATE alembic_version SET version_num = '9999'")
    for refused in (schema_state, upgrade):
        with pytest.raises(
            DatabaseError, match=r"newer than this tgtui \(schema 9999.*update tgtui"
        ):
            refused(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_an_older_database_is_behind(engine: Engine) -> None:
    upgrade(engine)
    execute(engine, "UPDATE alembic_version SET version_num = '0001'")
    assert schema_state(engine) == "behind"


@pytest.mark.parametrize("table", ["packages", "tags", "account"])
def test_tables_of_another_program_are_refused_and_left_alone(engine: Engine, table: str) -> None:
    execute(engine, f"CREATE TABLE {table} (id integer)")
    with pytest.raises(DatabaseError, match="tables that are not tgtui's"):
        upgrade(engine)
    assert tables(engine) == {table}


def test_another_programs_migrations_are_refused(engine: Engine) -> None:
    execute(
        engine,
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
    )
    with pytest.raises(DatabaseError, match="tables that are not tgtui's"):
        upgrade(engine)


def test_tables_of_another_name_do_no_harm(engine: Engine) -> None:
    execute(engine, "CREATE TABLE notes (id integer)")
    assert upgrade(engine)
    assert {"notes", "packages"} <= tables(engine)


def test_what_was_given_up_while_innocent_ones_were_charged_is_tried_again(engine: Engine) -> None:
    upgrade(engine)
    database = Database(engine)
    add: Any = partial(database.write_now, add_request)
    crashed = {
        "status": "failed",
        "error_code": "crashed",
        "error_message": "-",
        "attempt_count": 5,
    }
    again, other = add("a", **crashed), add("b", status="failed", error_code="not_found")
    replaced = add("c", **crashed)
    add("c")
    add("d")  # tried again before the newer one crashed
    queued_already = add("d", **crashed)
    downgrade(engine, "0008")
    assert upgrade(engine)
    columns = REQUESTS.c.id, REQUESTS.c.status, REQUESTS.c.attempt_count, REQUESTS.c.error_code
    rows = database.read_now(lambda connection: connection.execute(select(*columns)).all())
    found = {id: rest for id, *rest in rows}
    assert found[again] == ["pending", 0, None]
    assert {found[id][0] for id in (other, replaced, queued_already)} == {"failed"}
    database.close()


def test_a_migration_that_fails_halfway_leaves_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_migration(tmp_path, monkeypatch, "op.execute('SELECT 1 FROM nowhere')")
    with pytest.raises(DatabaseError, match=r"failed and was undone: .*nowhere"):
        upgrade(engine)
    assert tables(engine) == set()


def test_a_failed_migration_leaves_the_schema_it_began_with(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upgrade(engine)
    add_migration(
        tmp_path,
        monkeypatch,
        "op.execute('CREATE TABLE halfway (id integer)'); op.execute('SELECT 1 FROM nowhere')",
    )
    assert schema_state(engine) == "behind"
    with pytest.raises(DatabaseError, match="was undone"):
        upgrade(engine)
    assert schema_state(engine) == "behind"
    assert "halfway" not in tables(engine)


def test_a_migration_that_leaves_dangling_references_is_undone(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SQLite does not check them while tables are rebuilt; PostgreSQL always does."""
    engine = open_engine(parse_url(sqlite_url))
    upgrade(engine)
    add_migration(
        tmp_path,
        monkeypatch,
        """op.execute("INSERT INTO package_tags (id, package_id, tag_id, created_by, created_at)"
               " VALUES (X'00', X'01', X'02', X'03', '2026-01-01')")""",
    )
    with pytest.raises(DatabaseError, match="dangling references"):
        upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM package_tags")) == 0
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_rows_survive_the_rebuild_of_a_table_that_others_refer_to(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With foreign keys on, SQLite would cascade when the old table is dropped."""
    engine = open_engine(parse_url(sqlite_url))
    upgrade(engine)
    execute(
        engine,
        "INSERT INTO packages (id, name, search_name, registry, created_at, updated_at)"
        " VALUES (X'01', 'a', 'a', 'npm', '2026-01-01', '2026-01-01')",
        "INSERT INTO package_dist_tags VALUES (X'02', X'01', 'latest', '1.0.0', '2026-01-01')",
    )
    add_migration(
        tmp_path,
        monkeypatch,
        "with op.batch_alter_table('packages', recreate='always') as batch:"
        " batch.add_column(sa.Column('license', sa.Text()))",
    )
    assert upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM package_dist_tags")) == 1
        assert connection.scalar(text("SELECT license IS NULL FROM packages"))
    engine.dispose()


def test_dependents_that_were_counted_together_are_counted_apart(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection, connection.begin():
        target, other = (
            rows.add_release(connection, "target"),
            rows.add_release(connection, "other"),
        )
        for name, type in (("a", "runtime"), ("b", "dev"), ("c", "dev"), ("d", "peer")):
            for to in (target, other) if type == "runtime" else (target,):
                source = rows.add_release(connection, f"{name}-{to[0]}")
                rows.add_edge(connection, source, "x", to, dependency_type=type)
        rows.add_interaction(connection, target[0])
        rows.count_all(connection)
    downgrade(engine, "0012-1")
    # As every use was counted before.
    execute(engine, "UPDATE package_search SET dependents = 4 WHERE name = 'target'")
    assert upgrade(engine)
    with engine.connect() as connection:
        row = connection.execute(
            select(package_search).where(package_search.c.name == "target")
        ).one()
        assert (row.dependents, row.peer_dependents, row.dev_dependents) == (2, 1, 2)
        assert row.rank == rank_of(4, 1)
        row = connection.execute(
            select(package_search).where(package_search.c.name == "other")
        ).one()
        assert (row.dependents, row.dev_dependents) == (1, None)


def test_versions_of_homebrew_are_ordered_anew(engine: Engine) -> None:
    upgrade(engine)
    scheme = b"\x00\x01"
    with engine.connect() as connection, connection.begin():
        package = rows.add_package(connection, "wget", "brew")
        versions = ("1.0p1", "1.0.post1")
        for place, version in enumerate(versions):
            key = sort_text(scheme + b"%d" % place)
            rows.add_version(connection, package, version, sort_key=key)
        npm, _version = rows.add_release(connection, "wget", "1.0.0")
    downgrade(engine, "0012-1")
    assert upgrade(engine)
    with engine.connect() as connection:
        v = package_versions
        of = select(v.c.version, v.c.sort_key).order_by(v.c.sort_key)
        found = connection.execute(of.where(v.c.package_id == package)).all()
        assert [tuple(row) for row in found] == [
            (version, sort_text(scheme + homebrew.sort_key(version)))
            for version in reversed(versions)
        ]
        assert connection.scalar(select(v.c.sort_key).where(v.c.package_id == npm)) == sort_text(
            semver.sort_key("1.0.0")
        )


def test_sort_keys_become_text_and_keep_their_order(engine: Engine) -> None:
    """On both databases as the program writes it, for every byte and length."""
    keys = [
        b"",
        *(bytes((byte,)) for byte in range(256)),
        *(bytes((byte, 255 - byte)) for byte in range(256)),
        semver.sort_key("18.2.0-next.20210322"),
        b"\xff" * 599,
        b"\xff" * 700,
        b"\xff" * 701,
    ]
    upgrade(engine)
    with engine.connect() as connection, connection.begin():
        package = rows.add_package(connection, "a")
        for number, key in enumerate(keys):
            rows.add_version(connection, package, f"{number}", sort_key=sort_text(key))
    of = "SELECT version, sort_key FROM package_versions ORDER BY sort_key, version"
    downgrade(engine, "0016")
    with engine.connect() as connection:
        before = [(version, bytes(key)) for version, key in connection.execute(text(of))]
    short = {(str(number), key) for number, key in enumerate(keys) if len(key) < 600}
    assert short <= {*before}
    # The last three are as long as an index admits, and compare by their digests.
    in_order = [str(keys.index(key)) for key in sorted(keys)]
    assert [version for version, _ in before][:-3] == in_order[:-3]
    assert upgrade(engine)
    with engine.connect() as connection:
        after = [tuple(row) for row in connection.execute(text(of))]
    assert after == [(version, sort_text(key)) for version, key in before]


def add_migration(folder: Path, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """Let the program's tree have one more revision, which executes `statement`."""
    tree = folder / "migrations"
    shutil.copytree(migrate.migrations_folder(), tree)
    newest = f"{int(migrate.HEAD) + 1:04}"
    (tree / "versions" / f"{newest}_one_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = {newest!r}\ndown_revision = {migrate.HEAD!r}\n"
        f"def upgrade():\n    {statement}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(migrate, "HEAD", newest)
    monkeypatch.setattr(migrate, "migrations_folder", lambda: tree)


def test_only_chains_that_reached_a_limit_are_looked_at_again(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection, connection.begin():
        settled: dict[str, Any] = {"status": "completed"}
        limited = rows.add_request(connection, "limited", error_code="bound_reached", **settled)
        whole = rows.add_request(connection, "whole", **settled)
        connection.execute(rows.CHAINS.update().values(settled_at=rows.DAY_ONE))
    downgrade(engine, "0016-1")
    assert upgrade(engine)
    with engine.connect() as connection:
        found = connection.execute(select(rows.CHAINS.c.id, rows.CHAINS.c.settled_at)).all()
        assert {id: at is None for id, at in found} == {limited: True, whole: False}
