"""How a registry's names become package URLs, and back: the purl specification's definition of each type."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct


def _scope_and_name(name: str) -> tuple[str, str]:
    scope, _, bare = name.rpartition("/")
    return scope, bare


def _joined(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


class PurlType(Struct, frozen=True):
    """By default a scope is the namespace, and case counts in both, as for npm."""

    type: str = ""
    """If that is not the registry's name."""
    split: Callable[[str], tuple[str, str]] = _scope_and_name
    """From a name to (namespace, name); '' for none."""
    join: Callable[[str, str], str] = _joined
    """From (namespace, name), unescaped, to the registry's name."""
