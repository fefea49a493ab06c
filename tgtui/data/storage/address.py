"""Reads the address of the database: SQLite's file, or PostgreSQL as libpq writes it, in all of libpq's forms.

A sentence about a wrong address quotes no part of it that may belong to a password.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from urllib.parse import unquote

from sqlalchemy import URL

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import expanded, unquoted

HINT = "use sqlite:///path/to/file.db or postgresql://user@host/database"
UNREADABLE = f"The database URL can't be read; {HINT}."
AMBIGUOUS = (
    "The user, password and host in the database URL can't be told apart; in the user's name and the password write"
    " %40 for @, %2F for /, %3F for ?, %3A for : and %25 for %."
)
BAD_SIGN = (
    "The database URL has a blank, a control character or a % that stands for nothing; write such characters as %XX,"
    " in UTF-8: %20 for a blank, %25 for %."
)
BAD_HOST = "The host in the database URL, or in PGHOST, is not a name or an address; use postgresql://user@host/database."
BAD_ADDRESS = "The hostaddr in the database URL, or PGHOSTADDR, is no address such as 192.0.2.1; for a name use host."
BAD_PORT = (
    "The port in the database URL, or PGPORT, is not a number from 1 to 65535; use postgresql://user@host:5432/database."
    " If it belongs to a password, write @host behind the password."
)
BAD_PARAMETER = (
    "The database URL has a part behind the question mark that is no parameter; write"
    " ?name=value&name=value, with names as psql takes them."
)
UNKNOWN_PARAMETER = (
    "The database URL has a parameter that psql doesn't know: {name}; remove it, or see"
    ' "Parameter Key Words" in PostgreSQL\'s manual.'
)
BAD_DATABASE = (
    "The name of the database, in the database URL or in PGDATABASE, is an address itself;"
    " set TGTUI_DATABASE_URL to that address."
)
TWICE = "The database URL has {name} twice; write it once, and several hosts as postgresql://host1:5432,host2:5432/database."
BAD_NUMBER = "{name} in the database URL, its service, or a PG... variable, must be a whole number."

URL_START = "postgresql://"
NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
SERVER = re.compile(r"(?:\[[^]]*\]|[^:]*)(?::\d*)?")
WRONG_SIGN = re.compile(r"\s|%00|%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,40}")


def sqlite_address(rest: str) -> URL:
    """Of what is behind `sqlite://`. `%3F` is a question mark, as in any URL, and `~` at the start a home folder."""
    # SQLAlchemy would read the path as UTF-8, which a path need not be, and drop what is behind a `?`.
    authority, _, path = rest.partition("/")
    path, mark, _ = path.partition("?")
    if mark:
        raise SettingsError(
            "An SQLite URL has no part behind a question mark; write %3F for one in the file's path."
        )
    if authority:
        raise SettingsError(
            "An SQLite URL has three slashes before the file, and a fourth before a path from the root:"
            " use sqlite:///file.db or sqlite:////folder/file.db."
        )
    # Only as it is written: a folder that is really called ~ is %7E.
    is_home = path.startswith("~")
    file = unquoted(path)
    if is_home:
        file = str(expanded(file))
    if not file or file == ":memory:" or "\0" in file:
        raise SettingsError("The SQLite URL names no file; use sqlite:///path/to/file.db.")
    return URL.create("sqlite+pysqlite", database=file)


def postgresql_address(rest: str) -> URL:
    """Of what is behind `postgresql://`. More than one host is in the query."""
    credentials, server = _split(rest)
    return _postgresql(credentials | _parsed(f"{URL_START}{server}"))


def keywords_address(text: str) -> URL:
    """Of `host=db.example dbname=techgarden`, libpq's other form."""
    return _postgresql(_parsed(text))


def require_hosts(hosts: str) -> None:
    """SettingsError if one of them can't be looked up; they are separated by commas."""
    for host in hosts.split(","):
        if not host or host.startswith(("/", "@")):
            continue  # the default, or the folder of a socket
        try:
            host.encode("idna")  # as Python looks it up
        except UnicodeError:
            raise SettingsError(BAD_HOST) from None
        if re.search(r"[\s@/?#]", host) or host.count(":") == 1:
            raise SettingsError(BAD_HOST)


def require_addresses(addresses: str) -> None:
    """SettingsError if one of them is not written in numbers; they are separated by commas."""
    for address in filter(None, addresses.split(",")):
        try:
            socket.getaddrinfo(address, None, flags=socket.AI_NUMERICHOST)  # as libpq reads it
        except (OSError, UnicodeError):
            raise SettingsError(BAD_ADDRESS) from None


def require_ports(ports: str) -> None:
    """SettingsError if one of them is none; they are separated by commas."""
    for port in filter(None, ports.split(",")):
        if not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65_536):
            raise SettingsError(BAD_PORT)


def require_numbers(parameters: Mapping[str, str]) -> None:
    """SettingsError if one that should be a number is none."""
    for name in NUMBERS:
        if name in parameters and not re.fullmatch(r"\s*-?\d{1,9}\s*", parameters[name]):
            raise SettingsError(BAD_NUMBER.format(name=name))


def require_database(name: str) -> None:
    """SettingsError for one that libpq may take for an address: it would be shown, with its password."""
    if "://" in name or "=" in name:
        raise SettingsError(BAD_DATABASE)


def _split(rest: str) -> tuple[dict[str, str], str]:
    """(user and password, what is behind them). A password may hold any sign as long as there is one way to read it."""
    before, mark, query = rest.partition("?")
    credentials, at, server = before.rpartition("@")
    if "@" in query and not (_is_query(query) and _is_server(server)):
        raise SettingsError(AMBIGUOUS)  # the question mark may belong to the password
    if not _is_server(server):
        raise SettingsError(BAD_PORT)
    if not at:
        return {}, rest
    user, colon, password = credentials.partition(":")
    port, slash, _ = password.partition("/")
    if "/" in user or (slash and port.isdecimal()):
        raise SettingsError(
            AMBIGUOUS
        )  # a host with its port may be meant, and a database with an @
    found = {"user": user, **({"password": password} if colon else {})}
    decoded = {name: unquote(value, errors="surrogateescape") for name, value in found.items()}
    return decoded, f"{server}{mark}{query}"


def _is_query(text: str) -> bool:
    parameters = [each.partition("=") for each in text.split("&")]
    return all(equals and PARAMETER_NAME.fullmatch(name) for name, equals, _ in parameters)


def _is_server(text: str) -> bool:
    """Hosts, perhaps with ports, and perhaps a database."""
    return all(SERVER.fullmatch(host) for host in text.partition("/")[0].split(","))


def _parsed(text: str) -> dict[str, str]:
    """Parameters by name, as libpq reads them. What libpq says of a wrong text is not shown: it quotes the text."""
    from psycopg import Error, pq

    _require_text(text)
    is_url = text.startswith(URL_START)
    if is_url and CONTROL.search(text):  # libpq would look for a name with it
        raise SettingsError(BAD_SIGN)
    query = text.partition("?")[2] if is_url else ""
    names = [each.partition("=")[0] for each in query.split("&")]
    try:
        found = {
            option.keyword.decode(): option.val.decode()
            for option in pq.Conninfo.parse(text.encode())
            if option.val is not None
        }
    except UnicodeDecodeError:
        raise SettingsError(BAD_SIGN) from None
    except Error:
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} | {"ssl"}
        raise SettingsError(_mistake(text, query, [n for n in names if n not in known])) from None
    for name in names:
        if names.count(name) > 1:  # libpq would take the last one
            raise SettingsError(TWICE.format(name=name))
    return found


def _mistake(text: str, query: str, unknown: list[str]) -> str:
    """What is wrong with a text that libpq refuses."""
    if not text.startswith(URL_START):
        return UNREADABLE
    if query and not _is_query(query):
        return BAD_PARAMETER
    if query and unknown:
        return UNKNOWN_PARAMETER.format(name=unknown[0])
    return BAD_SIGN if WRONG_SIGN.search(text) else UNREADABLE


def _postgresql(given: Mapping[str, str]) -> URL:
    for value in given.values():
        _require_text(value)
    query = dict(given)
    require_numbers(query)
    require_ports(query.get("port", ""))
    require_hosts(query.get("host", ""))
    require_database(query.get("dbname", ""))
    host, port = query.get("host", ""), query.get("port", "")
    is_one = not re.search(r"[,/@%\\]", host) and "," not in port
    if is_one:
        query.pop("host", None)
        query.pop("port", None)
    return URL.create(
        "postgresql+psycopg",
        username=query.pop("user", None),
        password=query.pop("password", None),
        host=host or None if is_one else None,
        port=int(port) if is_one and port else None,
        database=query.pop("dbname", None),
        query=query,
    )


def _require_text(text: str) -> None:
    """Names on a server are UTF-8 without zero bytes; an environment variable may be anything."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SettingsError(BAD_SIGN) from None
    if "\0" in text:
        raise SettingsError(BAD_SIGN)
