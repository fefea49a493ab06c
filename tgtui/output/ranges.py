"""How it is told what one version asks of another."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from tgtui.output.marks import Mark
from tgtui.registries.base import DependencyType


class TypeWords(Struct, frozen=True):
    """How a type of dependency is told."""

    title: str
    """Above a list of them."""
    noun: str
    choice: str
    """Where one chooses which a tree shows."""


TYPES: dict[DependencyType, TypeWords] = {
    "runtime": TypeWords("Runtime", "dependency", "Runtime dependencies"),
    "peer": TypeWords("Peer", "peer dependency", "Peer dependencies that an install includes"),
    "optional": TypeWords("Optional", "optional dependency", "Optional dependencies"),
    "dev": TypeWords("Development", "dev dependency", "Dev dependencies of the root itself"),
}


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


def type_title(type: str) -> str:
    """`Development`; for a type that is not known, as it is."""
    return TYPES[type].title if type in TYPES else type


def type_noun(type: str) -> str:
    """`dev dependency`."""
    return TYPES[type].noun if type in TYPES else f"{type} dependency"
