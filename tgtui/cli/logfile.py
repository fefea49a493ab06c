"""The log of the app, whose screens own the terminal: a bounded file beside the catalogue."""

from __future__ import annotations

import logging
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tgtui.cli.logs import KeyValueFormatter, log_by

LOG_FILE = "tgtui.log"
MAX_BYTES = 1 << 20
"""Then it becomes `tgtui.log.1`, in place of an older one."""


class LogFile(RotatingFileHandler):
    """Made with its first line. A folder that takes none costs the log and nothing else."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Nowhere to say it: the terminal shows the screens."""


def log_to_file(folder: Path, verbose: bool) -> None:
    """Warnings and worse into `tgtui.log` of the folder, everything when verbose."""
    handler = LogFile(
        folder / LOG_FILE, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(KeyValueFormatter())
    log_by(handler, logging.DEBUG if verbose else logging.WARNING)
