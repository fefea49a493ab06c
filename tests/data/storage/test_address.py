"""Addresses as people write them: psql's forms are read as psql reads them, and a mistake is told without a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tgtui.basics.errors import SettingsError
from tgtui.data.storage.engine import parse_url

SECRET = "hunter2"


def read(text: str) -> dict[str, Any]:
    """What the address says, by libpq's names."""
    url = parse_url(text)
    assert url.drivername == "postgresql+psycopg"
    said = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    return {name: str(value) for name, value in said.items()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgresql://", {}),
        ("postgresql:///db", {"dbname": "db"}),
        ("postgres://me@host/db", {"user": "me", "host": "host", "dbname": "db"}),
        ("PostgreSQL://host/db", {"host": "host", "dbname": "db"}),
        ("postgresql+psycopg://host/db", {"host": "host", "dbname": "db"}),
        ("postgresql+asyncpg://host/db", {"host": "host", "dbname": "db"}),
        (" postgresql://host/db\r\n", {"host": "host", "dbname": "db"}),
        ("postgresql://host:5433", {"host": "host", "port": "5433"}),
        ("postgresql://[::1]:5433/db", {"host": "::1", "port": "5433", "dbname": "db"}),
        ("postgresql://h1:1,h2:2/db", {"host": "h1,h2", "port": "1,2", "dbname": "db"}),
        ("postgresql://h1,[::1]:2/db", {"host": "h1,::1", "port": ",2", "dbname": "db"}),
        ("postgresql:///db?host=/run/p%20g", {"host": "/run/p g", "dbname": "db"}),
        ("postgresql://%2Frun%2Fpg/db", {"host": "/run/pg", "dbname": "db"}),
        ("postgresql:///db?host=a,b&port=1,2", {"host": "a,b", "port": "1,2", "dbname": "db"}),
        ("postgresql://h/d%2Fb", {"host": "h", "dbname": "d/b"}),
        ("postgresql://h/db?ssl=true", {"host": "h", "dbname": "db", "sslmode": "require"}),
        (
            "postgresql://h/db?target_session_attrs=read-write&passfile=/p",
            {"host": "h", "dbname": "db", "target_session_attrs": "read-write", "passfile": "/p"},
        ),
        (
            "postgresql://h/db?options=-c%20search_path%3Da,b",
            {"host": "h", "dbname": "db", "options": "-c search_path=a,b"},
        ),
        ("postgresql://h:1/db?user=a@b", {"host": "h", "port": "1", "dbname": "db", "user": "a@b"}),
        ("postgresql://?service=garden", {"service": "garden"}),
        ("service=garden", {"service": "garden"}),
        (
            "host=h dbname='a b' password='it\\'s'",
            {"host": "h", "dbname": "a b", "password": "it's"},
        ),
    ],
)
def test_what_psql_takes(text: str, said: dict[str, str]) -> None:
    assert read(text) == said


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("p%40ss", "p@ss"),
        ("p@ss", "p@ss"),
        ("pa/ss", "pa/ss"),
        ("pa#ss", "pa#ss"),
        ("50%off", "50%off"),
        ("a+b", "a+b"),
        ("a:b", "a:b"),
        ("a b", "a b"),
        ("p%C3%A4ss", "päss"),
        ("päss", "päss"),
    ],
)
def test_a_password_may_have_any_sign_if_there_is_one_way_to_read_it(
    written: str, password: str
) -> None:
    said = read(f"postgresql://me@server:{written}@host:5432/db")
    wanted = {"user": "me@server", "password": password, "host": "host", "port": "5432"}
    assert said == wanted | {"dbname": "db"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; leave it out"),
        (" \n", "is empty"),
        ('"postgresql://host/db"', "in quotes"),
        ("'sqlite:///x.db'", "in quotes"),
        (f"mysql://me:{SECRET}@host/db", "'mysql' is not supported; use sqlite:///"),
        (f"me:{SECRET}@host/db", "can't be read; use sqlite:///"),
        (f"postgresql:/me:{SECRET}@host/db", "can't be read"),
        ("catalogue.sqlite3", "can't be read"),
        ("no url at all", "can't be read"),
        (f"postgresql://me:{SECRET}", "port .*write @host"),
        ("postgresql://host:99999/db", "port"),
        ("postgresql://host:0/db", "port"),
        ("postgresql://h1,h2:x/db", "port"),
        ("postgresql://h:\u0661\u0662/db", "port"),
        (f"postgresql:///postgresql%3A%2F%2Fme%3A{SECRET}%40host%2Fdb", "is an address itself"),
        (f"postgresql://h/db?dbname=password%3D{SECRET}", "is an address itself"),
        (f"dbname='postgresql://me:{SECRET}@host/db'", "is an address itself"),
        ("host=h port=x", "port"),
        (f"postgresql://me:{SECRET}/db", "port"),
        (f"postgresql://me:a?{SECRET}=b", "port"),
        (f"postgresql://me:a?{SECRET}@host/db", "%3F for"),
        (f"postgresql://me:a?{SECRET}=b@host/db", "%3F for"),
        (f"postgresql://me:12/{SECRET}@host/db", "%2F for"),
        ("postgresql://host/db@x", "%40 for"),
        ("postgresql://h/db?sslmod=require", "doesn't know: sslmod"),
        ("postgresql://h/db?prepare_threshold=0", "doesn't know: prepare_threshold"),
        (f"postgresql://h/db?{SECRET}", "no parameter"),
        (f"postgresql://h/db?{SECRET}&user=me", "no parameter"),
        ("postgresql:///db?host=a:1&host=b:2", "host twice.*host1:5432,host2:5432"),
        ("postgresql:///db?host=a:1", "The host .* not a name"),
        ("postgresql://h..x/db", "The host .* not a name"),
        (f"postgresql://{'h' * 10_000}/db", "The host .* not a name"),
        ("postgresql://h/d b", "%20 for a blank"),
        ("postgresql://h/d\nb", "%20 for a blank"),
        ("postgresql://h/d%zz", "%25 for %"),
        ("postgresql://h/d%00", "%XX"),
        (f"postgresql://me:{SECRET}%00@h/d", "%XX"),
        (f"postgresql://me:{SECRET}%FF@h/d", "UTF-8"),
        (f"postgresql://me:{SECRET}\udcff@h/d", "UTF-8"),
        ("postgresql://h/db?connect_timeout=soon", "connect_timeout .* whole number"),
        (f"host=h pass word={SECRET}", "can't be read"),
        (f"postgresql://me:{SECRET}@[h/db", "port|can't be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///a%00b", "names no file"),
        ("sqlite://folder/x.db", "three slashes"),
        ("sqlite:///x.db?mode=ro", "%3F"),
    ],
)
def test_a_mistake_is_told_with_a_remedy_and_no_secret(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as told:
        parse_url(text)
    assert SECRET not in str(told.value)
    assert told.value.__suppress_context__ or told.value.__context__ is None


def test_a_file_below_the_home_folder(own_home: Path, tmp_path: Path) -> None:
    assert parse_url("sqlite:///~/x.db").database == str(own_home / "x.db")
    assert parse_url("sqlite:///%7E/x.db").database == "~/x.db"
    assert parse_url(" sqlite:///a b.db\n").database == "a b.db"
