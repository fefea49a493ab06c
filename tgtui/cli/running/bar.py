"""How far something long is: a bar on a terminal, a line now and then elsewhere. All on stderr."""

from __future__ import annotations

import sys
import time
from typing import Protocol

import click

from tgtui.cli.opening import complain
from tgtui.cli.output import BAR_WIDTH, LINE_EVERY_S


class Step(Protocol):
    """A moment of what is shown."""

    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    @property
    def words(self) -> str: ...


class Bar:
    """Nothing is shown until `tell` is called."""

    def __init__(self, label: str, quiet: bool) -> None:
        self._label = label
        self._quiet = quiet
        self._has_bar = not quiet and sys.stderr.isatty()
        self._last = 0.0
        self._stage = ""

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._has_bar and self._stage:
            click.echo(err=True)

    def tell(self, step: Step) -> None:
        """Show it, if it is not too soon for a line."""
        now = time.monotonic()
        is_due = step.stage != self._stage or now - self._last >= LINE_EVERY_S
        self._stage = step.stage
        if self._quiet or not (self._has_bar or is_due):
            return
        self._last = now
        if not self._has_bar:
            complain(f"{self._label}: {step.words}")
            return
        full = int(BAR_WIDTH * min(1.0, step.done / step.total)) if step.total else 0
        bar = "#" * full + "-" * (BAR_WIDTH - full)
        click.echo(f"\r\x1b[2K{self._label}  [{bar}]  {step.words}", nl=False, err=True)
