"""The tables and their columns: the same in Iceberg, in the views, and in plain Parquet files."""

from __future__ import annotations

from typing import Literal

Type = Literal["date", "text", "int", "flag", "time", "number"]
"""A day, text, 32 bits, yes or no, a moment in UTC, 64 bits of floating point."""

DAY = "day"
"""The column by which every table is partitioned."""
STATE = ("dependencies", "versions", "packages")
"""Tables of the catalogue as it is on a day, in the order in which a day is committed."""

COLUMNS: dict[str, dict[str, Type]] = {
    "packages": {
        "day": "date",
        "package_id": "text",
        "number": "int",
        "registry": "text",
        "name": "text",
        "latest_version": "text",
        "latest_version_id": "text",
        "description": "text",
        "is_deprecated": "flag",
        "versions": "int",
        "first_seen": "time",
        "latest_published_at": "time",
        "tags": "int",
    },
    "versions": {
        "day": "date",
        "version_id": "text",
        "package_id": "text",
        "registry": "text",
        "name": "text",
        "version": "text",
        "published_at": "time",
        "is_prerelease": "flag",
        "is_yanked": "flag",
        "is_latest": "flag",
    },
    "dependencies": {
        "day": "date",
        "version_id": "text",
        "package_id": "text",
        "target_registry": "text",
        "target_name": "text",
        "range": "text",
        "target_version_id": "text",
        "target_package_id": "text",
        "type": "text",
        "use": "text",
        "is_optional": "flag",
        "is_followed": "flag",
    },
    "interactions": {
        "day": "date",
        "interaction_id": "text",
        "package_id": "text",
        "registry": "text",
        "name": "text",
        "kind": "text",
        "person": "text",
        "at": "time",
    },
    "results": {
        "day": "date",
        "insight": "text",
        "registry": "text",
        "window": "text",
        "rank": "int",
        "package_id": "text",
        "name": "text",
        "key": "text",
        "value": "number",
        "details": "text",
    },
}
"""By table."""
TABLES = tuple(COLUMNS)
