"""How it is told what one version asks of another."""

from __future__ import annotations

from typing import Protocol

from tgtui.output.marks import Mark


class Asking(Protocol):
    """An edge, or a step of a path."""

    @property
    def type(self) -> str: ...
    @property
    def declared_name(self) -> str | None: ...
    @property
    def range(self) -> str: ...


def asks(link: Asking) -> str:
    """`^2.0.0`, `peer ^18.0.0`, `alias = ^1.0.0`. Hostile text."""
    alias = f"{link.declared_name} {Mark.ALIAS.sign} " if link.declared_name else ""
    return f"{before_range(link.type)}{alias}{link.range or '*'}"


def before_range(type: str) -> str:
    """`dev ` for a dev dependency; empty for a runtime dependency, the usual one."""
    return "" if type == "runtime" else f"{type} "
