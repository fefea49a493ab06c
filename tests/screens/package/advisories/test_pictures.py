"""Snapshots of what threatens a version, and of one advisory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import NOW, shows
from tests.screens.running import Home
from tests.support import rows
from tests.support.advisories import told_record
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.storing import note_source, store_advisories
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.advisories.advisory import AdvisoryScreen
from tgtui.screens.package.advisories.screen import AdvisoriesScreen

LODASH = {
    "aliases": ["CVE-2021-23337"],
    "summary": "Command Injection in lodash",
    "details": "Versions prior to 4.17.21 are vulnerable to\nCommand Injection via the template function.",
    "published": "2022-01-06T20:30:46Z",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}],
    "references": [{"type": "WEB", "url": "https://github.com/lodash/lodash/commit/3469357"}],
}


def fill(connection: Connection) -> tuple[UUID, UUID]:
    """The version of an app, and an advisory about what it brings twice."""
    app, left = (
        rows.add_release(connection, "app", "2.0.0"),
        rows.add_release(connection, "left-pad"),
    )
    lodash = rows.add_release(connection, "lodash", "4.17.20")
    rows.add_version(connection, lodash[0], "4.17.21")
    rows.add_edge(
        connection,
        app,
        "lodash",
        lodash,
        dependency_version_range="^4.17.0",
        resolved_version="4.17.20",
    )
    rows.add_edge(connection, app, "left-pad", left)
    rows.add_edge(
        connection,
        left,
        "lodash",
        lodash,
        dependency_version_range="~4.17.20",
        resolved_version="4.17.20",
    )
    told = [
        told_record("GHSA-35jh-r3h4-6jhm", "lodash", {"introduced": "0"}, {"fixed": "4.17.21"}, **LODASH),
        told_record("MAL-2026-1", "left-pad", {"introduced": "0"}, summary="It sends secrets away"),
    ]  # fmt: skip
    store_advisories(connection, told, "dump:npm")
    note_source(connection, "dump:npm", "npm", records=2, as_of=NOW)
    evaluate(connection, [app[0], left[0], lodash[0]])
    id = advisory_named(connection, "CVE-2021-23337")
    assert id is not None
    return app[1], id


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
class TestPicture:
    def test_what_threatens(self, home: Home, size: tuple[int, int], snap_compare: Any) -> None:
        version, _id = home.fill(fill)

        async def steps(pilot: Pilot[Any]) -> None:
            await shows(pilot, "It sends secrets away")
            await pilot.press("down")
            await shows(pilot, "Command Injection in lodash")

        screen: Callable[[], BaseScreen] = partial(AdvisoriesScreen, version, "npm:app@2.0.0")
        assert snap_compare(home.app(screen), terminal_size=size, run_before=steps)

    def test_one_advisory(self, home: Home, size: tuple[int, int], snap_compare: Any) -> None:
        _version, id = home.fill(fill)

        async def steps(pilot: Pilot[Any]) -> None:
            await shows(pilot, "is brought by 2 versions")

        screen: Callable[[], BaseScreen] = partial(AdvisoryScreen, id, "CVE-2021-23337")
        assert snap_compare(home.app(screen), terminal_size=size, run_before=steps)
