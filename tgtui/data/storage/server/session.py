"""A session on a PostgreSQL server: what the program asks of it, and how it gets that from a pooler.

What the address, the environment and libpq's service file say stands; the program adds only what they leave open.
A pooler such as PgBouncer may give each transaction another session of the server. Behind one nothing is kept in the
session: no prepared statements, and settings are made anew in each transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from tgtui.basics.errors import DatabaseError, SettingsError
from tgtui.basics.masking import masked
from tgtui.data.storage.address import (
    require_addresses,
    require_database,
    require_hosts,
    require_numbers,
    require_ports,
)

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 60_000
"""No query of a screen or the worker comes near it; a runaway one is stopped."""
LOCK_TIMEOUT_MS = 15_000
IDLE_TIMEOUT_MS = 20_000
"""Of a session that does nothing inside a transaction."""
SETTINGS = {
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
    # Before PostgreSQL 18 a plan that another way was closed to (`IN_ORDER`) is taken for so long that it is compiled
    # first: 300 ms for a claim of 3.
    "jit": "off",
    # Without it a guarded table refuses whoever may not see all of it.
    "row_security": "on",
}
OUR_OPTIONS = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
DEFAULTS: Mapping[str, str | int] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "fallback_application_name": "tgtui",
    # A connection that was cut silently is noticed within seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Unless they are given."""
READ_BY_DRIVER = (
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "target_session_attrs",
    "load_balance_hosts",
)
"""Parameters that psycopg interprets by itself, without looking into a service file."""

ENCODING = "UTF8"
WRONG_ENCODING = (
    "The database's encoding is {encoding}, which can't hold every text; give tgtui another one:"
    " CREATE DATABASE NAME ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0."
)
REFUSED_BY_POOLER = "unsupported startup parameter"
"""PgBouncer's words for the session's options."""
NOT_FOR_POOLERS = (
    "The options in the database URL, PGOPTIONS or the service file can't be used through a pooler; write each as"
    " -c name=value, or connect to the server itself."
)
WRONG_PARAMETER = "A parameter of the database URL, or a PG... variable, is wrong: {reason}."
NO_TEXT = "a value is not UTF-8"
NO_ROOT = "sslrootcert names no file"
NOWHERE = {"host": "/tgtui/is/nowhere", "hostaddr": "", "port": ""}
"""A server that can't be there; what libpq says of it names the host."""
FROM_SERVER = ":  "
"""Between "FATAL" and the words, in every language of the server; not in what libpq says itself."""

WRONG_SETTINGS = frozenset({"22023", "42501", "42602", "42704"})
"""SQLSTATEs of the server for a setting: its value, one this login may not make, its name, one that is unknown."""

KEPT = "tgtui_settings"
"""In the info of a connection: the settings of each of its transactions by name, empty without a pooler."""


def connect_arguments(url: URL) -> dict[str, str | int]:
    """For the driver, beside the address: what it would not find by itself, and the program's defaults."""
    given = _given(url)
    require_hosts(given.get("host", ""))
    require_addresses(given.get("hostaddr", ""))
    require_ports(given.get("port", ""))
    require_database(given.get("dbname", ""))
    require_numbers(given)
    _require_certificates(given)
    arguments: dict[str, str | int] = {
        name: value for name, value in given.items() if name in READ_BY_DRIVER
    }
    arguments |= {name: value for name, value in DEFAULTS.items() if name not in given}
    # The later one counts.
    arguments["options"] = f"{OUR_OPTIONS} {given.get('options', '')}".strip()
    arguments["client_encoding"] = ENCODING  # PGCLIENTENCODING is for what psql prints
    return arguments


def use_sessions(engine: Engine, connect: Callable[..., Any]) -> None:
    """Have the engine's connections opened by `connect`, psycopg's or one like it, and set up as `open_session` says."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, entry: ConnectionPoolEntry, _args: Any, named: Any) -> Any:
        connection, kept = open_session(connect, named)
        entry.info[KEPT] = kept
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        kept: Mapping[str, str] = connection.info[KEPT]
        if kept:
            connection.exec_driver_sql(*_setting(kept))


def is_pooled(connection: Connection) -> bool:
    """Whether a pooler is in between, so that the session may be another one in the next transaction."""
    return bool(connection.info[KEPT])


def open_session(
    connect: Callable[..., Any], arguments: Mapping[str, Any]
) -> tuple[Any, dict[str, str]]:
    """(the driver's connection, the settings of each transaction: none if no pooler is in between).

    DatabaseError for a database in another encoding than UTF-8; SettingsError for an address that can't be used;
    else what the driver raises.
    """
    import psycopg

    is_refused = False
    try:
        try:
            connection = connect(**arguments)
        except psycopg.OperationalError as error:
            if REFUSED_BY_POOLER not in str(error):
                _require_options(connect, arguments, error)
                raise
            connection = connect(**{**arguments, "options": ""})
            is_refused = True
    except psycopg.ProgrammingError as error:
        raise SettingsError(WRONG_PARAMETER.format(reason=masked(str(error).strip()))) from None
    except UnicodeError:
        raise SettingsError(WRONG_PARAMETER.format(reason=NO_TEXT)) from None
    try:
        _require_encoding(connection)
        if not is_refused and not _is_behind_pooler(connection):
            return connection, {}
        # Another program may have used the name of a prepared statement in the same session of the server.
        connection.prepare_threshold = None
        settings = settings_of(str(arguments["options"]))
        _require_settings(connection, settings)
        return connection, settings
    except BaseException:
        connection.close()
        raise


def settings_of(options: str) -> dict[str, str]:
    """The settings in a session's options, split as the server does. SettingsError for options of another kind."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"(?:\\.|\S)+", options)]
    settings: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word = words.pop(0)
        elif word.startswith(("-c", "--")):
            word = word[2:]
        else:
            raise SettingsError(NOT_FOR_POOLERS)
        name, equals, value = word.partition("=")
        if not equals:
            raise SettingsError(NOT_FOR_POOLERS)
        settings[name.replace("-", "_")] = value
    return settings


def _given(url: URL) -> dict[str, str]:
    """What the address, its service and the environment say, without defaults. SettingsError if it can't be used."""
    import psycopg
    from psycopg import pq

    given = url.translate_connect_args(username="user", database="dbname") | dict(url.query)

    def begin(**instead: str) -> tuple[dict[str, str], str]:
        """(all parameters, what libpq says)."""
        text = psycopg.conninfo.make_conninfo(**{**given, **instead})
        libpq = pq.PGconn.connect_start(text.encode())
        try:
            said = libpq.error_message.decode(errors="replace").strip()
            found = {
                option.keyword.decode(): option.val.decode(errors="surrogateescape")
                for option in libpq.info
                if option.val and option.val != option.compiled
            }
            return found, said
        finally:
            libpq.finish()

    # libpq puts all of it together when it begins to connect, which a wrong mode keeps it from; where that lets it
    # go on, it has looked at all of it before it asks for a server.
    found, said = begin(sslmode="tgtui")
    is_wrong = "sslmode" not in said
    if not is_wrong:
        rest, said = begin(**NOWHERE)
        found["sslmode"] = rest.get("sslmode", "")
        is_wrong = NOWHERE["host"] not in said
    if is_wrong:
        raise SettingsError(WRONG_PARAMETER.format(reason=masked(said)))
    return found


def _require_options(
    connect: Callable[..., Any], arguments: Mapping[str, Any], refused: Exception
) -> None:
    """SettingsError if the server refused a session for the options that are not ours."""
    options = str(arguments["options"])
    if options == OUR_OPTIONS or FROM_SERVER not in str(refused):
        return
    try:
        settings = settings_of(options)
        connection = connect(**{**arguments, "options": OUR_OPTIONS})
    except Exception:  # noqa: BLE001 - it is refused for another reason
        return
    try:
        _require_settings(connection, settings)
    finally:
        connection.close()


def _require_settings(connection: Any, settings: Mapping[str, str]) -> None:
    """SettingsError if the server knows no such setting, or not this value of it."""
    import psycopg

    connection.autocommit = True
    try:
        connection.execute(*_setting(settings))
    except psycopg.Error as error:
        if error.sqlstate not in WRONG_SETTINGS:
            raise
        raise SettingsError(WRONG_PARAMETER.format(reason=masked(str(error).strip()))) from None
    connection.autocommit = False


def _setting(settings: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """(the statement that makes them for a transaction, its values)."""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    return f"SELECT {calls}", tuple(each for pair in settings.items() for each in pair)


def _require_certificates(given: Mapping[str, str]) -> None:
    """libpq would look for them only when the server is there."""
    root = given.get("sslrootcert", "system")
    checks = given.get("sslmode", "").startswith("verify-")
    if checks and root != "system" and not Path(root).exists():
        raise SettingsError(WRONG_PARAMETER.format(reason=NO_ROOT))


def _require_encoding(connection: Any) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != ENCODING:
        raise DatabaseError(WRONG_ENCODING.format(encoding=encoding))


def _is_behind_pooler(connection: Any) -> bool:
    """A pooler tells a process of the server that it made up."""
    connection.autocommit = True
    (process,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.autocommit = False
    return bool(process != connection.info.backend_pid)
