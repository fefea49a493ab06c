"""Names of npm packages in addresses and in other registries."""

from __future__ import annotations

UNESCAPED = "@!~*'()"
"""Characters that are not escaped in addresses, besides letters, digits and _.-~."""


def unscoped(name: str) -> tuple[str, ...]:
    """Other names of `@scope/name`: `name`, or `scope` if the two are the same."""
    scope, slash, base = name.partition("/")
    return (base, scope.removeprefix("@")) if slash else (name,)
