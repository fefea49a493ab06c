"""Screens speak in the words of the package's registry: yanked, disabled, gone, what is declared."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.screens.driving import catalogue_settings, running, screen_text, shows
from tests.support.rows import add_dist_tag, add_edge, add_package, add_release, add_version
from tgtui.registries.registration import GONE, withdrawal


def garden(connection: Connection) -> None:
    """`@g/shed` of jsr asks for a yanked `@g/rake`; `shed` of brew is disabled; `shed` of apt asks for one of two."""
    jsr = add_package(connection, "@g/shed", "jsr")
    jsr_version = add_version(connection, jsr, "1.0.0")
    rake = add_package(connection, "@g/rake", "jsr")
    yanked = add_version(connection, rake, "1.0.0", is_yanked=True)
    add_edge(
        connection, (jsr, jsr_version), "@g/rake", (rake, yanked),
        dependency_registry="jsr", resolved_version="1.0.0", dependency_version_range="^1",
    )  # fmt: skip
    brew = add_package(connection, "shed", "brew")
    reason = "disabled since 2026-01-01: it does not build"
    add_version(connection, brew, "1.0", is_yanked=True, yank_message=reason, published_at=None)
    apt, apt_version = add_release(connection, "shed", "1.0-1", "apt")
    add_dist_tag(connection, apt, "1.0-1", "garden")
    hoe = add_release(connection, "hoe", "2.0-1", "apt")
    add_edge(
        connection, (apt, apt_version), "hoe", hoe,
        dependency_registry="apt", resolved_version="2.0-1", declared_name="rake | hoe",
        source_field="Depends", dependency_version_range="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("search", "keys", "told"),
    [
        ("jsr:@g/shed", ["2"], ["The resolved version is yanked."]),
        ("jsr:@g/shed", ["d"], ["1 yanked", "@g/rake ^1 → 1.0.0 yanked"]),
        ("brew:shed", [], ["Disabled 1.0: since 2026-01-01: it does not build"]),
        ("apt:shed", ["2"], ["Depends 1", "Written as rake | hoe"]),
    ],
)
async def test_the_words_of_each_registry(
    tmp_path: Path,
    migrated_sqlite_file: Path,
    search: str,
    keys: list[str],
    told: list[str],
) -> None:
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    async with running(settings) as (_app, pilot):
        await pilot.press(*search)
        await shows(pilot, "1 of 5 packages")
        await pilot.press("enter")
        await shows(pilot, "used by")
        await pilot.press(*keys)
        for words in told:
            await shows(pilot, words)
        assert "deprecated" not in screen_text(pilot)


async def test_without_dates_nothing_is_said_of_releases(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    async with running(settings) as (_app, pilot):
        await pilot.press(*"brew:shed")
        await shows(pilot, "1 of 5 packages")
        await pilot.press("enter")
        await shows(pilot, "Versions 1")
        assert "no release" not in screen_text(pilot)


def test_a_withdrawal_in_words() -> None:
    assert withdrawal("npm", None) == ("deprecated", "no reason is given")
    assert withdrawal("jsr", None)[0] == "yanked"
    assert withdrawal("brew", "since 2026: old") == ("deprecated", "since 2026: old")
    assert withdrawal("brew", "disabled: no license") == ("disabled", "no license")
    assert withdrawal("apt", GONE) == ("gone", GONE)
    assert withdrawal("brew", GONE) == ("gone", GONE)
