"""Passing notices."""

from __future__ import annotations

from typing import Protocol

from textual.notifications import SeverityLevel

NOTICE_LENGTH = 600
"""Characters of one."""


class Tell(Protocol):
    """Shows a passing notice; the text may come from anywhere."""

    def __call__(
        self, text: object, severity: SeverityLevel = "information", *, timeout: float | None = None
    ) -> None:
        """`timeout` is in seconds."""
