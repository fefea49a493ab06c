"""How large the tables are, and of when."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import TABLES
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import files_by_day


class TableStatus(Struct, frozen=True):
    """One table as it is now."""

    table: str
    location: str
    rows: int
    files: int
    bytes: int
    days: int
    oldest: date | None
    newest: date | None
    snapshots: int
    """What can still be read: the newest, and what it replaced lately."""


def table_status(lake: Lake) -> list[TableStatus]:
    """Of the tables that exist. AnalyticsError."""
    found = []
    for name in TABLES:
        table = lake.table(name)
        if table is None:
            continue
        with refusals(lake.place, f"read the table {name}", "TABLE_READ_DATA"):
            by_day = files_by_day(table)
        days = sorted(day for day in by_day if day is not None)
        files = [file for some in by_day.values() for file in some]
        found.append(
            TableStatus(
                name,
                table.location(),
                sum(file.record_count for file in files),
                len(files),
                sum(file.file_size_in_bytes for file in files),
                len(days),
                days[0] if days else None,
                days[-1] if days else None,
                len(table.snapshots()),
            )
        )
    return found
