"""The publication that zero-cache replicates from: the tables and columns of `access/published.py`, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, text

from tgtui.basics.errors import DatabaseError
from tgtui.data.access.published import SHARED, published

NAME = "tgtui_zero"
FIRST_VERSION = 15
"""Of PostgreSQL, that publishes some columns of a table."""

TOO_OLD = (
    "The server is PostgreSQL {version}; a publication of some columns needs {needed} or newer."
)
NOT_OWNER = "Only the owner of the tables, {owner}, can publish them, and it needs CREATE on the database; you are {login}."

_FACTS = text(
    """
    SELECT current_setting('server_version_num')::integer / 10000 AS version,
           current_setting('wal_level') AS wal_level,
           quote_ident(namespace.nspname) AS schema,
           quote_ident(pg_get_userbyid(packages.relowner)) AS owner,
           quote_ident(session_user) AS login,
           current_user = pg_get_userbyid(packages.relowner) AS is_owner,
           pg_has_role(session_user, packages.relowner, 'USAGE')
           AND (has_database_privilege(current_database(), 'CREATE')
                OR EXISTS (SELECT FROM pg_publication WHERE pubname = :name)) AS may_publish
    FROM pg_class AS packages JOIN pg_namespace AS namespace ON namespace.oid = packages.relnamespace
    WHERE packages.oid = to_regclass('packages')
    """
)
_PUBLISHED = text(
    "SELECT tablename::text, attnames::text[], schemaname FROM pg_publication_tables WHERE pubname = :name"
)
_EXISTS = text("SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = :name)")


class Published(Struct, frozen=True):
    """What is published after a change."""

    is_changed: bool
    tables: Mapping[str, tuple[str, ...]]
    """Columns by table; empty if nothing is."""
    wal_level: str
    """`logical`, or nothing can replicate."""


def publish(connection: Connection, *, with_requests: bool) -> Published:
    """Make the publication, or make it what it should be. DatabaseError if this login or server can't."""
    facts = connection.execute(_FACTS, {"name": NAME}).one()
    if facts.version < FIRST_VERSION:
        raise DatabaseError(TOO_OLD.format(version=facts.version, needed=FIRST_VERSION))
    if not facts.may_publish:
        raise DatabaseError(NOT_OWNER.format(owner=facts.owner, login=facts.login))
    wanted = published(with_requests=with_requests)
    is_changed = _now(connection) != {table: {*columns} for table, columns in wanted.items()}
    if is_changed:
        tables = ", ".join(
            f"{facts.schema}.{table} ({', '.join(columns)})" for table, columns in wanted.items()
        )
        verb = "ALTER PUBLICATION {} SET" if _is_there(connection) else "CREATE PUBLICATION {} FOR"
        statements = [f"{verb.format(NAME)} TABLE {tables}"]
        if not facts.is_owner:  # a superuser: the owner's next upgrade changes it
            statements.append(f"ALTER PUBLICATION {NAME} OWNER TO {facts.owner}")
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    return Published(is_changed, wanted, facts.wal_level)


def unpublish(connection: Connection) -> bool:
    """Drop it; False if it was not there. What replicates from it stops."""
    was_there = _is_there(connection)
    connection.exec_driver_sql(f"DROP PUBLICATION IF EXISTS {NAME}")
    return was_there


def with_requests_now(connection: Connection) -> bool | None:
    """Whether people's requests are published; None if there is no publication."""
    if not _is_there(connection):
        return None
    return any(SHARED[table].whose == "person" for table in _now(connection) if table in SHARED)


def _is_there(connection: Connection) -> bool:
    return bool(connection.scalar(_EXISTS, {"name": NAME}))


def _now(connection: Connection) -> dict[str, set[str]]:
    return {
        table: {*columns} for table, columns, _ in connection.execute(_PUBLISHED, {"name": NAME})
    }
