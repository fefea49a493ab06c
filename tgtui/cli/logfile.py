"""The app's log: a bounded file beside the catalogue, because the screens own the terminal."""

from __future__ import annotations

import logging
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tgtui.cli.logs import KeyValueFormatter, log_by

LOG_FILE = "tgtui.log"
MAX_BYTES = 1 << 20
"""At this size it becomes `tgtui.log.1` and replaces an older one."""


class LogFile(RotatingFileHandler):
    """Created with its first line. If the folder can't be written, only the log is lost."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignored: the terminal shows the screens."""


def log_to_file(folder: Path, verbose: bool) -> None:
    """Log warnings and worse to `tgtui.log` in the folder; everything if `verbose`."""
    handler = LogFile(
        folder / LOG_FILE, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(KeyValueFormatter())
    log_by(handler, logging.DEBUG if verbose else logging.WARNING)
