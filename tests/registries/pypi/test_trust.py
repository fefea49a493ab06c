"""Whom an index trusts, and whom this program: keyrings, certificates, and hosts that pip is told to trust."""

from __future__ import annotations

import base64
import os
import shutil
import ssl
from pathlib import Path

import keyring
import pytest
from keyring.credentials import SimpleCredential

from tests.support.certificates import private_certificate
from tests.support.logins import MemoryKeyring
from tests.support.python_index import PythonIndex
from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import Forbidden, HostDown
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.configuration.indexes import IndexConfig, read_index_config

LOGIN = "Basic " + base64.b64encode(b"ann:secret").decode()


def configured(folder: Path, **env: str) -> IndexConfig:
    told = {"PIP_CONFIG_FILE": os.devnull, **env}
    return read_index_config(PypiSettings(), env=told, folder=folder, home=folder / "home")


async def versions(folder: Path, config: IndexConfig, name: str = "f") -> list[str]:
    pypi = PypiAdapter(config, PypiSettings(), DocumentCache(folder / "cache"))
    try:
        return [each.version for each in (await pypi.fetch(name, max_age=0)).document.versions]
    finally:
        await pypi.aclose()


class CountingKeyring(MemoryKeyring):
    """Knows a user of each service, and what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str | None]] = []

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        self.asked.append((service, username))
        found = [
            SimpleCredential(user, secret)
            for (known, user), secret in self.entries.items()
            if known == service and username in (None, user)
        ]
        return found[0] if found else None


@pytest.fixture
def secrets(system_keyring: MemoryKeyring) -> CountingKeyring:
    made = CountingKeyring()  # what was before it is set again by `system_keyring`
    keyring.set_keyring(made)
    return made


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, question: str, answer: str) -> None:
    """A program `keyring`, the first in PATH, that knows one answer: a command of the shell."""
    folder.mkdir()
    file = folder / "keyring"
    file.write_text(f'#!/bin/sh\n[ "$*" = "{question}" ] && {answer} || exit 1\n')
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("keyring") == str(file)


class TestKeyring:
    async def test_it_is_asked_for_the_index_and_then_for_its_host(
        self, index: PythonIndex, tmp_path: Path, secrets: CountingKeyring
    ) -> None:
        index.add("f", "1.0")
        index.login = LOGIN
        host = index.url.removeprefix("http://")
        with pytest.raises(Forbidden, match="needs a login"):
            await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=index.index))
        assert secrets.asked == [(index.index, None), (host, None)]
        secrets.entries[host, "ann"] = "secret"
        assert await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=index.index)) == ["1.0"]
        named = index.index.replace("//", "//ann@")
        secrets.entries = {(index.index, "ann"): "secret", (index.index, "bob"): "other"}
        assert await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=named)) == ["1.0"]
        assert secrets.asked[-1] == (index.index, "ann")

    async def test_it_is_asked_once_for_all_packages(
        self, index: PythonIndex, tmp_path: Path, secrets: CountingKeyring
    ) -> None:
        index.add("f", "1.0")
        index.add("g", "1.0")
        index.login = LOGIN
        secrets.entries[index.index, "ann"] = "secret"
        config = configured(tmp_path, PIP_INDEX_URL=index.index)
        pypi = PypiAdapter(config, PypiSettings(), DocumentCache(tmp_path / "cache"))
        for name in ("f", "g"):
            await pypi.fetch(name, max_age=0)
        await pypi.aclose()
        assert (len(secrets.asked), index.logins) == (1, [None, LOGIN, LOGIN])

    async def test_an_index_that_wants_none_and_a_provider_that_is_off_ask_nobody(
        self, index: PythonIndex, tmp_path: Path, secrets: CountingKeyring
    ) -> None:
        index.add("f", "1.0")
        await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=index.index))
        index.login = LOGIN
        for off in ({"PIP_KEYRING_PROVIDER": "disabled"}, {"PIP_NO_INPUT": "1"}):
            with pytest.raises(Forbidden):
                await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=index.index, **off))
        with pytest.raises(Forbidden):
            await versions(tmp_path, configured(tmp_path, UV_DEFAULT_INDEX=index.index))
        assert secrets.asked == []

    @pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
    async def test_the_program_is_asked_as_pip_asks_it(
        self, index: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path / "bin", monkeypatch, f"get {index.index} ann", "echo secret")
        index.add("f", "1.0")
        index.login = LOGIN
        told = {"PIP_INDEX_URL": index.index.replace("//", "//ann@")}
        config = configured(tmp_path, PIP_KEYRING_PROVIDER="subprocess", **told)
        assert await versions(tmp_path, config) == ["1.0"]

    @pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
    async def test_uvs_index_that_always_wants_a_login_gets_the_user_from_the_program_too(
        self, index: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = index.index.removesuffix("/")
        answer = r'printf "ann\nsecret\n"'
        program(tmp_path / "bin", monkeypatch, f"get {written} --mode creds", answer)
        index.add("f", "1.0")
        index.login = LOGIN
        told = f'keyring-provider = "subprocess"\nindex = [{{ url = "{written}", default = true%s }}]\n'
        (tmp_path / "uv.toml").write_text(told % "")
        with pytest.raises(Forbidden):
            await versions(tmp_path, configured(tmp_path))
        (tmp_path / "uv.toml").write_text(told % ', authenticate = "always"')
        assert await versions(tmp_path, configured(tmp_path)) == ["1.0"]


class TestRedirects:
    async def test_links_are_relative_to_the_last_address_also_from_the_cache(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        with PythonIndex() as other:
            other.serves_json = False
            other.add("f", "1.0", "x")
            other.add("x", "1.0")
            index.moved = {f"/simple/{name}/": f"{other.index}{name}/" for name in ("f", "x")}
            config = configured(tmp_path, PIP_INDEX_URL=index.index)
            for _time in range(2):
                pypi = PypiAdapter(config, PypiSettings(), DocumentCache(tmp_path / "cache"))
                found = await pypi.fetch("f", max_age=3_600)
                edges = (await pypi.load(found, ["1.0"]))["1.0"]
                await pypi.aclose()
                assert [edge.name for edge in edges] == ["x"]
            assert "/files/f-1.0-py3-none-any.whl" in other.paths()
        assert len(index.asked) == 1

    async def test_no_login_follows_to_another_host_nor_is_one_looked_up_for_it(
        self, index: PythonIndex, tmp_path: Path, secrets: CountingKeyring
    ) -> None:
        with PythonIndex() as other:
            other.add("f", "1.0")
            other.login = LOGIN
            index.moved = {"/simple/f/": f"{other.index.replace('//', '//u:p@')}f/"}
            told = index.index.replace("//", "//ann:secret@")
            with pytest.raises(Forbidden, match="needs a login"):
                await versions(tmp_path, configured(tmp_path, PIP_INDEX_URL=told))
            assert other.logins == [None]
        assert index.logins == [LOGIN]
        assert secrets.asked == []


class TestCertificates:
    async def test_a_host_that_pip_trusts_is_asked_whatever_its_certificate(
        self, tmp_path: Path
    ) -> None:
        context, _pem = private_certificate(tmp_path)
        with PythonIndex(context) as index:
            index.add("f", "1.0")
            host = index.url.removeprefix("https://")
            plain = configured(tmp_path, PIP_INDEX_URL=index.index)
            with pytest.raises(HostDown, match="certificate is not trusted"):
                await versions(tmp_path, plain)
            for trusted in ("127.0.0.1", host, "127.0.0.1:*"):
                told = {"PIP_INDEX_URL": index.index, "PIP_TRUSTED_HOST": f"a.example {trusted}"}
                assert await versions(tmp_path, configured(tmp_path, **told)) == ["1.0"]
            told["PIP_TRUSTED_HOST"] = "127.0.0.1:1"
            with pytest.raises(HostDown):
                await versions(tmp_path, configured(tmp_path, **told))

    async def test_an_index_that_wants_a_certificate_is_shown_the_clients(
        self, tmp_path: Path
    ) -> None:
        context, pem = private_certificate(tmp_path)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pem)
        own = tmp_path / "own.pem"
        own.write_bytes((tmp_path / "key.pem").read_bytes() + pem.read_bytes())
        with PythonIndex(context) as index:
            index.add("f", "1.0")
            told = {"PIP_INDEX_URL": index.index, "PIP_CERT": str(pem)}
            with pytest.raises(Exception, match="pypi:f"):
                await versions(tmp_path, configured(tmp_path, **told))
            shown = configured(tmp_path, PIP_CLIENT_CERT=str(own), **told)
            assert await versions(tmp_path, shown) == ["1.0"]
            told.pop("PIP_CERT")
            bundled = configured(
                tmp_path, PIP_CLIENT_CERT=str(own), CURL_CA_BUNDLE=str(pem), **told
            )
            assert await versions(tmp_path, bundled) == ["1.0"]
