"""Settings: each layer is stronger than the one before, and what is wrong is a sentence that says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import PREFIX, Settings, load_settings, setting_names

README = ROOT / "README.md"


def load(tmp_path: Path, file: str = "", *, given: object = None, **variables: str) -> Settings:
    """From a file with this text, variables by their names without TGTUI_, and `worker.concurrency` given."""
    path = tmp_path / "settings.toml"
    path.write_text(file, encoding="utf-8")
    environment = {"TGTUI_CONFIG": str(path)}
    environment |= {PREFIX + name: value for name, value in variables.items()}
    return load_settings({"worker.concurrency": given}, environment)


def test_without_any_there_are_defaults(tmp_path: Path) -> None:
    nowhere = {"TGTUI_CONFIG": str(tmp_path / "none.toml")}
    assert load_settings({}, nowhere) == Settings()


def test_the_command_line_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = "[worker]\nconcurrency = 2\nmax_depth = 7\n"
    assert load(tmp_path, file).worker.concurrency == 2
    assert load(tmp_path, file, WORKER_CONCURRENCY="3").worker.concurrency == 3
    strongest = load(tmp_path, file, given=4, WORKER_CONCURRENCY="3").worker
    assert (strongest.concurrency, strongest.max_depth) == (4, 7)


def test_an_empty_variable_sets_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, 'theme = "nord"', THEME="").theme == "nord"


def test_every_kind_of_value_is_read_from_the_environment(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        DATABASE_URL="postgresql://me@host/db",
        WORKER_ENABLED="false",
        LIMITS_COOLDOWN_MINUTES="0",
        NPM_REGISTRY="https://mirror.example/",
    )
    assert settings.effective_database_url == "postgresql://me@host/db"
    assert settings.worker.enabled is False
    assert settings.limits.cooldown_minutes == 0
    assert settings.npm.registry == "https://mirror.example/"


def test_keys_are_a_table_of_the_file(tmp_path: Path) -> None:
    file = '[keys]\n"search.focus" = "ctrl+f"\n'
    assert load(tmp_path, file).keys == {"search.focus": "ctrl+f"}


@pytest.mark.parametrize(
    ("file", "variables", "told"),
    [
        ("[worker]\nconcurrency = 0\n", {}, "settings.toml is wrong: worker.concurrency: "),
        ('[worker]\nconcurrency = "many"\n', {}, "settings.toml is wrong: worker.concurrency: "),
        ("[worker]\nconcurency = 2\n", {}, "settings.toml is wrong: worker: .*concurency"),
        ("", {"WORKER_CONCURRENCY": "65"}, "TGTUI_WORKER_CONCURRENCY is wrong: worker.concurrency"),
        ("theme = ", {}, "settings.toml can't be read"),
        ("theme = " + "[" * 5_000, {}, "settings.toml can't be read: it is nested too deep"),
        ("keys = " + "{a = " * 5_000, {}, "settings.toml can't be read: it is nested too deep"),
        ("[" + "a." * 5_000 + "b]", {}, "unknown field"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, file: str, variables: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        load(tmp_path, file, **variables)
    assert "\n" not in str(caught.value)


def test_a_wrong_option_is_said_to_be_on_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"on the command line is wrong: worker\.concurrency"):
        load(tmp_path, given=0)


def test_the_cache_goes_with_a_data_folder_that_was_chosen(tmp_path: Path) -> None:
    chosen = Settings(data_dir=str(tmp_path))
    assert chosen.cache_folder == tmp_path / "cache"
    assert chosen.effective_database_url == f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"
    assert Settings(data_dir=str(tmp_path), cache_dir="/else").cache_folder == Path("/else")


def test_the_readme_lists_every_setting() -> None:
    table = README.read_text(encoding="utf-8").partition("## Settings")[2].partition("## ")[0]
    listed = set(
        re.findall(r"[a-z_]{3,}", " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    )
    missing = [name for name in setting_names() if name.rpartition(".")[2] not in listed]
    assert missing == []
