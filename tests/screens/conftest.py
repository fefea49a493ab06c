"""What tests of screens share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.running import Home
from tests.screens.settling import exact_waits  # noqa: F401 - for all of them
from tests.screens.stylesheets import shared_rules  # noqa: F401


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite_file: Path) -> Home:
    """An empty catalogue in a folder of its own."""
    return Home(tmp_path / "home", migrated_sqlite_file)
