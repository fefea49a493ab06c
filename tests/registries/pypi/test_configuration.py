"""Where packages come from: pip's files and variables, then uv's, and whose credentials go where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import PypiSettings
from tgtui.registries.http.trust import Trust
from tgtui.registries.pypi.configuration.indexes import IndexConfig, built_in, read_index_config
from tgtui.registries.pypi.configuration.pip import read_pip

ONE, TWO, THREE = (f"https://{name}.example/simple/" for name in ("one", "two", "three"))


def read(folder: Path, settings: PypiSettings | None = None, **env: str) -> IndexConfig:
    given = {"XDG_CONFIG_DIRS": str(folder / "xdg"), **env}
    (folder / "project").mkdir(exist_ok=True)
    return read_index_config(
        settings or PypiSettings(), env=given, folder=folder / "project", home=folder / "home"
    )


def put(file: Path, text: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return str(file)


def test_without_any_setting_it_is_the_one_that_pip_has_built_in(tmp_path: Path) -> None:
    found = read(tmp_path, PIP_CONFIG_FILE=os.devnull)
    assert found.indexes == (built_in(),)
    assert found.place is None


def test_the_section_weighs_more_than_the_file_and_a_variable_more_than_both(
    tmp_path: Path,
) -> None:
    put(tmp_path / "xdg" / "pip" / "pip.conf", f"[install]\nindex-url = {ONE}\n")
    user = put(tmp_path / "own.conf", f"[global]\nindex_url = {TWO}\nproxy = http://p.example:1\n")
    found = read(tmp_path, PIP_CONFIG_FILE=user)
    assert (found.indexes, found.proxy) == ((ONE,), "http://p.example:1")
    assert read(tmp_path, PIP_CONFIG_FILE=user, PIP_INDEX_URL=THREE).indexes == (THREE,)
    assert read(tmp_path, PIP_CONFIG_FILE=user, PIP_INDEX_URL="").indexes == (ONE,)
    assert read(tmp_path, PIP_CONFIG_FILE=os.devnull).indexes == (built_in(),)


@pytest.mark.skipif(os.name == "nt", reason="the files are elsewhere")
def test_the_users_files_and_the_environments(tmp_path: Path) -> None:
    put(tmp_path / "home" / ".pip" / "pip.conf", f"[global]\nindex-url = {ONE}\n")
    assert read_pip({"XDG_CONFIG_DIRS": str(tmp_path)}, tmp_path / "home").index == ONE
    config = tmp_path / "config"
    put(config / "pip" / "pip.conf", f"[global]\nextra-index-url =\n  {TWO}\n  {THREE}\n")
    env = {"XDG_CONFIG_DIRS": str(tmp_path), "XDG_CONFIG_HOME": str(config)}
    if os.uname().sysname != "Darwin":
        assert read_pip(env, tmp_path / "home").extra_indexes == (TWO, THREE)
    put(tmp_path / "venv" / "pip.conf", f"[global]\nindex-url = {TWO}\n")
    inside = {**env, "VIRTUAL_ENV": str(tmp_path / "venv")}
    assert read_pip(inside, tmp_path / "home").index == TWO


def test_what_can_not_be_read_is_left_out(tmp_path: Path) -> None:
    broken = put(tmp_path / "broken.conf", "index-url = x\n")
    assert read(tmp_path, PIP_CONFIG_FILE=broken).indexes == (built_in(),)
    put(tmp_path / "project" / "uv.toml", "[[")
    assert read(tmp_path, PIP_CONFIG_FILE=os.devnull).indexes == (built_in(),)


def test_uvs_indexes_count_where_pip_names_none(tmp_path: Path) -> None:
    put(
        tmp_path / "project" / "pyproject.toml",
        f'[tool.uv]\nindex = [{{ name = "two", url = "{TWO}" }},'
        f' {{ url = "{THREE}", explicit = true }}, {{ url = "{ONE}", default = true }}]\n',
    )
    found = read(tmp_path, PIP_CONFIG_FILE=os.devnull)
    assert (found.indexes, found.is_first_only) == ((TWO, ONE), True)
    with_login = read(
        tmp_path, PIP_CONFIG_FILE=os.devnull, UV_INDEX_TWO_USERNAME="u", UV_INDEX_TWO_PASSWORD="p"
    )
    assert with_login.authorization_for(f"{TWO}f/") == "Basic dTpw"
    token = read(tmp_path, PIP_CONFIG_FILE=os.devnull, UV_INDEX_TWO_PASSWORD="p")
    assert (token.authorization_for(f"{TWO}f/"), token.users) == ("Basic OnA=", {})
    assert read(tmp_path, PIP_INDEX_URL=THREE).indexes == (THREE,)
    named = read(tmp_path, PIP_CONFIG_FILE=os.devnull, UV_INDEX=f"mine={THREE}")
    assert named.indexes == (THREE, TWO, ONE)


def test_the_settings_come_first(tmp_path: Path) -> None:
    settings = PypiSettings(index=ONE, extra_indexes=f"{TWO} {THREE}")
    assert read(tmp_path, settings, PIP_INDEX_URL=THREE).indexes == (ONE, TWO, THREE)
    with pytest.raises(SettingsError, match="is not an https:// URL"):
        read(tmp_path, PypiSettings(index="ftp://x"))


def test_credentials_go_to_their_own_host_and_the_nearest_path(tmp_path: Path) -> None:
    settings = PypiSettings(
        index="https://a:1@host.example/one/simple",
        extra_indexes=["https://b:2@host.example/two/simple", "https://other.example/simple"],
    )
    found = read(tmp_path, settings)
    assert "@" not in "".join(found.indexes)
    assert found.authorization_for("https://host.example/one/simple/f/") == "Basic YTox"
    assert found.authorization_for("https://host.example/two/simple/f/") == "Basic Yjoy"
    assert found.authorization_for("https://host.example/two/files/f.whl") == "Basic Yjoy"
    assert found.authorization_for("https://host.example:8443/one/simple/") is None
    assert found.authorization_for("https://files.example/one/simple/f.whl") is None


def test_netrc_has_a_login_where_the_address_has_none(tmp_path: Path) -> None:
    netrc = put(tmp_path / "netrc", "machine one.example login u password p\n")
    found = read(tmp_path, PypiSettings(index=ONE), NETRC=netrc)
    assert found.authorization_for(f"{ONE}f/") == "Basic dTpw"
    own = read(tmp_path, PypiSettings(index=ONE.replace("//", "//a:1@")), NETRC=netrc)
    assert own.authorization_for(f"{ONE}f/") == "Basic YTox"


def test_what_pip_is_told_besides_indexes(tmp_path: Path) -> None:
    file = put(
        tmp_path / "own.conf",
        "[global]\ntrusted-host = A.example\n  b.example:8443\n  http://no.example\ncert = ~/ca.pem\nclient-cert = /own.pem\n"
        f"keyring-provider = import\nfind-links = wheels\n  {ONE}links.html\nno-index = off\n",
    )
    found = read(tmp_path, PIP_CONFIG_FILE=file)
    assert found.trust.hosts == ("a.example", "b.example:8443")
    assert found.trust.client_cert == Path("/own.pem")
    assert found.trust.cafile == Path("~/ca.pem").expanduser()
    assert found.keyring == "import"
    links = ((tmp_path / "project" / "wheels").as_uri(), f"{ONE}links.html")
    assert (found.indexes, found.find_links, found.place) == ((built_in(),), links, file)
    # Its own settings name the indexes; how they are asked is pip's.
    own = read(tmp_path, PypiSettings(index=TWO), PIP_CONFIG_FILE=file)
    assert (own.indexes, own.find_links, own.trust) == ((TWO,), (), found.trust)


def test_a_host_is_trusted_with_its_port_or_any() -> None:
    trust = Trust(hosts=("a.example", "b.example:8443", "[::1]"))
    asked = (
        "http://a.example/",
        "https://A.example:9/x",
        "https://b.example:8443/",
        "https://[::1]/",
    )
    assert all(trust.is_blind(url) for url in asked)
    for url in (
        "https://b.example/",
        "https://x.a.example/",
        "https://[",
        "https://u:p@c.example/",
    ):
        assert not trust.is_blind(url)
