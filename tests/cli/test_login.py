"""`tgtui login`, `logout` and `whoami`, as processes of their own at a provider over real HTTP."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from tests.cli.conftest import Cli
from tests.support.file_keyring import FileKeyring
from tests.support.logins import MemoryKeyring
from tests.support.openid_provider import Site, User

ADA = User("ada", {"name": "Ada \x1b[31mLovelace", "roles": ["gardeners"]})
SHOWN = "Ada �[31mLovelace"
"""Her name as a terminal may show it."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """The provider of the settings, and a keyring that all processes share."""
    with Site() as site:
        site.interval = 1
        monkeypatch.setenv("TGTUI_OIDC_ISSUER", site.issuer)
        monkeypatch.setenv("TGTUI_OIDC_CLIENT_ID", "tgtui")
        monkeypatch.setenv("TGTUI_OIDC_ROLES", "gardeners=admin")
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.file_keyring.FileKeyring")
        monkeypatch.setenv("TGTUI_TEST_KEYRING", str(tmp_path / "keyring.json"))
        before = keyring.get_keyring()
        keyring.set_keyring(FileKeyring())
        yield site
        keyring.set_keyring(before)


def begin(cli: Cli, *args: str) -> tuple[subprocess.Popen[str], str, str]:
    """Start a login: the process, what it said so far, and its code."""
    process = cli.start(*args)
    assert process.stderr is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    found = re.search(r"enter the code (\S+):", said)
    assert found is not None, said
    return process, said, found[1]


def log_in(cli: Cli, site: Site, *args: str) -> tuple[int, str, str]:
    """Ada enters the code: exit code, stdout, stderr."""
    process, said, code = begin(cli, "login", *args)
    site.enter(code, ADA)
    status, out, err = cli.finish(process)
    return status, out, said + err


def test_a_login_is_kept_for_the_next_command_and_ended_by_logout(bare: Cli, site: Site) -> None:
    code, out, err = log_in(bare, site)
    assert (code, out) == (0, f"Logged in as {SHOWN}: member, admin.\n")
    assert f"{site.issuer}/enter?user_code=" in err
    who = bare("whoami")
    assert who.exit_code == 0
    assert "gardeners in roles gives admin" in who.stdout
    assert "the system's keyring" in who.stdout
    assert bare("logout").output == f"{SHOWN} is logged out.\n"
    assert site.tokens[-1].is_revoked
    assert bare("whoami").exit_code == 1
    assert bare("logout").output == "No one was logged in.\n"


def test_whoami_is_json_for_machines(bare: Cli, site: Site, tmp_path: Path) -> None:
    log_in(bare, site, "--store", "file")
    found = bare.json("whoami")
    assert found["subject"] == "ada"
    assert found["roles"] == ["admin", "anonymous", "authenticated"]
    assert found["kept_in"] == "file"
    assert found["is_renewed"] is True
    (file,) = Path(os.environ["TGTUI_DATA_DIR"]).glob("login-*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 or os.name == "nt"
    assert not (tmp_path / "keyring.json").exists()


def test_no_token_is_written_anywhere_but_into_the_keyring(
    bare: Cli, site: Site, tmp_path: Path
) -> None:
    process, said, code = begin(bare, "-v", "login")
    if sys.platform == "linux":
        told = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        told += Path(f"/proc/{process.pid}/environ").read_bytes()
    else:
        told = b""
    site.enter(code, ADA)
    outputs = [said, *bare.finish(process)[1:], *bare.run("-v", "whoami", "--json")[1:]]
    device_codes = list(site.credentials)
    tokens = [t for token in site.tokens for t in (token.access_token, token.refresh_token)]
    files = [file for file in Path(os.environ["TGTUI_DATA_DIR"]).rglob("*") if file.is_file()]
    assert len(tokens) == 2
    for secret in [*tokens, *device_codes]:
        assert not any(secret in output for output in outputs)
        assert secret.encode() not in told
        assert not any(secret.encode() in file.read_bytes() for file in files)
    assert tokens[1] in (tmp_path / "keyring.json").read_text(encoding="utf-8")


@pytest.mark.full
def test_of_two_commands_at_once_one_renews_the_login(bare: Cli, site: Site) -> None:
    log_in(bare, site, "--store", "file")
    (file,) = Path(os.environ["TGTUI_DATA_DIR"]).glob("login-*.json")
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["obtained_at"] = "2020-01-01T00:00:00Z"  # long ago: to be confirmed anew
    file.write_text(json.dumps(kept), encoding="utf-8")
    first, second = bare.start("whoami"), bare.start("whoami")
    for process in (first, second):
        code, out, err = bare.finish(process)
        assert code == 0, err
        assert SHOWN in out
    used = [f["refresh_token"] for f in site.asked("/token") if "refresh_token" in f]
    assert len(used) == 1


def test_who_is_not_logged_in_reads_and_is_told_how_to_ask(cli: Cli, site: Site) -> None:
    assert cli("search", "react").exit_code == 1  # nothing found, and nothing refused
    refused = cli("ask", "npm:express")
    assert refused.exit_code != 0
    assert "tgtui login" in refused.stderr
    log_in(cli, site)
    assert cli("ask", "npm:express").exit_code == 0
    assert "express" in cli("requests").stdout


def test_without_a_keyring_nothing_is_begun_before_somebody_chose(bare: Cli, site: Site) -> None:
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    result = bare("login")
    assert result.exit_code == 1
    assert "--store file" in result.stderr
    assert site.requests == []
    assert not list(Path(os.environ["TGTUI_DATA_DIR"]).glob("login-*"))


def test_a_login_that_is_only_tried_leaves_nothing(bare: Cli, site: Site) -> None:
    assert log_in(bare, site, "--store", "memory")[0] == 0
    assert bare("whoami").exit_code == 1


def test_who_declines_is_told(bare: Cli, site: Site) -> None:
    process, _said, code = begin(bare, "login", "--store", "memory")
    site.enter(code, ADA, approves=False)
    status, out, err = bare.finish(process)
    assert (status, out) == (1, "")
    assert "declined" in err


def test_without_a_provider_login_says_what_to_set(bare: Cli) -> None:
    for command in ("login", "logout"):
        result = bare(command)
        assert result.exit_code == 2
        assert "TGTUI_OIDC_ISSUER" in result.stderr


def test_without_the_extra_login_says_how_to_get_it(
    bare: Cli, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "joserfc", None)
    result = bare("login")
    assert result.exit_code == 2
    assert "pip install 'tgtui[oidc]'" in result.stderr
    assert bare("whoami").exit_code == 1  # and nothing else breaks


def test_the_owner_of_an_embedded_catalogue_needs_no_login(bare: Cli) -> None:
    found = bare.json("whoami")
    assert found["source"] == "local"
    assert found["roles"] == ["admin", "anonymous", "authenticated", "worker"]
    assert found["until"] is None


def test_a_keyring_that_fails_is_told_and_reading_goes_on(bare: Cli, site: Site) -> None:
    class Broken(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            raise RuntimeError("locked")

    keyring.set_keyring(Broken())
    result = bare("whoami")
    assert result.exit_code == 1
    assert "keyring can't be read" in result.stderr
    refused = bare("ask", "npm:express")
    assert "keyring can't be read" in refused.stderr  # and not that one has to log in
