"""A DuckDB connection with a view for each table: of the newest complete export, or of all days."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.io.pyarrow import PyArrowFileIO, schema_to_pyarrow
from pyiceberg.table import DataScan, Table

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import COLUMNS, STATE, TABLES, Type
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import SPILL, Place
from tgtui.analytics.tables.committing import days_filter
from tgtui.analytics.tables.lake import Export, Lake

DUCKDB: dict[Type, str] = {
    "date": "DATE",
    "text": "VARCHAR",
    "int": "INTEGER",
    "flag": "BOOLEAN",
    "time": "TIMESTAMP",
    "number": "DOUBLE",
}


@contextmanager
def views(lake: Lake) -> Iterator[tuple[duckdb.DuckDBPyConnection, Export | None]]:
    """(the connection, the export that its tables of state are of). Every view is there, empty if nothing was exported.

    The connection is in memory, loads no extension, and writes nothing of the tables.
    """
    connection = connected(lake.place)
    try:
        newest = lake.newest_export()
        for name in TABLES:
            with refusals(lake.place, f"read the table {name}", "TABLE_READ_DATA"):
                _view(connection, lake, name, newest)
        yield connection, newest
    finally:
        connection.close()


def connected(place: Place) -> duckdb.DuckDBPyConnection:
    """An empty database in memory; what does not fit goes to this machine's folder."""
    return duckdb.connect(
        ":memory:",
        config={
            "temp_directory": os.fspath(place.folder / SPILL),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def _view(
    connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, newest: Export | None
) -> None:
    columns = ", ".join(
        f'CAST("{each}" AS {DUCKDB[type]}) AS "{each}"' for each, type in COLUMNS[name].items()
    )
    table = lake.table(name)
    scan: DataScan | None = None
    if table is not None and name not in STATE:
        scan = table.scan()
    elif table is not None and newest is not None:
        scan = table.scan(days_filter([newest.day]), snapshot_id=newest.snapshots[name])
    source = _source(connection, name, table, scan)
    connection.execute(f'CREATE VIEW "{name}" AS SELECT {columns} FROM {source}')


def _source(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table | None, scan: DataScan | None
) -> str:
    """What DuckDB reads the rows from."""
    tasks = list(scan.plan_files()) if scan is not None and scan.snapshot() is not None else []
    if table is None or scan is None or not tasks:
        nothing = ", ".join(
            f'CAST(NULL AS {DUCKDB[type]}) AS "{each}"' for each, type in COLUMNS[name].items()
        )
        return f"(SELECT {nothing} WHERE false)"
    hidden = f"tgtui_{name}"
    paths = [task.file.file_path for task in tasks]
    if any(task.delete_files for task in tasks):
        # Another engine deleted rows one by one: pyiceberg knows how to leave them out.
        connection.register(hidden, scan.to_arrow())
    elif all(_is_local(path) for path in paths):
        listed = ", ".join("'" + _local(path).replace("'", "''") + "'" for path in paths)
        return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    else:
        connection.register(hidden, _dataset(table, paths))
    return hidden


def _dataset(table: Table, paths: list[str]) -> Any:
    """Files of a store like S3, opened as the catalog says."""
    io = table.io
    if not isinstance(io, PyArrowFileIO):
        raise AnalyticsError("The tables are in a store that this tgtui can't read.")
    scheme, netloc, _ = PyArrowFileIO.parse_location(paths[0], io.properties)
    places = [PyArrowFileIO.parse_location(path, io.properties)[2] for path in paths]
    schema: pa.Schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    return ds.dataset(
        places, schema=schema, format="parquet", filesystem=io.fs_by_scheme(scheme, netloc)
    )


def _is_local(path: str) -> bool:
    return path.startswith(("/", "file:")) or Path(path).is_absolute()


def _local(path: str) -> str:
    """A path that no sign in it makes a pattern."""
    plain = (
        path.removeprefix("file://") if path.startswith("file://") else path.removeprefix("file:")
    )
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in plain)
