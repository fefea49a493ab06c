"""The app's log: a bounded file beside the catalogue, because the screens own the terminal."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import why
from tgtui.cli.logs import KeyValueFormatter, log_by

LOG_FILE = "tgtui.log"
MAX_BYTES = 1 << 20
"""At this size it becomes `tgtui.log.1` and replaces an older one."""


class LogFile(RotatingFileHandler):
    """Created with its first line. If the folder can't be written, only the log is lost."""

    trouble = ""
    """Why lines are missing, a sentence."""

    def _open(self) -> TextIOWrapper:
        file = Path(self.baseFilename)
        make_folder(file.parent)
        with suppress(FileExistsError):
            os.close(create(file))
        return super()._open()

    def emit(self, record: logging.LogRecord) -> None:
        """In a new file, if the one that was open has been deleted."""
        if self.stream is not None and not Path(self.baseFilename).exists():
            with suppress(OSError):
                self.stream.close()
            self.stream = None
        super().emit(record)

    def close(self) -> None:
        """Lines that could not be written are lost."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:
        """Kept for later: the terminal shows the screens."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self.trouble = f"The log {self.baseFilename} can't be written: {why(error)}."


def log_to_file(folder: Path, verbose: bool) -> LogFile:
    """Log warnings and worse to `tgtui.log` in the folder; everything if `verbose`."""
    handler = LogFile(
        folder / LOG_FILE, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(KeyValueFormatter())
    log_by(handler, logging.DEBUG if verbose else logging.WARNING)
    return handler
