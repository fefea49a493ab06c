"""Reads the files of apt's configuration."""

from __future__ import annotations

import logging
from pathlib import Path

from tgtui.basics.files.trouble import why

MAX_FILE_BYTES = 1 << 20

log = logging.getLogger(__name__)


def read_file(file: Path) -> str:
    """Its text; empty if there is no such file, or if it can't be read, which is logged."""
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        log.warning("%s can't be read: %s", file, why(error))
        return ""
