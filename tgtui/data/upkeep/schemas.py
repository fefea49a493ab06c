"""Which schema of a PostgreSQL database holds the catalogue: names are found as the search_path of the login says."""

from __future__ import annotations

import re

from msgspec import Struct
from sqlalchemy import Connection, text

from tgtui.basics.errors import DatabaseError

REVISION = "alembic_version"
REVISION_NAME = re.compile("(?!0000)[0-9]{4}")
"""They are numbered from 0001 on."""
OURS = frozenset({"packages", "package_versions"})
"""Tables that every revision has."""

NO_SCHEMA = (
    "The schema {schema} of the search_path does not exist, or this login may not use it; as the owner of the database"
    " run: CREATE SCHEMA {schema} AUTHORIZATION {login}; or, if it exists: GRANT USAGE ON SCHEMA {schema} TO {login};"
)
NO_PATH = (
    "The search_path of this login names no schema; as the owner of the database run:"
    " ALTER ROLE {login} SET search_path = public;"
)
NO_TRIGRAMS = (
    "The extension pg_trgm is not in the database, and this login may not create it; as the owner of the database run:"
    " CREATE EXTENSION pg_trgm;"
)
NO_TRIGRAMS_HERE = "The server has no extension pg_trgm; install PostgreSQL's contrib modules there (postgresql-contrib)."
CLOSED_TRIGRAMS = (
    "The extension pg_trgm is in a schema that this login may not use; as its owner run:"
    " GRANT USAGE ON SCHEMA {schema} TO {login};"
)
OWN = "$user"
"""In a search_path the schema named like the login, which need not exist."""

_PATH = text(
    """
    SELECT namespace.nspname::text AS name, quote_ident(namespace.nspname) AS quoted,
           ARRAY(SELECT relname::text FROM pg_class
                 WHERE relnamespace = namespace.oid AND relname = ANY (:tables)) AS tables
    FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
    JOIN pg_namespace AS namespace ON namespace.nspname = path.name
    ORDER BY place
    """
)
_SEARCH_PATH = text("SELECT current_setting('search_path'), quote_ident(session_user)")
_TRIGRAMS = text(
    """
    SELECT quote_ident(nspname) AS schema, has_schema_privilege(namespace.oid, 'USAGE') AS is_open,
           has_database_privilege(current_database(), 'CREATE') AS may_create,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS is_available,
           quote_ident(session_user) AS login
    FROM (SELECT 1) AS one LEFT JOIN pg_extension ON extname = 'pg_trgm'
    LEFT JOIN pg_namespace AS namespace ON namespace.oid = extnamespace
    """
)
_ENTER = text(
    """
    SELECT set_config('search_path', concat_ws(', ', CAST(:schema AS text),
        nullif(current_setting('search_path'), ''), CAST(:trigrams AS text)), true)
    """
)


class Schema(Struct, frozen=True):
    """Where the catalogue is, or would be created."""

    name: str
    quoted: str
    """As statements write it."""
    tables: frozenset[str]
    """Those named like the catalogue's that are in it."""


def schema_of(connection: Connection) -> Schema:
    """The first of the search_path that holds a catalogue; else the one in which new tables are created.

    DatabaseError if there is none, or not the one that the search_path names first.
    """
    from tgtui.data.models.every import TABLES  # not on SQLite

    tables = [REVISION, *TABLES]
    path = [
        Schema(row.name, row.quoted, frozenset(row.tables))
        for row in connection.execute(_PATH, {"tables": tables})
    ]
    taken = next((schema for schema in path if schema.tables), None)
    if taken is not None and taken.tables >= {REVISION, *OURS}:
        return taken
    search_path, login = connection.execute(_SEARCH_PATH).one()
    names = _names(search_path)
    if not names:
        raise DatabaseError(NO_PATH.format(login=login))
    wanted = [name for name in names if name != OWN]
    # PostgreSQL would take the next one, and nobody would notice.
    if not path or (wanted and wanted[0] not in {schema.name for schema in path}):
        raise DatabaseError(
            NO_SCHEMA.format(schema=_quoted(wanted[0] if wanted else "public"), login=login)
        )
    return path[0]


def enter(connection: Connection) -> None:
    """For the rest of the transaction new tables are created there, and pg_trgm is found wherever it is.

    DatabaseError if pg_trgm can't be had.
    """
    schema = schema_of(connection).quoted
    connection.execute(_ENTER, {"schema": schema, "trigrams": _trigrams(connection)})


def _trigrams(connection: Connection) -> str | None:
    """The schema that pg_trgm is in; None if it is to be created."""
    found = connection.execute(_TRIGRAMS).one()
    if found.schema is None:
        if not found.is_available:
            raise DatabaseError(NO_TRIGRAMS_HERE)
        if not found.may_create:
            raise DatabaseError(NO_TRIGRAMS)
    elif not found.is_open:
        raise DatabaseError(CLOSED_TRIGRAMS.format(schema=found.schema, login=found.login))
    schema: str | None = found.schema
    return schema


def _names(search_path: str) -> list[str]:
    found = re.findall(r'"((?:[^"]|"")+)"|([^,\s"]+)', search_path)
    return [quoted.replace('""', '"') if quoted else plain for quoted, plain in found]


def _quoted(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
