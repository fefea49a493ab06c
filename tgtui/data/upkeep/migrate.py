"""Migrates a database to this program's schema. Alembic is imported only if needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tgtui.basics.errors import DatabaseError, SchemaChanged
from tgtui.data.access import grants
from tgtui.data.models.tables import Account
from tgtui.data.storage.database import explained
from tgtui.data.storage.engine import WRITES

HEAD = "0009"
"""The newest revision in `migrations/`, which are numbers; a test compares it with the folder."""

MIGRATION_LOCK = 0x7467_7475_69
"""Key of PostgreSQL's advisory lock: 'tgtui' in ASCII."""

FOREIGN_TABLES = "The database has tables that are not tgtui's; give tgtui an empty database."

_REVISION = text("SELECT version_num FROM alembic_version")
_HAS_LIMITS = text("SELECT to_regproc('tgtui_limits') IS NOT NULL")
_MAY_MIGRATE = text(
    """
    SELECT coalesce(
        (SELECT pg_has_role(session_user, relowner, 'USAGE') FROM pg_class
         WHERE oid = to_regclass('alembic_version')),
        has_schema_privilege(current_schema(), 'CREATE'))
    """
)

SchemaState = Literal["empty", "current", "behind"]


def schema_state(engine: Engine) -> SchemaState:
    """The state of the schema. DatabaseError if it is newer than this program, or another program's."""
    with explained(), engine.connect() as connection:
        return _state(connection)


def upgrade(engine: Engine) -> bool:
    """Migrate to HEAD, all or nothing; True if anything was done. Several programs may do it at once."""
    if schema_state(engine) == "current":
        return False
    with explained(), _exclusive(engine) as connection:
        if _state(connection) == "current":
            return False
        guarding = _applied_limits(connection)
        _alembic(connection, "upgrade", "head")
        if guarding is not None:  # new tables are guarded from their first moment
            grants.apply(connection, grants.standing(connection), guarding)
        return True


def may_migrate(session: Session) -> bool:
    """Whether the login owns the tables, or may create them if there are none. Always on SQLite."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.scalar(_MAY_MIGRATE))


def require_known_schema(session: Session) -> None:
    """Raise SchemaChanged if the database no longer has this program's schema."""
    revision = session.scalar(_REVISION)
    if revision != HEAD:
        raise SchemaChanged(
            f"Another tgtui changed the database (schema {revision}, this one knows {HEAD});"
            " update tgtui and restart it."
        )


def downgrade(engine: Engine) -> None:
    """Drop every table."""
    with explained(), _exclusive(engine) as connection:
        _alembic(connection, "downgrade", "base")


def migrations_folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def _applied_limits(connection: Connection) -> grants.PeopleLimits | None:
    """The limits of a database that is guarded at its current schema; else None."""
    is_guarded = connection.dialect.name == "postgresql" and connection.scalar(_HAS_LIMITS)
    return grants.applied_limits(connection) if is_guarded else None


def _state(connection: Connection) -> SchemaState:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables.intersection(Account.metadata.tables):
            raise DatabaseError(FOREIGN_TABLES)
        return "empty"
    revision: str | None = connection.scalar(_REVISION)
    if revision is None:
        return "empty"
    if not revision.isdecimal():
        raise DatabaseError(FOREIGN_TABLES)
    if revision > HEAD:
        raise DatabaseError(
            f"The database is newer than this tgtui (schema {revision}, known up to {HEAD});"
            " update tgtui, or point TGTUI_DATABASE_URL at another database."
        )
    return "current" if revision == HEAD else "behind"


@contextmanager
def _exclusive(engine: Engine) -> Iterator[Connection]:
    """One transaction in which no other program migrates."""
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        if engine.dialect.name == "sqlite":
            # Rebuilding a table would cascade deletes; the switch works only outside a transaction.
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    _refuse_dangling_references(connection)
            finally:
                driver.execute("PRAGMA foreign_keys = ON")
        else:
            with connection.begin():
                # A second program waits for the whole migration, however long it takes.
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
                )
                yield connection


def _refuse_dangling_references(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise DatabaseError("The migration would leave dangling references; nothing was changed.")


def _alembic(connection: Connection, command: Literal["upgrade", "downgrade"], to: str) -> None:
    from alembic import command as commands
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        if command == "upgrade":
            commands.upgrade(config, to)
        else:
            commands.downgrade(config, to)
    except DBAPIError as error:
        raise DatabaseError(f"The migration failed and was undone: {error.orig}") from error
