"""The dialog that follows an import: from the palette, to the packages in the list behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.driving import catalogue_settings, running, shows, until
from tests.support.apt_archive import archive, packages, stanza
from tests.support.file_server import FileServer
from tests.support.http_thread import Gate
from tgtui.basics.settings import AptSettings
from tgtui.screens.dialogs.importing import ImportScreen


async def test_an_index_is_imported_from_the_palette(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    with FileServer(archive(packages(stanza("rake"), stanza("hoe", Depends="rake")))) as mirror:
        source = f"deb [trusted=yes] {mirror.url}/debian garden main"
        apt = AptSettings(sources=source, architectures="amd64")
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, apt=apt)
        async with running(settings) as (app, pilot):
            await pilot.press("ctrl+p")
            await pilot.press(*"every package of apt")
            await shows(pilot, "Import every package of apt")
            await pilot.press("down", "enter")
            await until(pilot, lambda: isinstance(app.screen, ImportScreen))
            await shows(pilot, "2 packages of apt are in the catalogue")
            await pilot.press("escape")
            await shows(pilot, "hoe")


@pytest.mark.full
async def test_every_step_is_told_and_the_end_only_at_the_end(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    with FileServer(archive(packages(stanza("rake"), stanza("hoe", Depends="rake")))) as mirror:
        source = f"deb [trusted=yes] {mirror.url}/debian garden main"
        apt = AptSettings(sources=source, architectures="amd64")
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, apt=apt)
        async with running(settings) as (app, pilot):
            assert app.catalogue is not None
            run = app.catalogue.import_index("apt")
            told: list[tuple[str, str | None]] = []
            run.subscribe(lambda: told.append((run.step.stage, run.result)))
            await until(pilot, lambda: not run.is_running)
    assert [result for _stage, result in told[:-1]] == [None] * (len(told) - 1)
    stages = list(dict.fromkeys(stage for stage, _result in told))
    assert stages == ["fetching", "reading", "packages", "dependencies", "cleaning"]
    assert told[-1][1] is not None
    assert told[-1][1].startswith("2 packages of apt are in the catalogue")


async def test_after_the_dialog_is_closed_a_notice_says_how_it_ended(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    with FileServer(archive(packages(stanza("rake")))) as mirror:
        mirror.gate = Gate()
        source = f"deb [trusted=yes] {mirror.url}/debian garden main"
        apt = AptSettings(sources=source, architectures="amd64")
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, apt=apt)
        async with running(settings) as (app, pilot):
            assert app.catalogue is not None
            app.push_screen(ImportScreen(app.catalogue.import_index("apt")))
            await until(pilot, lambda: isinstance(app.screen, ImportScreen))
            await shows(pilot, "esc closes, the import continues")
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, ImportScreen))
            mirror.gate.open()
            await until(
                pilot, lambda: any("1 package of apt is" in n.message for n in app._notifications)
            )
            await shows(pilot, "rake")


async def test_what_went_wrong_is_said_and_nothing_is_changed(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    with FileServer({"/debian/dists/garden/InRelease": b"<html>"}) as mirror:
        source = f"deb [trusted=yes] {mirror.url}/debian garden main"
        apt = AptSettings(sources=source, architectures="amd64")
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, apt=apt)
        async with running(settings) as (app, pilot):
            assert app.catalogue is not None
            app.push_screen(ImportScreen(app.catalogue.import_index("apt")))
            await shows(pilot, "its Release file lists no indexes")
            await shows(pilot, "The catalogue was not changed.")


@pytest.mark.full
async def test_a_source_that_was_not_read_is_said_as_a_warning(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    with FileServer(archive(packages(stanza("rake")))) as mirror:
        sources = [f"deb [trusted=yes] {mirror.url}/debian {s} main" for s in ("garden", "orchard")]
        apt = AptSettings(sources=sources, architectures="amd64")
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, None, apt=apt)
        async with running(settings) as (app, pilot):
            assert app.catalogue is not None
            run = app.catalogue.import_index("apt")
            app.push_screen(ImportScreen(run))
            await shows(pilot, "apt: orchard of 127.0.0.1")
            await shows(pilot, "None of its packages are in the index.")
            assert (run.is_failed, run.has_failures) == (False, True)
            await pilot.press("escape")
            await shows(pilot, "rake")
