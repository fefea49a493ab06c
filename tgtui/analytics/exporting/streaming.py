"""What the database sends as Arrow batches, one after the other: DuckDB pulls them through its joins into files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, Self, TypeAlias

import pyarrow as pa
import pyarrow.csv as csv

from tgtui.data.exporting.reading import Snapshot
from tgtui.data.exporting.sources import Kind, Source

BLOCK_BYTES = 8 * 1024 * 1024
"""Of CSV at once; no row is longer."""

UUID = pa.uuid()
FROM_SQLITE: dict[Kind, pa.DataType] = {
    "key": UUID,
    "text": pa.string(),
    "count": pa.int64(),
    "flag": pa.int64(),
    "time": pa.string(),
    "day": pa.string(),
}
FROM_POSTGRESQL: dict[Kind, pa.DataType] = {
    "key": pa.string(),
    "text": pa.string(),
    "count": pa.int64(),
    "flag": pa.string(),
    "time": pa.string(),
    "day": pa.string(),
}
"""Types of what is read; `typed` says what is made of them."""
TYPED: dict[Kind, str] = {
    "key": "CAST({} AS UUID)",
    "text": "{}",
    "count": "CAST({} AS INTEGER)",
    "flag": "CAST({} AS BOOLEAN)",
    # One odd moment in an edited file does not stop the rest.
    "time": "TRY_CAST({} AS TIMESTAMP)",
    "day": "CAST({} AS DATE)",
}
"""DuckDB's expression for a column of each kind."""

Batches: TypeAlias = Generator[pa.RecordBatch, None, None]


class Stream:
    """The rows of a source. Errors of the database don't pass through DuckDB: `finish` raises them."""

    def __init__(
        self, snapshot: Snapshot, source: Source, told: Callable[[int], None], numbered: str = ""
    ) -> None:
        """`told` gets the number of rows so far, and may raise; `numbered` is a column to count them from 0 in."""
        self._told = told
        self._failure: BaseException | None = None
        self._numbered = numbered
        self._count = 0
        self._columns = source.columns
        self._read = (
            self._rows(snapshot, source) if snapshot.is_sqlite else self._csv(snapshot, source)
        )
        self._given = self._safe()
        self.reader = pa.RecordBatchReader.from_batches(self._schema(snapshot), self._given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the database's cursor. Whoever read has ended."""
        self._given.close()
        self._read.close()

    def typed(self, column: str) -> str:
        """The expression in DuckDB for one of its columns."""
        return TYPED[self._columns[column]].format(f's."{column}"')

    @property
    def count(self) -> int:
        """Rows so far."""
        return self._count

    def finish(self) -> None:
        """Raise what went wrong while it was read."""
        if self._failure is not None:
            raise self._failure

    def _schema(self, snapshot: Snapshot) -> pa.Schema:
        types = FROM_SQLITE if snapshot.is_sqlite else FROM_POSTGRESQL
        fields = [pa.field(name, types[kind]) for name, kind in self._columns.items()]
        if self._numbered:
            fields.append(pa.field(self._numbered, pa.int32()))
        return pa.schema(fields)

    def _safe(self) -> Batches:
        try:
            for batch in self._read:
                start, self._count = self._count, self._count + batch.num_rows
                self._told(self._count)
                if self._numbered:
                    numbers = pa.array(range(start, self._count), pa.int32())
                    batch = batch.append_column(self._numbered, numbers)
                yield batch
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again by `finish`, in the thread that waits
            self._failure = error

    def _rows(self, snapshot: Snapshot, source: Source) -> Batches:
        names = list(source.columns)
        kinds = list(source.columns.values())
        with closing(snapshot.rows(source)) as rows:
            for some in rows:
                columns = [
                    _array(values, kind)
                    for values, kind in zip(zip(*some, strict=True), kinds, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(columns, names=names)

    def _csv(self, snapshot: Snapshot, source: Source) -> Batches:
        types = {name: FROM_POSTGRESQL[kind] for name, kind in source.columns.items()}
        with closing(snapshot.csv(source)) as blocks:
            first = next(blocks, b"")
            if not first:
                return
            yield from csv.open_csv(
                pa.PythonFile(_Blocks(first, blocks), mode="r"),
                csv.ReadOptions(
                    column_names=list(types), block_size=BLOCK_BYTES, use_threads=False
                ),
                csv.ParseOptions(newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=types,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )


def _array(values: tuple[Any, ...], kind: Kind) -> pa.Array:
    if kind == "key":
        return pa.ExtensionArray.from_storage(UUID, pa.array(values, pa.binary(16)))
    return pa.array(values, FROM_SQLITE[kind])


class _Blocks:
    """Blocks of bytes as a file to read."""

    closed = False

    def __init__(self, first: bytes, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = bytearray(first)

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += block
        taken = bytes(self._rest if size < 0 else self._rest[:size])
        del self._rest[: len(taken)]
        return taken

    def close(self) -> None:
        self.closed = True
