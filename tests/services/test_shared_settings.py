"""All workers of one catalogue choose for one Python and one platform, whatever their own settings are."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tgtui.basics.errors import SettingsError, UsageError
from tgtui.basics.settings import PypiSettings, Settings
from tgtui.data.upkeep.shared_settings import propose_settings, put_setting, shared_settings
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.target import target_of
from tgtui.services.catalogue import Catalogue
from tgtui.services.opening import adopted

OTHER = "macosx_14_0_arm64"


def settings_of(url: str, folder: Path, **pypi: str) -> Settings:
    return Settings(
        database_url=url,
        data_dir=str(folder),
        pypi=PypiSettings(index="http://127.0.0.1:9/simple/", **pypi),  # type: ignore[arg-type]
    )


async def works_for(settings: Settings) -> str:
    """What a worker of this program would choose for."""
    catalogue = await Catalogue.open(settings)
    try:
        catalogue.new_worker()
        adapter = catalogue.registries.get("pypi")
        assert isinstance(adapter, PypiAdapter)
        return adapter.target.context
    finally:
        await catalogue.close()


async def test_workers_on_a_server_follow_the_first_one_and_say_so(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = settings_of(postgres_url, tmp_path, python_version="3.12.1", platform="win_amd64")
    assert await works_for(first) == "Python 3.12.1 on win_amd64"
    with caplog.at_level(logging.WARNING, logger="tgtui"):
        assert (
            await works_for(settings_of(postgres_url, tmp_path, platform=OTHER))
            == "Python 3.12.1 on win_amd64"
        )
    said = f"pypi.platform is win_amd64 in this catalogue, for all its workers; {OTHER}"
    assert said in caplog.text
    caplog.clear()
    await works_for(first)
    assert caplog.text == ""


async def test_a_file_has_what_its_program_has_until_it_is_set(
    sqlite_url: str, tmp_path: Path
) -> None:
    for platform in ("win_amd64", OTHER):
        mine = settings_of(sqlite_url, tmp_path, python_version="3.12", platform=platform)
        assert await works_for(mine) == f"Python 3.12.0 on {platform}"
    catalogue = await Catalogue.open(mine)
    change = catalogue.curating.set_for_all
    assert await change(mine, "pypi.platform", "win_amd64")
    assert not await change(mine, "pypi.platform", "win_amd64")
    with pytest.raises(UsageError, match=r"Those are: pypi\.platform, pypi\.python_version"):
        await change(mine, "npm.registry", "x")
    for name, value in (("pypi.platform", "windows"), ("pypi.python_version", "2.7")):
        with pytest.raises(SettingsError, match=name):
            await change(mine, name, value)
    await catalogue.close()
    assert await works_for(mine) == "Python 3.12.0 on win_amd64"
    catalogue = await Catalogue.open(mine)
    assert await catalogue.curating.set_for_all(mine, "pypi.platform", None)
    assert await catalogue.database.read(shared_settings) == {}
    await catalogue.close()


async def test_what_a_newer_program_stored_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    mine = settings_of(sqlite_url, tmp_path)
    catalogue = await Catalogue.open(mine)
    told = {"pypi.colour": "red", "pypi.platform": OTHER}
    assert await catalogue.database.write(propose_settings, told) == told
    assert (await catalogue.database.write(propose_settings, {"pypi.platform": "x"})) == told
    assert await catalogue.database.write(put_setting, "pypi.platform", "win_amd64")
    await catalogue.close()
    assert adopted(mine, told).pypi.platform == OTHER


def test_this_machines_own_platform_can_be_set_and_changes_nothing() -> None:
    own = target_of(PypiSettings())
    same = target_of(PypiSettings(python_version=own.python, platform=own.platform))
    assert (same.ranks, same.markers, same.context) == (own.ranks, own.markers, own.context)
