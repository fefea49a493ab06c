"""What the screens cost a link, on a real terminal: few bytes for a key, and no queue of old frames."""

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

KERNEL = 20_000
"""Bytes that a terminal holds unread, and more."""
FRAME = 15_000
"""Bytes of a whole screen, and more."""
KEYS = 40


@pytest.fixture
def opened(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    """The app on a catalogue of a few packages, on a terminal that no one reads yet."""
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TGTUI_DATA_DIR", settings.data_dir)
    monkeypatch.setenv("TGTUI_WORKER_ENABLED", "false")
    with window("-m", "tgtui", is_read=False) as opened:
        yield opened


def test_keys_in_a_list_cost_few_bytes(opened: Window) -> None:
    opened.read()
    opened.wait_for("12 of 12 packages")
    opened.press("\x1b[B")
    before = len(opened.written)
    opened.press("j" * 4 + "k" * 4 + "/vue")
    opened.wait_for("1 of 12 packages")
    assert len(opened.written) - before < 12 * 3_000


def test_frames_that_a_slow_terminal_did_not_take_are_left_out(opened: Window) -> None:
    opened.wait_until_full("react", "\x15")
    for _ in range(KEYS):
        opened.press("r\x15")
    opened.press("vue")
    opened.read()
    opened.wait_for("1 of 12 packages")
    assert len(opened.written) < KERNEL + 2 * FRAME
