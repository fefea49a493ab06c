"""What the address, the environment and a service file say stands; the program adds what they leave open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, make_url, text

from tests.support.postgres import Databases
from tgtui.basics.errors import DatabaseError, SettingsError
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.server.session import connect_arguments, settings_of

SHOWN = (
    "application_name",
    "search_path",
    "statement_timeout",
    "lock_timeout",
    "client_encoding",
    "jit",
)


def shown(url: str) -> dict[str, str]:
    """How a session of the program is set up."""

    def read(connection: Connection) -> Any:
        settings = ", ".join(f"current_setting('{name}') AS {name}" for name in SHOWN)
        return connection.execute(text(f"SELECT {settings}")).one()._asdict()

    database = Database(open_engine(parse_url(url)))
    try:
        found: dict[str, str] = database.read_now(read)
    finally:
        database.close()
    return found


OURS = {
    "application_name": "tgtui",
    "search_path": '"$user", public',
    "statement_timeout": "1min",
    "lock_timeout": "15s",
    "client_encoding": "UTF8",
    "jit": "off",
}


def test_the_address_stands_before_the_environment_before_our_own(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(postgres_url) == OURS
    monkeypatch.setenv("PGAPPNAME", "by variable")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=one -c lock_timeout=0")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    variables = {"application_name": "by variable", "search_path": "one", "lock_timeout": "0"}
    assert shown(postgres_url) == OURS | variables
    own = (
        "application_name=by%20address&options=-c%20search_path%3Dtwo%20--statement-timeout%3D7min"
    )
    own += "%20-cjit%3Don"
    address = {
        "application_name": "by address",
        "search_path": "two",
        "statement_timeout": "7min",
        "jit": "on",
    }
    assert shown(f"{postgres_url}&{own}") == OURS | address


def unlike_ours(url: str) -> None:
    """Let each session of the database begin with what the program can't work with."""
    parts = make_url(url)
    engine = open_engine(parts)
    with engine.begin() as connection:
        for setting in ("default_transaction_isolation = 'serializable'", "row_security = off"):
            connection.execute(text(f'ALTER DATABASE "{parts.database}" SET {setting}'))
    engine.dispose()


def needed(connection: Connection) -> tuple[str, str]:
    return (
        connection.execute(text("SHOW transaction_isolation")).scalar_one(),
        connection.execute(text("SHOW row_security")).scalar_one(),
    )


def test_what_the_program_needs_of_a_session_is_asked_for(postgres_url: str) -> None:
    unlike_ours(postgres_url)
    database = Database(open_engine(parse_url(postgres_url)))
    assert database.read_now(needed) == ("read committed", "on")
    assert database.write_now(needed) == ("read committed", "on")
    database.close()


@pytest.mark.parametrize(
    ("more", "expected"), [("", "0"), ("&options=-cidle_session_timeout%3D540000", "9min")]
)
def test_a_session_may_wait_as_long_as_it_likes_unless_the_address_says_otherwise(
    postgres_url: str, more: str, expected: str
) -> None:
    """The one that waits for changes; else the app would say again and again that it lost the database."""
    engine = open_engine(make_url(postgres_url))
    name = make_url(postgres_url).database
    with engine.begin() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET idle_session_timeout = 420000'))
    engine.dispose()
    engine = open_engine(parse_url(f"{postgres_url}{more}"))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW idle_session_timeout")) == expected
    engine.dispose()


def test_a_service_file_stands_too(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(postgres_url)
    places: dict[str, object] = {"user": url.username, "dbname": url.database, **url.query}
    if url.host:
        places |= {"host": url.host, "port": url.port or 5432, "password": url.password or ""}
    more = {
        "application_name": "by service",
        "options": "-c search_path=one",
        "connect_timeout": 77,
        "keepalives_idle": 78,
    }
    service = tmp_path / "services"
    lines = [f"{name}={value}" for name, value in (places | more).items()]
    service.write_text("\n".join(["[garden]", *lines]))
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    wanted = OURS | {"application_name": "by service", "search_path": "one"}
    assert shown("service=garden") == wanted
    assert shown("postgresql://?service=garden") == wanted
    arguments = connect_arguments(parse_url("service=garden"))
    assert arguments["connect_timeout"] == "77"
    assert "keepalives_idle" not in arguments
    assert arguments["keepalives_count"] == 3
    with pytest.raises(SettingsError, match='service "weeds" not found'):
        shown("service=weeds")


def test_the_first_host_that_fits_is_taken(postgres_url: str, tmp_path: Path) -> None:
    url = make_url(postgres_url)
    hosts = f"{tmp_path},{url.host or url.query['host']}"
    query = {"host": hosts, "port": f"1,{url.port or 5432}", "target_session_attrs": "primary"}
    several = url.set(host=None, port=None, query=query)
    assert shown(several.render_as_string(hide_password=False)) == OURS


WRONG = "URL, or a PG... variable, is wrong: .*"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PGCONNECT_TIMEOUT", "soon", "connect_timeout .*must be a whole number"),
        ("PGHOST", "h..x", "or in PGHOST, is not a name"),
        ("PGHOSTADDR", "db.example", "or PGHOSTADDR, is no address"),
        ("PGPORT", "x", "or PGPORT, is not a number"),
        ("PGPORT", "65536", "or PGPORT, is not a number"),
        ("PGPORT", "5432,5433", f"{WRONG}2 port numbers to 1 host"),
        ("PGSSLMODE", "x", f"{WRONG}sslmode"),
        ("PGGSSENCMODE", "x", f"{WRONG}gssencmode"),
        ("PGCHANNELBINDING", "x", f"{WRONG}channel_binding"),
        ("PGSSLMINPROTOCOLVERSION", "x", f"{WRONG}ssl_min_protocol_version"),
        ("PGTARGETSESSIONATTRS", "x", f"{WRONG}target_session_attrs"),
    ],
)
def test_a_wrong_variable_is_a_wrong_setting(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service is not started again for it: nothing but a person can mend it."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=sentence):
        open_engine(parse_url("postgresql://"))
    monkeypatch.delenv(variable)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("sslmode=x", f"{WRONG}sslmode"),
        ("gssencmode=x", f"{WRONG}gssencmode"),
        ("target_session_attrs=x", f"{WRONG}target_session_attrs"),
        ("tcp_user_timeout=x", "tcp_user_timeout .*must be a whole number"),
        ("hostaddr=db.example", "or PGHOSTADDR, is no address"),
        ("sslmode=verify-full&sslrootcert=/no/root.crt", f"{WRONG}sslrootcert names no file"),
    ],
)
def test_a_wrong_parameter_is_a_wrong_setting(parameters: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        open_engine(parse_url(f"postgresql://127.0.0.1:1/db?{parameters}"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("-c nosuch=1", 'unrecognized .*"nosuch"'),
        ("-c statement_timeout=soon", 'value for parameter "statement_timeout"'),
        ("-c search_path=public --nosuch=1", 'unrecognized .*"nosuch"'),
    ],
)
def test_options_that_the_server_refuses_are_a_wrong_setting(
    postgres_url: str, options: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", options)
    with pytest.raises(SettingsError, match=f"{WRONG}{sentence}"):
        shown(postgres_url)


def test_right_options_are_not_to_blame_for_a_database_that_is_not_there(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=public")
    url = make_url(postgres_url).set(database="tgtui_nowhere")
    with pytest.raises(DatabaseError, match='"tgtui_nowhere" does not exist'):
        shown(url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    "variable",
    [
        "PGDATABASE",
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGSERVICE",
        "PGSSLMODE",
        "PGTARGETSESSIONATTRS",
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hunter2@h/db",
        "host=h password=hunter2",
        "host=h password='a hunter2' user=me",
        "host=h password = a hunter2",
    ],
)
def test_a_whole_address_in_a_variable_shows_no_password(
    variable: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises((SettingsError, DatabaseError)) as told:
        shown("postgresql://" if variable != "PGDATABASE" else "postgresql://127.0.0.1:1")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(
    postgres_databases: Databases, postgres_url: str, encoding: str
) -> None:
    name = f"{postgres_databases.prefix}_{encoding.lower()}"
    postgres_databases.execute(
        f"CREATE DATABASE {{}} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0", name
    )
    try:
        url = make_url(postgres_url).set(database=name)
        with pytest.raises(DatabaseError, match=f"encoding is {encoding}.*CREATE DATABASE"):
            shown(url.render_as_string(hide_password=False))
    finally:
        postgres_databases.execute("DROP DATABASE {}", name)


def test_settings_are_split_as_the_server_splits_them() -> None:
    options = r"-c a=1 -cb=2 --c-d=3  -c  e=x\ y\\z -c a=4 -c f="
    assert settings_of(options) == {"a": "4", "b": "2", "c_d": "3", "e": r"x y\z", "f": ""}
    assert settings_of("") == {}
    for other in ("-B 7", "-c", "-c a", "a=1"):
        with pytest.raises(SettingsError, match="through a pooler"):
            settings_of(other)
