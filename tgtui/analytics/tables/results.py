"""The answers of a day: written to their table, and read back for the catalogue's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from typing import Any, Protocol

import pyarrow as pa

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import COLUMNS
from tgtui.analytics.steps import AnalyticsStep, Tell
from tgtui.analytics.tables.committing import commit_files, days_filter
from tgtui.analytics.tables.lake import Export, Lake, stamp
from tgtui.analytics.tables.writing import ARROW, DataFiles

ROWS_AT_ONCE = 20_000
NAMES = tuple(name for name in COLUMNS["results"] if name != "day")


class Answer(Protocol):
    """One row of an answer; `registry` is empty for all, `window` if it has none."""

    @property
    def insight(self) -> str: ...
    @property
    def registry(self) -> str: ...
    @property
    def window(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def package_id(self) -> Any: ...
    @property
    def name(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def value(self) -> float | None: ...
    @property
    def details(self) -> str | None: ...


def write_results(lake: Lake, newest: Export, answers: Iterable[Answer], tell: Tell) -> int:
    """Let the results of the export's day be these, in one commit; returns how many. AnalyticsError."""
    table = lake.made("results")
    files = DataFiles(table, newest.id)
    try:
        with refusals(lake.place, "write the table results", "TABLE_WRITE_DATA"):
            files.write(
                newest.day.isoformat(),
                _batches(newest.day, answers),
                lambda: tell(AnalyticsStep("computing", files.rows)),
            )
    except BaseException:
        files.discard()
        raise
    marks = stamp(newest.id, newest.day, newest.at)
    commit_files(lake, "results", [newest.day], files, marks, after=newest.day)
    return files.rows


def read_results(lake: Lake, day: date) -> Iterator[tuple[Any, ...]]:
    """Those of a day, as they were written: the values of NAMES."""
    scan = lake.made("results").scan(days_filter([day]), selected_fields=NAMES)
    with closing(scan.to_arrow_batch_reader()) as found:
        for batch in found:
            columns = [batch.column(name).to_pylist() for name in NAMES]
            yield from zip(*columns, strict=True)


def _batches(day: date, answers: Iterable[Answer]) -> Iterator[pa.RecordBatch]:
    rest = iter(answers)
    types = COLUMNS["results"]
    while some := list(islice(rest, ROWS_AT_ONCE)):
        columns: list[list[Any]] = [[day] * len(some)]
        columns += [[_plain(name, getattr(each, name)) for each in some] for name in NAMES]
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(values, ARROW[type])
                for values, type in zip(columns, types.values(), strict=True)
            ],
            names=list(types),
        )


def _plain(name: str, value: Any) -> Any:
    return str(value) if name == "package_id" and value is not None else value
