"""Edges without a database, for tests of what shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from tgtui.data.views.edges import UNRESOLVED, Edge

SPACE = UUID("00000000-0000-0000-0000-0000000000ed")


def version_id(name: str) -> UUID:
    """The same for the same name."""
    return uuid5(SPACE, name)


def edge(name: str, children: int = 1, **values: Any) -> Edge:
    """A loaded runtime dependency whose version has that many children of its own."""
    usual: dict[str, Any] = {
        "id": uuid5(SPACE, f"edge {name}"),
        "registry": "npm",
        "name": name,
        "declared_name": None,
        "range": "^1.0.0",
        "resolved_version": "1.0.0",
        "resolved_version_id": version_id(name),
        "package_id": uuid5(SPACE, f"package {name}"),
        "resolution_error": None,
        "type": "runtime",
        "source_field": "dependencies",
        "is_optional": False,
        "is_yanked": False,
        "is_outdated": False,
        "is_loaded": True,
        "child_count": children,
    }
    return Edge(**{**usual, **values})


def missing(name: str, **values: Any) -> Edge:
    """Resolved to a version that is not in the catalogue."""
    nowhere = {"resolved_version_id": None, "package_id": None, "is_loaded": False}
    return edge(name, 0, **{**nowhere, **values})


def unresolved(name: str, reason: str | None = "No version satisfies ^9.", **values: Any) -> Edge:
    """No published version could be chosen."""
    return missing(name, resolved_version=UNRESOLVED, resolution_error=reason, **values)
