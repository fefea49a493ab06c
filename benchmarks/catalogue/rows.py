"""Ids by number, and the rows of one package that was fetched just now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tgtui.basics.ids import uuid7
from tgtui.syntax.names import fold
from tgtui.versions.npm.semver import sort_key
from tgtui.versions.sorting import sort_text

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO_MS = 1_600_000_000_000

Row = dict[str, Any]


def package_id(number: int) -> UUID:
    return numbered_id(number, 0)


def version_id(number: int) -> UUID:
    """Of a package's latest version."""
    return numbered_id(number, 1)


def numbered_id(number: int, kind: int, sub: int = 0) -> UUID:
    """UUIDv7 by number, so that any row can name any other."""
    millisecond = LONG_AGO_MS + number
    return UUID(int=millisecond << 80 | 7 << 76 | 2 << 62 | kind << 56 | sub)


def package_row(id: UUID, name: str, registry: str, about: str) -> Row:
    """One that was fetched just now."""
    return {
        "id": id,
        "name": name,
        "search_name": fold(name),
        "registry": registry,
        "description": about,
        "homepage": f"https://example.com/{name}",
        "last_fetch_attempt": NOW,
        "last_fetch_success": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }


def version_row(id: UUID, package: UUID, minor: int) -> Row:
    """`1.minor.0`, loaded."""
    version = f"1.{minor}.0"
    return {
        "id": id,
        "package_id": package,
        "version": version,
        "sort_key": sort_text(sort_key(version)),
        "is_prerelease": False,
        "is_yanked": False,
        "published_at": NOW,
        "dependencies_fetched_at": NOW,
        "created_at": NOW,
    }


def edge_row(package: UUID, version: UUID, target: UUID | None) -> Row:
    """A runtime dependency, on something that is not here where `target` is None."""
    return {
        "id": uuid7(),
        "package_id": package,
        "version_id": version,
        "dependency_registry": "npm",
        "dependency_name": "missing-one",
        "dependency_package_id": target,
        "dependency_version_range": "^1.0.0",
        "resolved_version": "1.0.0",
        "resolved_version_id": None,
        "dependency_type": "runtime",
        "source_field": "dependencies",
        "is_optional": False,
        "created_at": NOW,
    }
