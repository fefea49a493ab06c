"""What tests of the tables for analytics do to them, and ask them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa

from tgtui.analytics.columns import COLUMNS
from tgtui.analytics.steps import AnalyticsStep
from tgtui.analytics.tables.committing import replace_days
from tgtui.analytics.tables.lake import Lake, stamp
from tgtui.analytics.tables.writing import ARROW, DataFiles
from tgtui.analytics.views import views
from tgtui.basics import clock
from tgtui.data.storage.database import Database


def replace_results(
    lake: Lake, value: str, day: date, sleep: Callable[[float], None] | None = None
) -> None:
    """Let the results of a day be one row with this insight."""
    types = COLUMNS["results"]
    row = {"day": day, "insight": value}
    batch = pa.RecordBatch.from_arrays(
        [pa.array([row.get(name)], ARROW[type]) for name, type in types.items()], names=list(types)
    )
    files = DataFiles(lake.made("results"), "0")
    files.write(day.isoformat(), [batch], lambda: None)
    marks = stamp("e", day, clock.now())
    more = {} if sleep is None else {"sleep": sleep}
    replace_days(lake, "results", [day], files.written(), marks, **more)  # type: ignore[arg-type]


def asked(lake: Lake, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a query over the views."""
    with views(lake) as (connection, _):
        return connection.execute(statement).fetchall()


def change(database: Database, statement: Any) -> None:
    database.write_now(lambda connection: connection.execute(statement) and None)


def ignore(_step: AnalyticsStep) -> None:
    """Who waits for nothing."""
