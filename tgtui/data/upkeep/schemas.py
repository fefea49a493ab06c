"""Which schema of a PostgreSQL database holds the catalogue: names are found as the search_path of the login says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tgtui.basics.errors import DatabaseError
from tgtui.data.models.tables import Account

REVISION = "alembic_version"
OURS = frozenset({"packages", "package_versions"})
"""Tables that every revision has."""

NO_SCHEMA = (
    "The schema {schema} of the search_path does not exist, or this login may not use it; as the owner of the database"
    " run: CREATE SCHEMA {schema} AUTHORIZATION {login}; or, if it exists: GRANT USAGE ON SCHEMA {schema} TO {login};"
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
_ENTER = text(
    """
    SELECT set_config('search_path', concat_ws(', ', CAST(:schema AS text),
        nullif(current_setting('search_path'), ''),
        (SELECT quote_ident(nspname) FROM pg_extension AS found
         JOIN pg_namespace AS namespace ON namespace.oid = extnamespace WHERE extname = 'pg_trgm')), true)
    """
)


@dataclass(frozen=True, slots=True)
class Schema:
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
    tables = [REVISION, *Account.metadata.tables]
    path = [
        Schema(row.name, row.quoted, frozenset(row.tables))
        for row in connection.execute(_PATH, {"tables": tables})
    ]
    taken = next((schema for schema in path if schema.tables), None)
    if taken is not None and taken.tables >= {REVISION, *OURS}:
        return taken
    search_path, login = connection.execute(_SEARCH_PATH).one()
    wanted = [name for name in _names(search_path) if name != OWN]
    # PostgreSQL would take the next one, and nobody would notice.
    if not path or (wanted and wanted[0] not in {schema.name for schema in path}):
        raise DatabaseError(
            NO_SCHEMA.format(schema=_quoted(wanted[0] if wanted else "public"), login=login)
        )
    return path[0]


def enter(connection: Connection) -> None:
    """For the rest of the transaction new tables are created there, and pg_trgm is found wherever it is."""
    connection.execute(_ENTER, {"schema": schema_of(connection).quoted})


def _names(search_path: str) -> list[str]:
    found = re.findall(r'"((?:[^"]|"")*)"|([^,\s"]+)', search_path)
    return [quoted.replace('""', '"') if quoted else plain for quoted, plain in found]


def _quoted(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
