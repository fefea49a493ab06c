"""Facts beside a log message: `log.info("completed", extra=fields(package=name, attempt=1))`."""

from __future__ import annotations

from typing import Any

FIELDS = "tgtui_fields"


def fields(**facts: object) -> dict[str, Any]:
    """For `extra`, without None. Values may be untrusted text: the formatter makes them safe."""
    return {FIELDS: {name: value for name, value in facts.items() if value is not None}}
