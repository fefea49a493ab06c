"""Deletes the tables. Only those that we made: a table of somebody else in the same namespace stays, with its files."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress

from pyiceberg.exceptions import NoSuchTableError

from tgtui.analytics.catalogs.local import BESIDE, FILE
from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import TABLES
from tgtui.analytics.exporting import scratch
from tgtui.analytics.place import SPILL, Place
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import delete_files


def clear(place: Place) -> None:
    """The caller holds the lock. AnalyticsError."""
    if place.is_local:
        with refusals(place, "delete the tables", ""):
            if place.tables.is_dir():
                shutil.rmtree(place.tables)
            for ending in ("", *BESIDE):
                (place.folder / f"{FILE}{ending}").unlink(missing_ok=True)
    else:
        with closing(Lake(place)) as lake:
            for name in TABLES:
                _drop(lake, name)
    for left in (*place.folder.glob(f"{scratch.PREFIX}*"), place.folder / SPILL):
        shutil.rmtree(left, ignore_errors=True)


def _drop(lake: Lake, name: str) -> None:
    table = lake.table(name)
    if table is None:
        return
    # Not purged by the catalog, which deletes whatever the table refers to, wherever it is.
    with refusals(lake.place, f"drop the table {name}", "TABLE_DROP"), suppress(NoSuchTableError):
        lake.catalog.drop_table((lake.namespace, name))
    with refusals(lake.place, f"delete the files of {name}", "TABLE_DROP"):
        delete_files(table)
