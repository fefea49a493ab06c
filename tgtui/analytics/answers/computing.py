"""All answers of one refresh, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tgtui.analytics.answers.aggregates import about_use
from tgtui.analytics.answers.packages import about_packages
from tgtui.analytics.answers.people import about_people
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import Result
from tgtui.versions.npm.platform import Platform

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def compute(
    connection: DuckDBPyConnection,
    database: Database,
    now: datetime,
    platform: Platform | None = None,
) -> Iterator[Result]:
    """Every result, from the exported views and what only the operational database knows.

    Rows of one package's own counts come first and together; the memory this takes is bounded. `now` ends every window;
    trees are weighed for `platform`, or for this machine's.
    """
    day = now.date()
    yield from about_packages(connection, database, platform or Platform.here())
    yield from about_use(connection, day)
    yield from about_people(connection, day)
