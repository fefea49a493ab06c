"""Facts for `tgtui db status`: a database's location, schema and contents."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

from sqlalchemy import URL, Connection, Engine, func, inspect, select, text

from tgtui.basics.masking import masked
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import (
    package_dependencies,
    package_requests,
    package_versions,
    packages,
    tags,
)
from tgtui.data.storage.database import Database
from tgtui.data.upkeep import schemas

SECRET_PARAMETERS = (
    "password",
    "sslpassword",
    "passfile",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
)
"""libpq also takes these from a URL's query."""

READ_ONLY = "It is read-only or a standby: it can be read, and changed at the primary only."
_IS_READ_ONLY = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
)


def location_of(where: URL | Engine) -> str:
    """The file's path, or the server's URL without any password."""
    url = where.url if isinstance(where, Engine) else where
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    shown = url.set(drivername="postgresql").difference_update_query(SECRET_PARAMETERS)
    server = shown.set(query={}).render_as_string(hide_password=True)
    if not shown.query:
        return server
    # Not by SQLAlchemy, which writes + for a blank: to libpq it is none.
    parameters = {name: masked(str(value)) for name, value in shown.query.items()}
    return f"{server}?{urlencode(parameters, safe='/,:*', quote_via=quote)}"


def file_of(url: URL) -> Path | None:
    """SQLite's file, None on a server."""
    is_file = url.get_backend_name() == "sqlite" and url.database is not None
    return Path(str(url.database)) if is_file else None


def revision_of(connection: Connection) -> str | None:
    """The stored revision of the schema, of any program; None if there is none."""
    connection = connection
    if connection.dialect.name == "postgresql":
        has_revision = schemas.REVISION in schemas.schema_of(connection).tables
    else:
        has_revision = inspect(connection).has_table(schemas.REVISION)
    if not has_revision:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def reads_only(database: Database) -> str:
    """Why it can be read but not changed now, a sentence; empty if it can be changed."""
    if database.file is not None:
        return database.file.reads_only
    is_read_only = database.read_now(lambda connection: connection.scalar(_IS_READ_ONLY))
    return READ_ONLY if is_read_only else ""


def catalogue_counts(connection: Connection) -> dict[str, int]:
    """Numbers of rows by kind, without deleted packages and tags."""
    counted = {
        "packages": select(func.count()).where(packages.c.deleted_at.is_(None)),
        "read": select(func.count()).where(
            packages.c.deleted_at.is_(None), packages.c.last_fetch_success.is_not(None)
        ),
        "versions": select(func.count()).where(is_here(package_versions.c.package_id)),
        "dependencies": select(func.count()).where(is_here(package_dependencies.c.package_id)),
        "tags": select(func.count()).where(tags.c.deleted_at.is_(None)),
    }
    counts = {name: connection.scalar(statement) or 0 for name, statement in counted.items()}
    requests = connection.execute(
        select(package_requests.c.status, func.count())
        .group_by(package_requests.c.status)
        .order_by(package_requests.c.status)
    )
    return counts | {f"requests {status}": count for status, count in requests}
