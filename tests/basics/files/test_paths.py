"""Paths: whatever a system allows in a name is the file it names, in a URL too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.names import NAMES
from tgtui.basics.files.paths import expanded, local_path, sqlite_url
from tgtui.data.storage.engine import parse_url


@pytest.mark.parametrize("name", NAMES)
def test_a_url_of_an_sqlite_file_names_that_file(name: str) -> None:
    path = Path("/data") / name / "catalogue.sqlite3"
    url = sqlite_url(path)
    assert url.isascii()
    assert parse_url(url).database == str(path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///plain.db", "plain.db"),
        ("sqlite:////srv/a%20b%3Fc", "/srv/a b?c"),
        ("sqlite:////srv/é/%C3%A9", "/srv/é/é"),
        ("sqlite:////srv/%FF", "/srv/\udcff"),
        ("sqlite:////srv/\udcff", "/srv/\udcff"),
        ("sqlite+pysqlite:////srv/#1", "/srv/#1"),
    ],
)
def test_what_people_write_is_read_as_a_url(url: str, path: str) -> None:
    assert parse_url(url).database == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:/srv/a", "/srv/a"),
        ("file:///srv/a", "/srv/a"),
        ("copy:/srv/a?b#c;d", "/srv/a?b#c;d"),
        ("file:/srv/my%20repo/%FF", "/srv/my repo/\udcff"),
        ("file:///srv/[x", "/srv/[x"),
        ("file://localhost/srv/a", "/srv/a"),
    ],
)
def test_a_local_repository_is_the_folder_its_source_names(uri: str, path: str) -> None:
    assert local_path(uri) == Path(path)


def test_a_tilde_is_a_home_folder_only_if_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert expanded("~/garden") == Path("/home/ada/garden")
    assert expanded("/srv/~/garden") == Path("/srv/~/garden")
    assert expanded("~nobody-has-this-name/garden") == Path("~nobody-has-this-name/garden")
    if os.name != "nt":
        assert expanded("~root") != Path("~root")
