"""What tests of screens share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._context import active_app

from tests.screens.running import Home
from tests.screens.settling import settled

MAX_S = 1.0
"""As long as Textual's own tests wait at most for an idle processor."""


@pytest.fixture(autouse=True, scope="session")
def exact_waits() -> Iterator[None]:
    """Textual's pilot waits twice for each key until the processor is idle: 50 ms and more, and no proof."""

    async def wait(min_sleep: float = 0.0, max_sleep: float = MAX_S) -> None:
        await settled(active_app.get(), max_sleep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.app.wait_for_idle", wait)
        patch.setattr("textual.pilot.wait_for_idle", wait)
        yield


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite_file: Path) -> Home:
    """An empty catalogue in a folder of its own."""
    return Home(tmp_path / "home", migrated_sqlite_file)
