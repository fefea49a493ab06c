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
from tgtui.data.packages.by_name import find_package
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.storing import note_source, store_advisories
from tgtui.screens.package.advisories.advisory import AdvisoryScreen
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
        # Whoever has it here hears of it before all else.
        await shows(pilot, "MALWARE  npm:app@1.0.0  in this catalogue; V on the package shows it")
        await pilot.press(*"severity:critical")
        await shows(pilot, "1 of 2 packages")
        assert "▲malware" not in screen_text(pilot)


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


async def test_an_advisory_opens_by_its_id(home: Home) -> None:
    """From the search line; it says who is affected and through what."""
    home.fill(fill)
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await pilot.press("slash", *"advisory:ghsa-1")
        await shows(pilot, "1 of 2 packages")
        await pilot.press("enter")
        await shows(pilot, "npm:low is brought by 1 version")
        text = screen_text(pilot)
        assert "app@1.0.0 › low@1.0.0 (^1.0.0)" in text
        assert "npm low: < 1.1.0; fixed in 1.1.0" in text
        assert "1.0.0, latest  not fixed" in text
        assert "npm: as of" in text
        assert HOSTILE_SHOWN in text
        await pilot.press("r")
        await shows(pilot, "1 dependent known here")
        await pilot.press("escape", "enter")
        await shows(pilot, "advisory about 1.0.0, the worst critical")


async def test_the_palette_and_the_audit_open_it_too(home: Home) -> None:
    version = home.fill(fill)
    screen = partial(AdvisoriesScreen, version, "npm:app@1.0.0")
    async with running(home.app(screen), AdvisoriesScreen) as pilot:
        await shows(pilot, "2 advisories")
        await pilot.press("o")
        await shows(pilot, "npm:app is brought by 0 versions")
        await pilot.press("ctrl+p", *"ghsa-1")
        await shows(pilot, "Open the advisory GHSA-1")
        await pilot.press("enter")
        await shows(pilot, "npm:low is brought by 1 version")


async def test_an_advisory_that_affects_nothing_here_says_how_fresh_that_is(home: Home) -> None:
    def other(connection: Connection) -> UUID:
        fill(connection)
        store_advisories(connection, [told_record("GHSA-9", "other", {"introduced": "0"})], "osv")
        id = advisory_named(connection, "GHSA-9")
        assert id is not None
        return id

    screen = partial(AdvisoryScreen, home.fill(other), "GHSA-9")
    async with running(home.app(screen), AdvisoryScreen) as pilot:
        await shows(pilot, "No version in this catalogue is affected.")
        await shows(pilot, "npm: as of 2026-01-02")


async def test_what_nobody_looked_at_is_not_called_clean(home: Home) -> None:
    version = home.fill(lambda connection: rows.add_release(connection, "app")[1])
    screen = partial(AdvisoriesScreen, version, "npm:app@1.0.0")
    async with running(home.app(screen), AdvisoriesScreen) as pilot:
        await shows(pilot, "Not checked for advisories.")
        assert "known" not in screen_text(pilot)
