"""`tgtui config`: every setting, its value, where it comes from, and no secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tgtui.basics.settings import KEYS, load_settings, setting_names

SECRET = "hunter2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def shown(cli: Cli, *options: str) -> dict[str, Any]:
    """By setting, (value, source, where)."""
    found = cli.json(*options, "config")
    return {each["setting"]: (each["value"], each["source"], each["where"]) for each in found}


def test_every_setting_is_there_in_the_order_of_the_settings(bare: Cli) -> None:
    assert list(shown(bare)) == [*setting_names(), KEYS]


def test_each_says_where_it_comes_from(
    bare: Cli, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        'theme = "nord"\n[worker]\nconcurrency = 2\nmax_depth = 7\n[keys]\n"search.focus" = "f2"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("TGTUI_WORKER_CONCURRENCY", "3")
    monkeypatch.delenv("TGTUI_DATA_DIR")
    found = shown(bare, "--config", str(file), "--data-dir", "/data")
    assert found["theme"] == ("nord", "file", str(file))
    assert found["worker.max_depth"] == (7, "file", str(file))
    assert found["worker.concurrency"] == (3, "environment", "TGTUI_WORKER_CONCURRENCY")
    assert found["data_dir"] == ("/data", "command line", None)
    assert found["worker.enabled"] == (True, "default", None)
    assert found["keys"] == ({"search.focus": "f2"}, "file", str(file))


def test_what_is_not_set_is_shown_as_it_is_used(
    bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TGTUI_NPM_REGISTRY")
    npmrc = Path(os.environ["HOME"]) / ".npmrc"
    npmrc.parent.mkdir(parents=True, exist_ok=True)
    npmrc.write_text(f"registry=https://me:{SECRET}@npm.example/a/\n", encoding="utf-8")
    monkeypatch.setenv("JSR_URL", "https://jsr.example/")
    monkeypatch.setenv("npm_config_@jsr:registry", "https://npm-jsr.example/")
    monkeypatch.chdir(tmp_path)
    found = shown(bare)
    assert found["npm.registry"] == ("https://npm.example/a/", "default", str(npmrc))
    assert found["jsr.registry"] == ("https://jsr.example/", "default", "JSR_URL")
    assert found["jsr.npm_registry"] == (
        "https://npm-jsr.example/",
        "default",
        "npm_config_@jsr:registry",
    )
    assert found["brew.api"] == ("https://formulae.brew.sh/api", "default", None)
    assert found["apt.sources"] == (None, "default", "apt's own configuration")
    settings = load_settings()
    assert found["database_url"] == (settings.effective_database_url, "default", None)
    assert found["cache_dir"] == (str(settings.cache_folder), "default", None)


def test_an_npm_configuration_that_is_wrong_hides_nothing_else(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TGTUI_NPM_REGISTRY")
    monkeypatch.setenv("npm_config_registry", f"ftp://me:{SECRET}@npm.example/")
    result = bare("config")
    assert result.exit_code == 0
    assert "is not an https:// URL" in result.stderr
    assert "worker.concurrency\t16\tdefault" in result.stdout
    assert SECRET not in result.output


@pytest.mark.parametrize("in_file", [True, False])
def test_no_secret_is_shown(
    bare: Cli, file: Path, monkeypatch: pytest.MonkeyPatch, in_file: bool
) -> None:
    values = {
        "database_url": f"postgresql://me:{SECRET}@host/db?sslpassword={SECRET}",
        "npm.registry": f"https://{SECRET}@npm.example/",
        "jsr.registry": f"https://me:{SECRET}@jsr.example/?token={SECRET}",
        "brew.api": f"https://brew.example/api?key={SECRET}",
        "apt.sources": f"deb [arch=amd64] https://me:{SECRET}@debian.example/debian suite main",
        "oidc.issuer": f"https://me:{SECRET}@login.example/",
        "analytics.credential": f"me:{SECRET}",
        "analytics.pseudonym_key": f"a key {SECRET} of 16",
    }
    if in_file:
        lines = [f'{name} = "{value}"\n' for name, value in values.items()]
        file.write_text("".join(lines), encoding="utf-8")
        monkeypatch.delenv("TGTUI_NPM_REGISTRY")
        monkeypatch.setenv("TGTUI_CONFIG", str(file))
    else:
        for name, value in values.items():
            monkeypatch.setenv(f"TGTUI_{name.replace('.', '_').upper()}", value)
    for printed in (bare("config"), bare("config", "--json")):
        assert printed.exit_code == 0
        assert SECRET not in printed.output
        assert "postgresql://me:***@host/db?sslpassword=***" in printed.stdout
        assert "https://***@debian.example/debian suite main" in printed.stdout


def test_a_setting_that_is_wrong_is_named(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TGTUI_WORKER_CONCURRENCY", "lots")
    result = bare("config")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "TGTUI_WORKER_CONCURRENCY" in result.stderr
