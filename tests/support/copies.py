"""Databases that are copies of a template, emptied after a test and given to the next one: making and dropping one takes
longer than most tests that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url


@dataclass
class Copy:
    """A database made from a template."""

    url: str
    shape: str
    """Of all that a test may change in it except rows of tables that are empty in the template."""
    unused: Sequence[str]
    """Sequences that have given no number in the template."""
    kept: Sequence[str]
    """Tables that have rows in the template."""
    counts: Counts
    """What had been counted when it was as new."""

    @classmethod
    def of(cls, url: str) -> Copy:
        with _plain(url) as connection:
            unused = [name for (name,) in connection.execute(UNUSED_SEQUENCES)]
            kept = _filled(connection)
            return cls(url, _shape(connection, kept), unused, kept, _counts(connection, kept))

    @property
    def name(self) -> str:
        return str(make_url(self.url).database)

    def restore(self) -> bool:
        """Empty the tables that the template has empty, and let sequences begin again.

        False if there are too many rows, anything else was changed, or it stays in use.
        """
        with _plain(self.url) as connection:
            if not all(ended for (ended,) in connection.execute(END_OTHERS)):
                return False
            connection.execute(START_AGAIN, [self.unused])
            counts = _counts(connection, self.kept)
            if counts.shape != self.counts.shape and self.shape != _shape(connection, self.kept):
                return False
            written = counts.written_since(self.counts)
            self.counts = counts
            return not written or _is_emptied(connection, written)


@dataclass(frozen=True)
class Counts:
    """How often a database was written to, as the server's statistics say: reading them costs a tenth of reading
    what was written."""

    shape: tuple[str, ...]
    """Rows written in the server's catalogue and in tables that are filled in the template, and what can be read at once."""
    inserted: Mapping[str, int]
    """Rows that any other table was given, kept or not."""

    def written_since(self, before: Counts) -> list[str]:
        """Tables that may have rows now."""
        return [name for name, rows in self.inserted.items() if rows != before.inserted.get(name)]


END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_get_activity(NULL)
    WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid <> pg_backend_pid()
    UNION ALL SELECT false FROM pg_prepared_xacts WHERE database = current_database()
"""
"""Connections that a test left open; true for each that has ended, and has told what it wrote."""
COUNTS = """
    SELECT relname, pg_stat_get_tuples_inserted(oid), NULL FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL(%(kept)s)
    UNION ALL
    SELECT relname, NULL, concat_ws(' ', oid, pg_stat_get_tuples_inserted(oid),
        pg_stat_get_tuples_updated(oid), pg_stat_get_tuples_deleted(oid))
    FROM pg_class
    WHERE relkind = 'r' AND (
        relname = ANY(%(kept)s)
        OR relnamespace = 'pg_catalog'::regnamespace AND NOT relisshared
    )
    UNION ALL SELECT sequencename, NULL, last_value::text FROM pg_sequences
    UNION ALL SELECT 'settings', NULL, string_agg(concat(setrole, setconfig), ' ')
        FROM pg_db_role_setting, pg_database
        WHERE setdatabase = pg_database.oid AND datname = current_database()
    UNION ALL SELECT 'database', NULL, concat(datacl, datconnlimit)
        FROM pg_database WHERE datname = current_database()
    ORDER BY 1, 3
"""
UNUSED_SEQUENCES = "SELECT sequencename::text FROM pg_sequences WHERE last_value IS NULL"
START_AGAIN = """
    SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename = ANY(%s)
"""
TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
MAY_DELETE = """
    SELECT current_setting('is_superuser')::boolean AND sum(pg_relation_size(name::regclass)) < %s
    FROM unnest(%s::text[]) AS name
"""
NO_TRIGGERS = "SET session_replication_role = replica"
FEW_BYTES = 1_000_000
"""Few rows are deleted in milliseconds; a TRUNCATE makes new files for each table and index."""
FIRST_OWN_ID = 16_384
"""Object ids below are PostgreSQL's own."""
SHAPE = f"""
    SELECT md5(string_agg(said, ' ' ORDER BY said)) FROM (
        SELECT concat(oid, relname, relowner, relacl, reloptions, relrowsecurity, relforcerowsecurity,
                      relreplident)
            FROM pg_class WHERE oid >= {FIRST_OWN_ID} AND relkind <> 't'
        UNION ALL SELECT concat(attrelid, attname, xmin) FROM pg_attribute WHERE attrelid >= {FIRST_OWN_ID}
            AND attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'v', 'c'))
        UNION ALL SELECT concat(oid, xmin) FROM pg_proc WHERE oid >= {FIRST_OWN_ID}
        UNION ALL SELECT concat(oid, xmin) FROM pg_trigger
        UNION ALL SELECT concat(oid, xmin) FROM pg_event_trigger
        UNION ALL SELECT concat(oid, xmin) FROM pg_publication
        UNION ALL SELECT concat(oid, xmin) FROM pg_publication_rel
        UNION ALL SELECT concat(oid, xmin) FROM pg_constraint WHERE oid >= {FIRST_OWN_ID}
        UNION ALL SELECT concat(oid, xmin) FROM pg_policy
        UNION ALL SELECT concat(oid, xmin) FROM pg_type WHERE oid >= {FIRST_OWN_ID} AND typtype <> 'b'
        UNION ALL SELECT concat(oid, xmin) FROM pg_namespace
        UNION ALL SELECT concat(oid, xmin) FROM pg_extension
        UNION ALL SELECT concat(oid, xmin) FROM pg_default_acl
        UNION ALL SELECT concat(oid) FROM pg_largeobject_metadata
        UNION ALL SELECT concat(starelid) FROM pg_statistic WHERE starelid >= {FIRST_OWN_ID}
        UNION ALL SELECT concat(schemaname, sequencename, last_value) FROM pg_sequences
        UNION ALL SELECT concat(setrole, setconfig) FROM pg_db_role_setting, pg_database
            WHERE setdatabase = pg_database.oid AND datname = current_database()
        UNION ALL SELECT concat(datacl, datconnlimit) FROM pg_database WHERE datname = current_database()
    ) AS everything(said)
"""


def _plain(url: str) -> psycopg.Connection[Any]:
    address = make_url(url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _filled(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables that have rows."""
    tables = [name for (name,) in connection.execute(TABLES)]
    looks = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
        for name in tables
    ]
    return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(looks))]


def _is_emptied(connection: psycopg.Connection[Any], tables: Sequence[str]) -> bool:
    """False where that would take longer than another database."""
    (may_delete,) = connection.execute(MAY_DELETE, [FEW_BYTES, list(tables)]).fetchone() or (False,)
    if may_delete:
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables]
        connection.execute(sql.SQL("; ").join([sql.SQL(NO_TRIGGERS), *deletes]))
    return bool(may_delete)


def _counts(connection: psycopg.Connection[Any], kept: Sequence[str]) -> Counts:
    rows = connection.execute(COUNTS, {"kept": list(kept)}).fetchall()
    shape = tuple(f"{name} {said}" for name, rows_inserted, said in rows if rows_inserted is None)
    return Counts(shape, {name: inserted for name, inserted, _ in rows if inserted is not None})


def _shape(connection: psycopg.Connection[Any], tables: Sequence[str]) -> str:
    """What the catalogue of the database says, and the rows of these tables."""
    rows = [
        sql.SQL("SELECT {} || md5(string_agg(r::text, ' ' ORDER BY r::text)) FROM {} AS r").format(
            f"{table} ", sql.Identifier(table)
        )
        for table in tables
    ]
    said = connection.execute(sql.SQL(" UNION ALL ").join([sql.SQL(SHAPE), *rows]))
    return "; ".join(value or "" for (value,) in said)
