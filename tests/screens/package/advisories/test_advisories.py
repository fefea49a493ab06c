"""Advisories are seen where people look, and told with their paths and how fresh they are."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from tests.screens.driving import HOSTILE, HOSTILE_SHOWN, NOW, screen_text, shows
from tests.screens.running import Home, running
from tests.support import rows
from tests.support.advisories import between, told_record
from tgtui.data.packages.detail import find_package
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.storing import note_source, store_advisories
from tgtui.screens.package.advisories.screen import AdvisoriesScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen


def fill(connection: Connection) -> UUID:
    app, low = rows.add_release(connection, "app"), rows.add_release(connection, "low")
    fixed = rows.add_version(connection, low[0], "1.1.0", is_yanked=True)
    assert fixed
    rows.add_edge(connection, app, "low", low)
    critical = {"database_specific": {"severity": "CRITICAL"}}
    records = [
        told_record("GHSA-1", "low", *between("0", "1.1.0"), summary=HOSTILE, **critical),
        told_record("MAL-1", "app", {"introduced": "0"}),
    ]
    store_advisories(connection, records, "dump:npm")
    note_source(connection, "dump:npm", "npm", records=2, as_of=NOW - timedelta(days=1))
    evaluate(connection, [app[0], low[0]])
    return app[1]


async def test_marks_in_the_list(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "▲malware 1.0.0")
        await shows(pilot, "▲1 1.0.0")
        await pilot.press(*"severity:critical")
        await shows(pilot, "1 of 2 packages")
        assert "app" not in screen_text(pilot).split("severity:critical")[1].split("Filter")[0]


async def test_what_threatens_a_version_with_its_paths(home: Home) -> None:
    version = home.fill(fill)
    screen = partial(AdvisoriesScreen, version, "npm:app@1.0.0")
    async with running(home.app(screen), AdvisoriesScreen) as pilot:
        await shows(pilot, "2 advisories, 1 malware, 1 critical")
        await shows(pilot, "remove it")
        await pilot.press("down")
        await shows(pilot, "app@1.0.0 › low@1.0.0")
        text = screen_text(pilot)
        assert "As of 2026-01-02" in text
        assert HOSTILE_SHOWN[:20] in text
        assert "Affected here: 1 package" in text


async def test_the_package_says_so(home: Home) -> None:
    home.fill(fill)
    package = home.fill(lambda connection: find_package(connection, "npm", "low"))
    assert package is not None
    screen = partial(PackageScreen, package)
    async with running(home.app(screen), PackageScreen) as pilot:
        await shows(pilot, "1 advisory about 1.0.0, the worst critical")
        await shows(pilot, "as of 2026-01-02")
