"""A package is found by an alias or old name, which an index on this machine knows, and the screen says so."""

from __future__ import annotations

from pathlib import Path

from tests.screens.driving import catalogue_settings, running, shows, until
from tests.support.brew_index import Signer
from tests.support.file_server import FileServer
from tgtui.basics.settings import BrewSettings


async def test_the_search_and_the_palette_follow_an_old_name(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    signer = Signer()
    (tmp_path / "key.pem").write_bytes(signer.public_key)
    shed = {"name": "shed", "oldnames": ["barn"], "versions": {"stable": "1.0"}}
    files = {"/formula.jws.json": signer.sign([shed]), "/cask.jws.json": signer.sign([])}
    with FileServer(files) as mirror:
        brew = BrewSettings(api=mirror.url, public_key=str(tmp_path / "key.pem"))
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, brew=brew)
        async with running(settings) as (app, pilot):
            assert app.catalogue is not None
            run = app.catalogue.import_index("brew")
            await until(pilot, lambda: not run.is_running)
            assert not run.is_failed, run.result
            await pilot.press(*"brew:barn")
            await shows(pilot, "brew:barn is now brew:shed")
            await pilot.press("enter")
            await shows(pilot, "TechGarden › brew:shed")
            await pilot.press("escape", "ctrl+p", *"barn")
            await shows(pilot, "Go to brew:shed, as barn is now called")
            await pilot.press("down", "enter")
            await shows(pilot, "TechGarden › brew:shed")
