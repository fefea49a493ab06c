"""The gateway: one sentence for each trouble, conflicts tried again, nothing half written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.support import rows
from tests.support.databases import migrate
from tgtui.basics.errors import DatabaseError, UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.access.accounts import ensure_account
from tgtui.data.models import tables
from tgtui.data.requests.asking import Asked, ask
from tgtui.data.storage.database import WRITE_ATTEMPTS, Database
from tgtui.data.storage.engine import READERS, open_engine, parse_url
from tgtui.data.storage.sql import database_time, insert_missing
from tgtui.data.upkeep.migrate import schema_state
from tgtui.data.upkeep.seeds import PACKAGES, TAGS, seed


def opened(url: str) -> Database:
    return Database(open_engine(parse_url(url)))


def count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """An empty catalogue on PostgreSQL alone."""
    migrate(postgres_url)
    database = opened(postgres_url)
    yield database
    database.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """An empty catalogue on SQLite alone."""
    migrate(sqlite_url)
    database = opened(sqlite_url)
    yield database
    database.close()


class TestTransactions:
    async def test_what_a_query_wrote_is_there_afterwards(self, database: Database) -> None:
        package = await database.write(rows.add_package, "a")
        found = await database.read(
            lambda connection: connection.scalars(select(tables.packages.c.id)).all()
        )
        assert found == [package]

    async def test_nothing_is_half_written_when_the_query_raises(self, database: Database) -> None:
        def fail(connection: Connection) -> None:
            rows.add_package(connection, "a")
            raise UsageError("no")

        with pytest.raises(UsageError):
            await database.write(fail)
        assert await database.read(count, tables.packages) == 0

    async def test_nothing_is_half_written_when_a_statement_is_refused(
        self, database: Database
    ) -> None:
        def fail(connection: Connection) -> None:
            rows.add_package(connection, "a")
            rows.add_package(connection, "a")

        with pytest.raises(DBAPIError):
            await database.write(fail)
        assert await database.read(count, tables.packages) == 0

    async def test_a_wrong_statement_stays_a_bug(self, database: Database) -> None:
        with pytest.raises(DBAPIError, match="nowhere"):
            await database.read(
                lambda connection: connection.execute(text("SELECT 1 FROM nowhere"))
            )

    async def test_many_writers_at_once_lose_nothing(self, database: Database) -> None:
        names = [f"p{number}" for number in range(30)]
        await asyncio.gather(*(database.write(rows.add_package, name) for name in names))
        assert await database.read(count, tables.packages) == len(names)

    async def test_readers_go_on_while_somebody_writes(self, database: Database) -> None:
        wrote, may_end = threading.Event(), threading.Event()

        def slow(connection: Connection) -> None:
            rows.add_package(connection, "a")
            wrote.set()
            may_end.wait(60)

        writing = asyncio.ensure_future(database.write(slow))
        await asyncio.to_thread(wrote.wait, 60)
        assert await database.read(count, tables.packages) == 0
        may_end.set()
        await writing
        assert await database.read(count, tables.packages) == 1

    def test_threads_of_the_gateway_and_the_feed_have_a_connection_each(
        self, database: Database
    ) -> None:
        """Otherwise the last one waits for the pool until the query fails."""
        threads = READERS + (1 if database.is_sqlite else READERS) + 1
        held = [database.engine.connect() for _ in range(threads)]
        for connection in held:
            connection.close()


class TestConflicts:
    def test_the_loser_of_a_deadlock_is_tried_again(self, postgres: Database) -> None:
        first = postgres.write_now(rows.add_package, "first")
        second = postgres.write_now(rows.add_package, "second")
        both_hold_one = Barrier(2)
        tries: list[UUID] = []

        def lock(connection: Connection, id: UUID) -> None:
            statement = update(tables.packages).where(tables.packages.c.id == id)
            connection.execute(
                statement.values(description=func.concat(tables.packages.c.description, "x"))
            )

        def swap(connection: Connection, one: UUID, other: UUID) -> None:
            tries.append(one)
            lock(connection, one)
            if len(tries) <= 2:
                both_hold_one.wait(60)
            lock(connection, other)

        with ThreadPoolExecutor(2) as threads:
            runs = [
                threads.submit(postgres.write_now, swap, first, second),
                threads.submit(postgres.write_now, swap, second, first),
            ]
            for run in runs:
                run.result()
        assert len(tries) == 3
        texts = postgres.read_now(lambda s: s.scalars(select(tables.packages.c.description)).all())
        assert texts == ["xx", "xx"]

    def test_a_conflict_that_never_ends_is_told(
        self, postgres: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tgtui.data.storage.database.CONFLICT_PAUSE_S", 0)
        tries: list[int] = []

        def conflict(connection: Connection) -> None:
            tries.append(1)
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

        with pytest.raises(DatabaseError, match="kept changing the same rows"):
            postgres.write_now(conflict)
        assert len(tries) == WRITE_ATTEMPTS

    def test_a_read_is_not_tried_again(self, postgres: Database) -> None:
        tries: list[int] = []

        def conflict(connection: Connection) -> None:
            tries.append(1)
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))

        with pytest.raises(DatabaseError):
            postgres.read_now(conflict)
        assert len(tries) == 1

    def test_of_many_who_ask_at_once_one_asks_and_the_others_follow(
        self, database: Database
    ) -> None:
        people = 6
        accounts = [database.write_now(rows.add_account, f"p{n}") for n in range(people)]
        together = Barrier(people)

        def person(account: UUID) -> Asked:
            together.wait(60)
            return database.write_now(ask, "npm", "express", account_id=account)

        with ThreadPoolExecutor(people) as threads:
            asked = list(threads.map(person, accounts))
        assert sorted(each.is_new for each in asked) == [False] * (people - 1) + [True]
        assert len({each.request_id for each in asked}) == 1
        assert database.read_now(count, tables.package_request_chains) == people

    def test_of_programs_that_start_at_once_one_seeds(self, migrated_url: str) -> None:
        programs = 4
        together = Barrier(programs)

        def program() -> bool:
            own = opened(migrated_url)
            try:
                together.wait(60)
                return own.write_now(seed)
            finally:
                own.close()

        with ThreadPoolExecutor(programs) as threads:
            seeded = [run.result() for run in [threads.submit(program) for _ in range(programs)]]
        assert sorted(seeded) == [False] * (programs - 1) + [True]
        own = opened(migrated_url)
        assert own.read_now(count, tables.tags) == len(TAGS)
        assert own.read_now(count, tables.package_requests) == len(PACKAGES)
        own.close()


class TestSentences:
    def test_a_server_that_is_not_there(self) -> None:
        database = opened("postgresql://ada:secret@127.0.0.1:1/catalogue")
        with pytest.raises(
            DatabaseError, match=r"can't be reached: .*Check TGTUI_DATABASE_URL"
        ) as told:
            schema_state(database.engine)
        assert "secret" not in str(told.value)
        assert "\n" not in str(told.value)
        database.close()

    def test_a_database_that_does_not_exist(self, postgres_url: str) -> None:
        url = make_url(postgres_url).set(database="nobody_made_it")
        database = opened(url.render_as_string(hide_password=False))
        with pytest.raises(DatabaseError, match='"nobody_made_it" does not exist'):
            database.read_now(count, tables.packages)
        database.close()

    def test_a_connection_that_the_server_ends(self, postgres: Database) -> None:
        def end(connection: Connection) -> None:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(DatabaseError, match=r"can't be reached: .*terminating connection"):
            postgres.read_now(end)
        assert postgres.read_now(count, tables.packages) == 0

    def test_a_server_that_takes_no_writes(self, postgres: Database) -> None:
        def write(connection: Connection) -> None:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            rows.add_package(connection, "a")

        with pytest.raises(DatabaseError, match="is read-only or a standby"):
            postgres.write_now(write)

    def test_a_query_that_takes_too_long(self, postgres: Database) -> None:
        def wait(connection: Connection) -> None:
            connection.execute(text("SET LOCAL statement_timeout = 1"))
            connection.execute(text("SELECT pg_sleep(60)"))

        with pytest.raises(DatabaseError, match="took too long"):
            postgres.read_now(wait)

    def test_a_file_that_takes_no_writes(self, sqlite: Database) -> None:
        def write(connection: Connection) -> None:
            connection.execute(text("PRAGMA query_only = ON"))
            rows.add_package(connection, "a")

        with pytest.raises(DatabaseError, match="is read-only; set TGTUI_DATA_DIR"):
            sqlite.write_now(write)

    def test_a_file_that_can_not_be_opened(self, tmp_path: Path) -> None:
        database = opened(f"sqlite:///{tmp_path}")
        with pytest.raises(DatabaseError, match="can't be opened: it is a folder"):
            database.read_now(count, tables.packages)
        database.close()

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "catalogue.sqlite3"
        path.write_bytes(b"not a database, but long enough to have a header" * 100)
        database = opened(f"sqlite:///{path}")
        with pytest.raises(
            DatabaseError, match=r"not an SQLite database; restore a backup.*docs/backup\.md"
        ):
            database.read_now(count, tables.packages)
        database.close()

    def test_a_damaged_file(self, sqlite_url: str, migrated_sqlite_file: Path) -> None:
        whole = migrated_sqlite_file.read_bytes()
        damaged = Path(str(make_url(sqlite_url).database))
        damaged.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
        database = opened(sqlite_url)
        with pytest.raises(
            DatabaseError, match="is damaged; restore a backup with `tgtui db restore FILE`"
        ):
            database.read_now(count, tables.packages)
        database.close()

    def test_a_lock_that_another_program_keeps(
        self, sqlite: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tgtui.data.storage.file.BUSY_TIMEOUT_MS", 0)
        other = opened(sqlite_url)

        def hold(connection: Connection) -> None:
            connection.execute(select(tables.packages.c.id))
            with pytest.raises(DatabaseError, match="Another program holds"):
                other.write_now(rows.add_package, "a")

        sqlite.write_now(hold)
        other.close()

    def test_a_pool_without_a_free_connection(
        self, sqlite: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite.engine.pool, "_timeout", 0)
        held = [sqlite.engine.connect() for _ in range(READERS + 2)]
        with pytest.raises(DatabaseError, match="is busy: no connection is free"):
            sqlite.read_now(count, tables.packages)
        for connection in held:
            connection.close()


class TestSql:
    def test_insert_missing_counts_the_rows_that_were_new(self, connection: Connection) -> None:
        account = ensure_account(connection, "local", "ada", "Ada")
        assert ensure_account(connection, "local", "ada", "Another name") == account
        new = {
            "issuer": "local",
            "display_name": "",
            "created_at": rows.DAY_ONE,
            "updated_at": rows.DAY_ONE,
        }
        people = [
            {**new, "id": uuid7(), "subject": subject} for subject in ("ada", "bob", "cy", "bob")
        ]
        assert insert_missing(connection, tables.accounts, people) == 2
        assert insert_missing(connection, tables.accounts, people) == 0
        assert insert_missing(connection, tables.accounts, []) == 0

    @pytest.mark.parametrize("seconds", [-90.5, 0, 0.25, 3600])
    def test_the_databases_clock_compares_with_stored_timestamps(
        self, connection: Connection, seconds: float
    ) -> None:
        now = connection.execute(select(database_time())).scalar_one()
        moved = connection.execute(select(database_time(seconds))).scalar_one()
        assert now.tzinfo is not None
        assert abs((moved - now).total_seconds() - seconds) < 60
        package = rows.add_package(connection, "a", last_fetch_attempt=moved)
        found = select(tables.packages.c.id).where(
            tables.packages.c.last_fetch_attempt <= database_time(seconds + 60)
        )
        assert connection.scalar(found) == package
        assert (
            connection.scalar(
                select(tables.packages.c.id).where(
                    tables.packages.c.last_fetch_attempt > database_time(seconds + 60)
                )
            )
            is None
        )
