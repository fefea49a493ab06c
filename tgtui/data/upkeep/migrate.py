"""Migrates a database to this program's schema. Alembic is imported only if needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from tgtui.basics.errors import DatabaseError, SchemaChanged
from tgtui.data.access import grants
from tgtui.data.replicas import publication
from tgtui.data.replicas.listeners import Listeners, listeners_of
from tgtui.data.storage.database import explained
from tgtui.data.storage.engine import WRITES
from tgtui.data.upkeep import newest, schemas

HEAD = "0025"
"""The newest revision in `migrations/`, which are numbers; a test compares it with the folder."""

MIGRATION_LOCK = 0x7467_7475_69
"""Key of PostgreSQL's advisory lock: 'tgtui' in ASCII."""

FORMER_RELATIONS = ("package_request_watchers", "package_search_number")
"""A table and a sequence of older revisions, beside the tables of the models."""

FOREIGN_TABLES = "The database has tables that are not tgtui's; give tgtui an empty database."

_REVISION = text("SELECT version_num FROM alembic_version")
_HAS_LIMITS = text("SELECT to_regproc('tgtui_limits') IS NOT NULL")
_MAY_MIGRATE = text(
    """
    SELECT coalesce(
        (SELECT pg_has_role(session_user, relowner, 'USAGE') FROM pg_class
         WHERE oid = to_regclass(CAST(:schema AS text) || '.alembic_version')),
        has_schema_privilege(CAST(:name AS text), 'CREATE'))
    """
)
_LOGIN = text("SELECT quote_ident(session_user)")
# In a migration the schema of the catalogue is the current one; another's may have a table of that name, too.
_OWNER = text(
    """
    SELECT owner.rolname::text AS name, current_setting('role') AS former
    FROM pg_class AS revision JOIN pg_roles AS owner ON owner.oid = revision.relowner
    WHERE revision.oid = to_regclass(quote_ident(current_schema()) || '.alembic_version')
      AND owner.rolname <> current_user
      AND pg_has_role(session_user, owner.oid, CASE
          WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    """
)
"""The role to migrate as, if it is not the current one and may be set, and what to set afterwards."""
_SET_ROLE = text("SELECT set_config('role', :role, true)")
_GIVE = text(
    r"""
    WITH ours AS (SELECT relnamespace AS schema FROM pg_class
                  WHERE oid = to_regclass(quote_ident(current_schema()) || '.alembic_version'))
    SELECT format('ALTER %s %s OWNER TO %I', kind, name, CAST(:owner AS text))
    FROM (
        SELECT 'TABLE' AS kind, oid::regclass::text AS name, relnamespace AS schema, relowner AS owner
        FROM pg_class WHERE relkind IN ('r', 'S') AND relname = ANY (:relations)
        UNION ALL
        SELECT 'TYPE', oid::regtype::text, typnamespace, typowner
        FROM pg_type WHERE typtype = 'c' AND typname = 'tgtui_asked'
        UNION ALL
        SELECT 'FUNCTION', oid::regprocedure::text, pronamespace, proowner
        FROM pg_proc WHERE proname LIKE ANY (ARRAY['tgtui\_%', 'packages\_search%'])
    ) AS found JOIN ours USING (schema)
    WHERE pg_get_userbyid(owner) <> CAST(:owner AS text) AND pg_has_role(session_user, owner, 'USAGE')
    """
)
"""Statements that give the owner what another role has of the schema."""

SchemaState = Literal["empty", "current", "behind"]


def schema_state(engine: Engine) -> SchemaState:
    """The state of the schema. DatabaseError if it is newer than this program, or another program's."""
    with explained(engine), engine.connect() as connection:
        return _state(connection)


def upgrade(engine: Engine, before: Callable[[], None] | None = None) -> bool:
    """Migrate to HEAD, all or nothing; True if anything was done. Several programs may do it at once.

    `before` is called first if there is an older schema, when no other program can change anything any more.
    """
    if schema_state(engine) == "current":
        return False
    with explained(engine), _exclusive(engine) as connection:
        state = _state(connection)
        if state == "current":
            return False
        _enter(connection)
        if state == "behind" and before is not None:
            before()
        guarding = _applied_limits(connection)
        if not _create_at_once(connection):
            listening = listeners_of(connection)
            with _as_owner(connection):
                _alembic(connection, "upgrade", "head", listening)
        if guarding is not None:  # new tables are guarded from their first moment
            grants.apply(connection, grants.standing(connection), guarding)
        _publish_anew(connection)
        return True


def may_migrate(connection: Connection) -> bool:
    """Whether the login owns the tables, or may create them if there are none. Always on SQLite."""
    if connection.dialect.name == "sqlite":
        return True
    schema = schemas.schema_of(connection)
    return bool(connection.scalar(_MAY_MIGRATE, {"schema": schema.quoted, "name": schema.name}))


def missing_right(connection: Connection) -> str:
    """On PostgreSQL: the statement that lets this login create the catalogue."""
    schema = schemas.schema_of(connection).quoted
    return f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {connection.scalar(_LOGIN)}"


def require_known_schema(connection: Connection) -> None:
    """Raise SchemaChanged if the database no longer has this program's schema."""
    revision = connection.scalar(_REVISION)
    if revision != HEAD:
        raise SchemaChanged(
            f"Another tgtui changed the database (schema {revision}, this one knows {HEAD});"
            " update tgtui and restart it."
        )


def downgrade(engine: Engine, to: str = "base") -> None:
    """Go back to an older revision; to `base` drops every table."""
    with explained(engine), _exclusive(engine) as connection:
        _enter(connection)
        with _as_owner(connection):
            _alembic(connection, "downgrade", to)


def migrations_folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def _create_at_once(connection: Connection) -> bool:
    """Of a new SQLite file; False if it has to go through the migrations."""
    is_new = connection.dialect.name == "sqlite" and "alembic_version" not in _tables(connection)
    return is_new and newest.create(connection, migrations_folder(), HEAD)


def write_newest() -> Path:
    """For maintainers: write the schema of the newest migration, as the migrations make it, to its file."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _alembic(connection, "upgrade", "head")
        text = newest.written(connection, HEAD)
    engine.dispose()
    file = migrations_folder() / newest.FILE
    file.write_text(text, encoding="utf-8")
    return file


def _enter(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        schemas.enter(connection)


def _applied_limits(connection: Connection) -> grants.PeopleLimits | None:
    """The limits of a database that is guarded at its current schema; else None."""
    is_guarded = connection.dialect.name == "postgresql" and connection.scalar(_HAS_LIMITS)
    return grants.applied_limits(connection) if is_guarded else None


def _publish_anew(connection: Connection) -> None:
    """What this program's schema publishes, if the database publishes anything: schemas of clients say the same."""
    if connection.dialect.name == "postgresql":
        with_requests = publication.with_requests_now(connection)
        if with_requests is not None:
            with _as_owner(connection):
                publication.publish(connection, with_requests=with_requests)


def _state(connection: Connection) -> SchemaState:
    tables = _tables(connection)
    if "alembic_version" not in tables:
        if tables and not tables.isdisjoint(_ours()):
            raise DatabaseError(FOREIGN_TABLES)
        return "empty"
    revision: str | None = connection.scalar(_REVISION)
    if revision is None:
        return "empty"
    if not schemas.REVISION_NAME.fullmatch(revision):
        raise DatabaseError(FOREIGN_TABLES)
    if revision > HEAD:
        raise DatabaseError(
            f"The database is newer than this tgtui (schema {revision}, known up to {HEAD});"
            " update tgtui, or point TGTUI_DATABASE_URL at another database."
        )
    return "current" if revision == HEAD else "behind"


def _ours() -> Collection[str]:
    from tgtui.data.models.every import (
        TABLES,  # which few starts need, and takes a twentieth of one
    )

    return TABLES.keys()


def _tables(connection: Connection) -> frozenset[str]:
    if connection.dialect.name == "postgresql":
        return schemas.schema_of(connection).tables
    return frozenset(inspect(connection).get_table_names())


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
            from tgtui.data.storage.server.connection import taking_any_time

            # A second program waits for the whole migration, however long it takes.
            with connection.begin(), taking_any_time(connection):
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
                )
                yield connection


@contextmanager
def _as_owner(connection: Connection) -> Iterator[None]:
    """What is created belongs to the owner of the tables, and what it lacks of them is given to it.

    Otherwise functions with their owner's rights would have those of a superuser who migrates.
    """
    owner = None
    if connection.dialect.name == "postgresql":
        owner = connection.execute(_OWNER).one_or_none()
    if owner is None:
        yield
        return
    ours = [*_ours(), *FORMER_RELATIONS]
    for statement in connection.scalars(_GIVE, {"owner": owner.name, "relations": ours}).all():
        connection.exec_driver_sql(statement.replace("%", "%%"))
    connection.execute(_SET_ROLE, {"role": owner.name})
    yield
    # After a failure there is nothing to reset: the transaction is undone, and the role with it.
    connection.execute(_SET_ROLE, {"role": owner.former})


def _refuse_dangling_references(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise DatabaseError("The migration would leave dangling references; nothing was changed.")


def _alembic(
    connection: Connection,
    command: Literal["upgrade", "downgrade"],
    to: str,
    listening: Listeners | None = None,
) -> None:
    """DatabaseError, with what `listening` forbids, if somebody replicates the database and told of it is refused."""
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
        sentences = [f"The migration failed and was undone: {error.orig}"]
        sentences += listening.forbidden() if listening is not None else ()
        raise DatabaseError(" ".join(sentences)) from error
