"""Writes batches to Parquet files of a table, in bounded memory. Nothing refers to them until they are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import parquet_file_to_data_file, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from tgtui.analytics.columns import DAY, Type

ROWS_IN_FILE = 2_000_000
"""Some 50 MB of packages."""
ROWS_IN_GROUP = 32_000
"""Rows that are in memory until they are compressed."""
ARROW: dict[Type, pa.DataType] = {
    "date": pa.date32(),
    "text": pa.string(),
    "int": pa.int32(),
    "flag": pa.bool_(),
    "time": pa.timestamp("us"),
    "number": pa.float64(),
}

PREFIX = "tgtui-"
"""Of the names of our data files."""


class DataFiles:
    """Files of one table that are written and not yet committed."""

    def __init__(self, table: Table, id: str) -> None:
        self._table = table
        self._id = id
        self._schema: pa.Schema = schema_to_pyarrow(table.schema())
        self._paths: list[str] = []
        self.rows = 0

    def write(self, day: str, batches: Iterable[pa.RecordBatch], check: Callable[[], None]) -> None:
        """All of one day. `check` is called between batches and may raise. OSError."""
        writer: _File | None = None
        try:
            for batch in batches:
                check()
                if batch.num_rows == 0:
                    continue
                if writer is None:
                    writer = self._begin(day)
                writer.write(self._fitted(batch))
                self.rows += batch.num_rows
                if writer.rows >= ROWS_IN_FILE:
                    writer.close()
                    writer = None
            check()
        finally:
            if writer is not None:
                writer.close()

    def written(self) -> list[DataFile]:
        """With the statistics that engines skip files by."""
        return [
            parquet_file_to_data_file(self._table.io, self._table.metadata, path)
            for path in self._paths
        ]

    def discard(self) -> None:
        """Delete them: they will not be committed."""
        for path in self._paths:
            with suppress(OSError):
                self._table.io.delete(path)
        self._paths.clear()

    def keep(self) -> None:
        """Leave them: the table may refer to them already."""
        self._paths.clear()

    def _begin(self, day: str) -> _File:
        name = f"{PREFIX}{self._id}-{len(self._paths)}-{uuid4().hex[:8]}.parquet"
        path = f"{self._table.location()}/data/{DAY}={day}/{name}"
        self._paths.append(path)
        return _File(self._table, path, self._schema)

    def _fitted(self, batch: pa.RecordBatch) -> pa.Table:
        """In the table's own columns; those that others added are empty."""
        table = pa.Table.from_batches([batch])
        columns = [
            table.column(field.name).cast(field.type)
            if field.name in table.column_names
            else pa.nulls(table.num_rows, field.type)
            for field in self._schema
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)


class _File:
    def __init__(self, table: Table, path: str, schema: pa.Schema) -> None:
        self.rows = 0
        self._waiting: list[pa.Table] = []
        self._count = 0
        self._out: Any = table.io.new_output(path).create()
        self._writer = pq.ParquetWriter(self._out, schema, compression="zstd")

    def write(self, some: pa.Table) -> None:
        self.rows += some.num_rows
        self._waiting.append(some)
        self._count += some.num_rows
        if self._count >= ROWS_IN_GROUP:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            try:
                self._writer.close()
            finally:
                self._out.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=self._count)
            self._waiting, self._count = [], 0
