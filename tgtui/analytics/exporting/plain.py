"""The catalogue as plain Parquet files in a folder: one consistent read, no catalog."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from tgtui.analytics.columns import COLUMNS
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.tables.writing import ARROW
from tgtui.basics.files.private import create
from tgtui.basics.files.trouble import why

ENDING = ".parquet"


class PlainFile:
    """One table as a file. An older one stays until `finish`; `discard` leaves nothing behind."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}{ENDING}"
        self.rows = 0
        self._part = folder / f".tgtui-{uuid4().hex}.part"
        self._schema = pa.schema(
            [pa.field(column, ARROW[type]) for column, type in COLUMNS[name].items()]
        )
        self._out: BinaryIO | None = None
        self._writer: pq.ParquetWriter | None = None

    def write(
        self, _day: str, batches: Iterable[pa.RecordBatch], check: Callable[[], None]
    ) -> None:
        """More of it. AnalyticsError if the file can't be written."""
        for batch in batches:
            check()
            self._add(pa.Table.from_batches([batch]))
        check()

    def finish(self) -> None:
        """It is complete: replace the older one."""
        self._add(self._schema.empty_table())
        try:
            self._close()
            self._part.replace(self.path)
        except OSError as error:
            raise self._not_written(error) from None

    def discard(self) -> None:
        """Does nothing after `finish`."""
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _add(self, table: pa.Table) -> None:
        try:
            if self._writer is None:
                self._out = os.fdopen(create(self._part), "wb")
                self._writer = pq.ParquetWriter(self._out, self._schema, compression="zstd")
            self._writer.write_table(table.select(self._schema.names).cast(self._schema))
        except OSError as error:
            raise self._not_written(error) from None
        self.rows += table.num_rows

    def _close(self) -> None:
        """The writer leaves a file open that it was given."""
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            if self._out is not None:
                self._out.close()

    def _not_written(self, error: OSError) -> AnalyticsError:
        return AnalyticsError(f"{self.path} can't be written: {why(error)}.")
