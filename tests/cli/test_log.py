"""What goes into the log: one safe line an event, on stderr for commands and into a file for the app."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tgtui.cli.logfile import LOG_FILE, MAX_BYTES, log_to_file
from tgtui.cli.logs import log_to_stderr

log = logging.getLogger("tgtui.worker")


def test_the_app_logs_into_its_data_folder_and_never_onto_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "tgtui"
    log_to_file(folder, verbose=False)
    log.info("completed npm:express")
    assert not folder.exists()
    log.warning("no claim: the database is away")
    (line,) = (folder / LOG_FILE).read_text().splitlines()
    assert line.endswith('level=warning logger=worker message="no claim: the database is away"')
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_takes_no_log_costs_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    log_to_file(in_the_way / "folder", verbose=True)
    log.error("lost")
    assert capfd.readouterr() == ("", "")


def test_the_file_stays_within_its_bound(tmp_path: Path) -> None:
    log_to_file(tmp_path, verbose=True)
    for _ in range(3 * MAX_BYTES // 900):
        log.debug("x" * 900)
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert sizes.keys() == {LOG_FILE, f"{LOG_FILE}.1"}
    assert max(sizes.values()) <= MAX_BYTES


def test_what_is_quoted_can_begin_no_line_and_no_escape_sequence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr(verbose=True)
    log.warning('npm:x: "\x1b[2J\nlevel=error message="forged')
    (line,) = capfd.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert line.count(" level=") == 2
    assert ' level=warning logger=worker message="npm:x: \\"' in line


def test_a_quiet_command_logs_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(verbose=False)
    log.critical("nobody asked")
    assert capfd.readouterr() == ("", "")


def test_a_log_that_is_deleted_while_the_app_runs_begins_anew(tmp_path: Path) -> None:
    log_to_file(tmp_path, verbose=False)
    log.warning("before")
    (tmp_path / LOG_FILE).unlink()
    log.warning("after")
    (line,) = (tmp_path / LOG_FILE).read_text().splitlines()
    assert line.endswith("message=after")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_why_the_log_has_no_lines_is_kept_for_the_end(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).symlink_to("/dev/full")
    handler = log_to_file(tmp_path, verbose=False)
    log.warning("lost")
    said = f"The log {tmp_path / LOG_FILE} can't be written: the disk is full; free some space."
    assert handler.trouble == said
