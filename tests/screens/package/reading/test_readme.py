"""Promises of the screens that show what was published with a version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Connection, select
from textual.pilot import Pilot

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tests.support.fake_registry import FakeRegistry, raw
from tests.support.npm_archive import archive, dist, entry
from tgtui.basics.settings import NpmSettings
from tgtui.data.models.tables import package_versions
from tgtui.data.versions.facts import facts_of
from tgtui.screens.base.opening import OpenReadme
from tgtui.screens.package.reading.dialogs import ContentsScreen, LinksScreen
from tgtui.screens.package.reading.files import FilesScreen
from tgtui.screens.package.reading.screen import ReadmeScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.tree.compare import CompareScreen

PATH = "a/-/a-2.0.0.tgz"
README = b"""# Title

Read \x1b]2;evil\x07 [the guide](docs/guide.md), [the site](https://x.org) or [below](#far-below).

"""
BODY = archive(
    [
        entry("package/README.md", README + b"word\n\n" * 100 + b"## Far below\n\nneedle\n"),
        entry(
            "package/CHANGELOG.md",
            b"## 2.0.0\n- two\n\n## 1.5.0\n- one and a half\n\n## 1.0.0\n- one",
        ),
        entry("package/docs/guide.md", b"# The guide"),
        entry("package/img.png", b"\0"),
        entry("package/evil", b"", b"2"),
    ]
)


@pytest.fixture
def package(home: Home, fake_registry: FakeRegistry) -> UUID:
    """a with two versions; the archive of 2.0.0 is served."""
    home.settings = msgspec.structs.replace(
        home.settings, npm=NpmSettings(registry=fake_registry.url)
    )
    told = {"dist": dist(fake_registry.url + PATH, BODY)}
    fake_registry.add_package("a", {"1.0.0": told, "2.0.0": told})
    fake_registry.fault(PATH, raw(BODY), always=True)

    def fill(connection: Connection) -> UUID:
        package, _version = rows.add_release(connection, "a")
        rows.add_version(connection, package, "2.0.0")
        return package

    return home.fill(fill)


def measured_files(connection: Connection) -> dict[str, int]:
    """By version, of those whose archive was read."""
    versions = select(package_versions.c.id, package_versions.c.version)
    named = {row.id: row.version for row in connection.execute(versions)}
    found = facts_of(connection, named)
    return {named[key]: each.file_count or 0 for key, each in found.items() if each.is_measured}


def reading(home: Home, wanted: OpenReadme) -> Any:
    return running(home.app(lambda: ReadmeScreen(wanted)), ReadmeScreen)


def top(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen


async def test_v_on_a_package_opens_its_readme_and_from_there_everything_else(
    home: Home, package: UUID
) -> None:
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "2.0.0")
        await pilot.press("v")
        await opened(pilot, ReadmeScreen)
        await shows(pilot, "README.md · ")
        await shows(pilot, "\N{REPLACEMENT CHARACTER}]2;evil")
        assert "sha512 as stated" in screen_text(pilot)
        await pilot.press("c")
        assert isinstance(top(pilot), ContentsScreen)
        await pilot.press("end", "enter")
        await shows(pilot, "needle")
        await pilot.press("home")
        await pilot.press("o")
        await opened_dialog(pilot)
        text = screen_text(pilot)
        assert "https://x.org" in text
        assert "file docs/guide.md" in text
        assert "heading far-below" in text
        await pilot.press("enter")  # the first one is the guide
        await shows(pilot, "The guide")
        await pilot.press("escape", "v")
        await shows(pilot, "one and a half")
        await pilot.press("escape", "f")
        await opened(pilot, FilesScreen)
        await shows(pilot, "4 files")
        text = screen_text(pilot)
        assert "docs/guide.md" in text
        assert "a link, which is never installed" in text
        await until(pilot, lambda: home.fill(measured_files) == {"2.0.0": 4})
        await pilot.press("s")
        await shows(pilot, "by size")
        await pilot.press("enter")  # the largest
        await shows(pilot, "README.md · ")


async def opened_dialog(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: isinstance(top(pilot), LinksScreen))


async def test_finds_words_and_goes_from_one_to_the_next(home: Home, package: UUID) -> None:
    async with reading(home, OpenReadme(package, "2.0.0")) as pilot:
        await shows(pilot, "Title")
        await pilot.press("slash", *"needle")
        await shows(pilot, "1 found")
        await pilot.press("enter")
        await shows(pilot, "1 of 1")
        await shows(pilot, "Far below")
        await pilot.press("slash", *"word", "enter", "n", "n", "N")
        await shows(pilot, "2 of 100")
        await pilot.press("escape")
        assert isinstance(top(pilot), ReadmeScreen)
        await pilot.press("slash", *"nowhere")
        await shows(pilot, "no match in the text")


async def test_a_comparison_opens_what_the_changelog_says_between_the_two(
    home: Home, package: UUID
) -> None:
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "2.0.0")
        await pilot.press("space", "down", "space")
        await opened(pilot, CompareScreen)
        await pilot.press("v")
        await opened(pilot, ReadmeScreen)
        await shows(pilot, "one and a half")
        text = screen_text(pilot)
        assert "changelog since 1.0.0" in text
        assert "• two" in text
        assert "• one\n" not in text


async def test_says_why_there_is_nothing_to_read(home: Home, package: UUID) -> None:
    lacking = (
        (OpenReadme(package, "3.0.0"), "has no version 3.0.0 in its registry"),
        (OpenReadme(package, "2.0.0", path="img.png"), "is not text"),
        (OpenReadme(package, "2.0.0", path="nope"), "has no file nope"),
        (OpenReadme(package, "2.0.0", since="2.0.0"), "says nothing about versions above 2.0.0"),
    )
    async with reading(home, OpenReadme(package, "2.0.0")) as pilot:
        for wanted, told in lacking:
            pilot.app.open(wanted)
            await shows(pilot, told)
            await pilot.press("c", "escape")


async def test_an_archive_that_was_tampered_with_is_not_shown(
    home: Home, package: UUID, fake_registry: FakeRegistry
) -> None:
    fake_registry.fault(PATH, raw(archive({"README.md": b"# Evil"})), always=True)
    async with reading(home, OpenReadme(package, "2.0.0")) as pilot:
        await shows(pilot, "sha512 differs")
        assert "Evil" not in screen_text(pilot)


async def test_registries_without_readmes_say_so(home: Home) -> None:
    def fill(connection: Connection) -> UUID:
        return rows.add_release(connection, "wget", registry="brew")[0]

    async with reading(home, OpenReadme(home.fill(fill), "1.0.0")) as pilot:
        await shows(pilot, "Homebrew's index has no README")
        await pilot.press("f")
        await shows(pilot, "no list of files")
        assert isinstance(top(pilot), ReadmeScreen)
