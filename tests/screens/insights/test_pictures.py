"""Pictures of the insights at two sizes, of fixed days."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import shows
from tests.screens.insights.test_insights import fill
from tests.screens.running import Home
from tests.support import rows
from tgtui.screens.insights.screen import InsightsScreen

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])


def much(connection: Connection) -> None:
    """What an active catalogue tells: long figures, and a month of days."""
    fill(connection)
    for rank in range(2, 12):
        package, _version = rows.add_release(connection, f"a-package-with-a-long-name-{rank}")
        used = {"people": 310 - rank, "view": 12_345, "search": 4_321, "request": 1_234, "tag": 567}
        rows.add_result(
            connection, "popular", period="month", rank=rank, package_id=package,
            name=f"a-package-with-a-long-name-{rank}", value=9_000 / rank, details=json.dumps(used),
        )  # fmt: skip
        rows.add_result(
            connection, "heaviest-bytes", rank=rank, package_id=package,
            name=f"a-package-with-a-long-name-{rank}", value=690_000_000 / rank,
            details=json.dumps({"packages": 1_200 // rank, "known": 1_000 // rank}),
        )  # fmt: skip
    for day in range(3, 31):
        rows.add_result(
            connection, "activity", period="month", rank=day, key=f"2026-01-{day:02}",
            value=day * 7 % 40, details=json.dumps({"people": day % 5, "view": day}),
        )  # fmt: skip


@SIZES
@pytest.mark.parametrize(
    ("downs", "text"),
    [(0, "1,234"), (3, "345.0 MB"), (6, "4,500"), (7, "2026-01-30")],
    ids=["most-needed", "heaviest-by-size", "popular", "activity"],
)
def test_an_answer(
    home: Home, snap_compare: Any, size: tuple[int, int], downs: int, text: str
) -> None:
    home.fill(much)

    async def run(pilot: Pilot[Any]) -> None:
        await shows(pilot, "npm:react")
        await pilot.press(*["down"] * downs)
        await shows(pilot, text)
        await pilot.press("enter")

    assert snap_compare(home.app(InsightsScreen), terminal_size=size, run_before=run)
