"""What the screens cost a link, on a real terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from tests.screens.driving import catalogue_settings
from tests.screens.test_snapshots import garden
from tests.support.terminal import Window, window

KEY, SCREEN = 3_000, 12_000
"""Bytes that a key in a list and a whole screen may cost."""


@pytest.fixture
def opened(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    """The app on a catalogue of a few packages."""
    catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TGTUI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TGTUI_WORKER_ENABLED", "false")
    with window("-m", "tgtui") as opened:
        yield opened


def test_keys_in_a_list_cost_few_bytes(opened: Window) -> None:
    opened.wait_for("12 of 12 packages")
    opened.press("\x1b[B")
    opened.wait_for("mark")  # a key of the list
    before = len(opened.written)
    opened.press("j" * 4 + "k" * 4 + "?")
    opened.wait_for("Where the focus is")
    assert len(opened.written) - before < 8 * KEY + SCREEN
