"""Log lines: one event a line, key=value, safe to show and easy to search."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from tgtui.basics.logfields import FIELDS
from tgtui.basics.text import clean

MAX_MESSAGE = 1_000
PLAIN = re.compile(r"[A-Za-z0-9@/:+._,~-]+")
"""What needs no quotes."""


class KeyValueFormatter(logging.Formatter):
    """`time=... level=info logger=worker message=completed package=npm:express attempt=1`, then a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        pairs = {
            "time": moment,
            "level": record.levelname.lower(),
            "logger": record.name.removeprefix("tgtui."),
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        line = " ".join(f"{name}={_value(value)}" for name, value in pairs.items())
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return line


def _value(value: object) -> str:
    """Values may hold registry text: nothing in them may start a new line or a new pair."""
    text = f"{value:.3f}" if isinstance(value, float) else clean(str(value), MAX_MESSAGE)
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def log_to_stderr(verbose: bool, *, quiet_level: int | None = None) -> None:
    """Everything if `verbose`, else from `quiet_level` up, else nothing: commands print what matters."""
    if not verbose and quiet_level is None:
        log_by(logging.NullHandler(), logging.CRITICAL)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(KeyValueFormatter())
    log_by(handler, logging.DEBUG if verbose else quiet_level or logging.INFO)


def log_by(handler: logging.Handler, level: int) -> None:
    """Replace the program's log handlers with this one."""
    log = logging.getLogger("tgtui")
    log.propagate = False
    for old in tuple(log.handlers):
        log.removeHandler(old)
        old.close()
    log.addHandler(handler)
    log.setLevel(level)
