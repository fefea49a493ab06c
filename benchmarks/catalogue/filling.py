"""Puts the rows of a catalogue into an empty database, with indexes and triggers put aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, text

from benchmarks.catalogue.content import Catalogue
from benchmarks.catalogue.rows import NOW, Row, numbered_id
from tgtui.data.models import tables
from tgtui.data.models.facts import package_facts, search_licences
from tgtui.data.models.search import FULL_TEXT, package_search
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.engine import WRITES, open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade

CHUNK = 20_000
"""Rows that are made and inserted at once."""


def fill(url: str, size: int) -> None:
    """Migrate the empty database and put a catalogue of `size` packages into it."""
    engine = open_engine(parse_url(url))
    upgrade(engine)
    catalogue = Catalogue(size)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys = OFF")
            driver.execute("PRAGMA synchronous = OFF")
            driver.execute("PRAGMA journal_mode = OFF")  # who loses it makes it anew
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            put_aside = _put_aside(connection)
            _load(connection, catalogue)
            for statement in put_aside:
                connection.exec_driver_sql(statement)
            if engine.dialect.name == "sqlite":
                for column in ("words", "about", "terms"):
                    table = f"{FULL_TEXT}_{column}"
                    connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
            else:
                connection.exec_driver_sql(f"SELECT setval('package_search_number', {size})")
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA journal_mode = WAL")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _load(connection: Connection, catalogue: Catalogue) -> None:
    account = numbered_id(0, 10)
    accounts = [
        {
            "id": account,
            "issuer": "benchmark",
            "subject": "ada",
            "display_name": "Ada",
            "created_at": NOW,
            "updated_at": NOW,
        }
    ]
    for table, rows in (
        (tables.accounts, accounts),
        (tables.packages, catalogue.packages()),
        (tables.package_versions, catalogue.versions()),
        (package_facts, catalogue.facts()),
        (tables.package_dependencies, catalogue.edges()),
        (tables.tags, catalogue.tags()),
        (tables.package_tags, catalogue.package_tags(account)),
        (tables.package_interactions, catalogue.interactions(account)),
        (tables.package_requests, catalogue.requests()),
        (package_search, catalogue.search()),
        (search_licences, catalogue.licences()),
    ):
        for chunk in _chunks(rows):
            bulk_insert(connection, table, chunk)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _put_aside(connection: Connection) -> list[str]:
    """Drop indexes and triggers; the statements that make them again."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            " AND type IN ('index', 'trigger') ORDER BY type, name"
        ).all()
        for kind, name, _sql in found:
            connection.exec_driver_sql(f"DROP {kind} {name}")
        return [row[2] for row in found]
    indexes = connection.exec_driver_sql(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i"
        " JOIN pg_class AS c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)"
    ).all()
    for name, _definition in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [row[1] for row in indexes]
