"""A DuckDB for the work of one process: bounded memory, the rest on disk in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place
from tgtui.basics.files.private import make_folder

FOLDER = "scratch"
MEMORY = "128MB"
"""Of what DuckDB keeps; joins and sorts that need more go to disk."""
ROWS_AT_ONCE = 20_000
PREFIX = f"{FOLDER}-"


@contextmanager
def scratch(place: Place, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in a file. What programs that were killed left behind is removed; the caller holds the lock."""
    make_folder(place.folder)
    for left in place.folder.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place.folder))
    try:
        connection = duckdb.connect(
            os.fspath(folder / "scratch.duckdb"),
            config={
                "memory_limit": memory,
                "threads": min(2, os.cpu_count() or 1),
                "temp_directory": os.fspath(folder),
                # Rows have no order; keeping one would hold batches back in memory.
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            yield connection
        except duckdb.Error as error:
            raise AnalyticsError(_told(error)) from error
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def batches(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    """Its rows, computed as they are taken."""
    return relation.to_arrow_reader(ROWS_AT_ONCE)


def _told(error: duckdb.Error) -> str:
    said = " ".join(str(error).split())[:300].rstrip(".")
    if "No space left" in said:
        return "The disk is full; free some space. The tables are as they were."
    return f"The tables could not be worked out: {said}."
