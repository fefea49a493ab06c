"""Exports the catalogue: one consistent read, into the tables of its day. Killed at any moment, each table is as before
or as after, and what is read of them together is of one export."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import duckdb
import pyarrow as pa
from msgspec import Struct, field

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import COLUMNS, STATE
from tgtui.analytics.exporting.people import key_of, pseudonym
from tgtui.analytics.exporting.plain import PlainFile
from tgtui.analytics.exporting.scratch import batches, scratch
from tgtui.analytics.exporting.streaming import Stream
from tgtui.analytics.place import Place
from tgtui.analytics.steps import AnalyticsStep, Tell
from tgtui.analytics.tables.committing import commit_files
from tgtui.analytics.tables.lake import Lake, stamp
from tgtui.analytics.tables.writing import DataFiles
from tgtui.data.exporting import sources
from tgtui.data.exporting.reading import Snapshot, snapshot
from tgtui.data.exporting.sources import Source
from tgtui.data.storage.database import Database

ORDER = (*STATE[:-1], "interactions", STATE[-1])
"""In which tables are committed: the last one makes an export complete."""
SAME = 'hash(interaction_id, package_id, registry, name, kind, person, "at")'
KINDS = {"time": "TIMESTAMP", "date": "DATE"}

VERSIONS = """
    SELECT {day} AS day, CAST({id} AS VARCHAR) AS version_id, CAST({package_id} AS VARCHAR) AS package_id,
           CAST(p.registry AS VARCHAR) AS registry, p.name, {version} AS version, {published_at} AS published_at,
           {is_prerelease} AS is_prerelease, {is_yanked} AS is_yanked,
           coalesce({id} = p.latest_version_id, false) AS is_latest
    FROM source AS s JOIN package AS p ON p.id = {package_id}
"""
DEPENDENCIES = """
    SELECT {day} AS day, CAST({version_id} AS VARCHAR) AS version_id, CAST({package_id} AS VARCHAR) AS package_id,
           {dependency_registry} AS target_registry, {dependency_name} AS target_name,
           {dependency_version_range} AS range,
           CASE WHEN t.id IS NOT NULL THEN CAST({resolved_version_id} AS VARCHAR) END AS target_version_id,
           CAST(t.id AS VARCHAR) AS target_package_id, {dependency_type} AS type, {use} AS use,
           {is_optional} AS is_optional, {is_followed} AS is_followed
    FROM source AS s LEFT JOIN package AS t ON t.id = {dependency_package_id}
"""
PACKAGE = """
    CREATE TABLE package AS
    SELECT {id} AS id, s.number, CAST({registry} AS registries) AS registry, {name} AS name,
           {description} AS description, {created_at} AS first_seen, {latest_version_id} AS latest_version_id,
           {latest_version} AS latest_version, {latest_published_at} AS latest_published_at,
           coalesce({is_deprecated}, false) AS is_deprecated, {versions} AS versions, {tags} AS tags
    FROM source AS s
"""
PACKAGES = """
    SELECT {day} AS day, CAST(id AS VARCHAR) AS package_id, number, CAST(registry AS VARCHAR) AS registry, name,
           latest_version, CAST(latest_version_id AS VARCHAR) AS latest_version_id, description, is_deprecated,
           versions, first_seen, latest_published_at, tags
    FROM package
"""
INTERACTION = """
    CREATE TABLE interaction AS
    SELECT {id} AS id, {package_id} AS package_id, {account_id} AS account_id, {kind} AS kind, {day_} AS day,
           {created_at} AS "at"
    FROM source AS s
"""
INTERACTIONS = """
    SELECT i.day, CAST(i.id AS VARCHAR) AS interaction_id, CAST(i.package_id AS VARCHAR) AS package_id,
           CAST(p.registry AS VARCHAR) AS registry, p.name, i.kind, a.person, i."at"
    FROM interaction AS i JOIN package AS p ON p.id = i.package_id LEFT JOIN person AS a ON a.id = i.account_id
"""


class Exported(Struct, frozen=True):
    """What an export wrote."""

    id: str
    day: date
    at: datetime
    """The moment it is of, by the database's clock."""
    rows: dict[str, int] = field(default_factory=dict)
    """By table; of interactions those of changed days only."""
    interaction_days: int = 0
    """How many days of interactions were new or had changed."""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "day": self.day.isoformat(),
            "at": self.at.isoformat(),
            "rows": dict(sorted(self.rows.items())),
            "interaction_days": self.interaction_days,
            "seconds": round(self.seconds, 1),
        }


class Sink(Protocol):
    """Where the rows of a table go."""

    rows: int

    def write(
        self, day: str, batches: Iterable[pa.RecordBatch], check: Callable[[], None], /
    ) -> None: ...


def export_plain(database: Database, place: Place, folder: Path, tell: Tell) -> Exported:
    """Write the tables of the catalogue as plain files into a folder, in place of older ones. The same errors.

    All or nothing, but for a program that is killed while the files get their names.
    """
    started = time.monotonic()
    files = {name: PlainFile(folder, name) for name in ORDER}
    try:
        with refusals(place, "write the files", ""), scratch(place) as connection:
            with snapshot(database) as read:
                _read_all(connection, read, files, place, tell)
            with closing(batches(connection.sql(INTERACTIONS))) as found:
                files["interactions"].write(
                    "",
                    found,
                    lambda: tell(AnalyticsStep("interactions", files["interactions"].rows)),
                )
        for each in files.values():
            each.finish()
    finally:
        for each in files.values():
            each.discard()
    rows = {name: each.rows for name, each in files.items()}
    return Exported("", read.now.date(), read.now, rows, 0, time.monotonic() - started)


def export(database: Database, lake: Lake, tell: Tell) -> Exported:
    """The whole of it; the caller holds the lock. AnalyticsError, DatabaseError, and what `tell` raises.

    Nothing is committed before everything was read.
    """
    started = time.monotonic()
    id = uuid4().hex
    tell(AnalyticsStep("opening"))
    tables = {name: lake.made(name) for name in ORDER}
    files = {name: DataFiles(table, id) for name, table in tables.items()}
    try:
        with ExitStack() as work:
            work.enter_context(refusals(lake.place, "write the tables", "TABLE_WRITE_DATA"))
            connection = work.enter_context(scratch(lake.place))
            with snapshot(database) as read:
                day = read.now.date()
                _read_all(connection, read, files, lake.place, tell)
            changed = _interactions(connection, lake, files["interactions"], tell)
        marks = stamp(id, day, read.now)
        for name in ORDER:
            tell(AnalyticsStep("committing"))
            is_state = name in STATE
            days = [day] if is_state else changed
            if is_state or days:
                after = day if is_state else None
                commit_files(lake, name, days, files[name], marks, after=after)
    finally:
        for each in files.values():
            each.discard()
    rows = {name: each.rows for name, each in files.items()}
    return Exported(id, day, read.now, rows, len(changed), time.monotonic() - started)


def _read_all(
    connection: duckdb.DuckDBPyConnection,
    read: Snapshot,
    files: Mapping[str, Sink],
    place: Place,
    tell: Tell,
) -> None:
    """Write all but interactions, which are gathered as a table: which of them are needed is not known yet."""
    day = read.now.date()
    _packages(connection, read, files["packages"], day, tell)
    source = sources.versions_source()
    _joined(connection, read, source, VERSIONS, files["versions"], day, tell)
    source = sources.dependencies_source()
    _joined(connection, read, source, DEPENDENCIES, files["dependencies"], day, tell)
    _load_interactions(connection, read, place, tell)


def _packages(
    connection: duckdb.DuckDBPyConnection, read: Snapshot, files: Sink, day: date, tell: Tell
) -> None:
    """Everything else is joined to them."""
    source = sources.packages_source()
    names = ", ".join(f"'{name}'" for name in sources.REGISTRIES)
    connection.execute(f"CREATE TYPE registries AS ENUM ({names})")
    with _reading(connection, read, source, "packages", tell, numbered="number") as stream:
        connection.execute(PACKAGE.format(**_expressions(stream, source)))
    stream.finish()
    query = PACKAGES.format(day=_literal(day))
    _write(connection, query, files, day, lambda: tell(AnalyticsStep("packages", stream.count)))


def _joined(
    connection: duckdb.DuckDBPyConnection,
    read: Snapshot,
    source: Source,
    query: str,
    files: Sink,
    day: date,
    tell: Tell,
) -> None:
    stage = "versions" if query is VERSIONS else "dependencies"
    with _reading(connection, read, source, stage, tell) as stream:
        query = query.format(day=_literal(day), **_expressions(stream, source))
        _write(connection, query, files, day, lambda: tell(AnalyticsStep(stage, stream.count)))
    stream.finish()


def _write(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    files: Sink,
    day: date,
    check: Callable[[], None],
) -> None:
    # Closed, DuckDB takes no more from where it reads.
    with closing(batches(connection.sql(query))) as found:
        files.write(day.isoformat(), found, check)


def _load_interactions(
    connection: duckdb.DuckDBPyConnection, read: Snapshot, place: Place, tell: Tell
) -> None:
    source = sources.interactions_source()
    with _reading(connection, read, source, "interactions", tell) as stream:
        expressions = _expressions(stream, source)
        connection.execute(INTERACTION.format(day_=expressions.pop("day"), **expressions))
    stream.finish()
    accounts = connection.execute(
        "SELECT DISTINCT account_id FROM interaction WHERE account_id IS NOT NULL"
    ).fetchall()
    key = key_of(place) if accounts else b""
    known = pa.table(
        {
            "id": pa.array([str(id) for (id,) in accounts], pa.string()),
            "person": pa.array([pseudonym(key, id) for (id,) in accounts], pa.string()),
        }
    )
    connection.register("known", known)
    connection.execute("CREATE TABLE person AS SELECT CAST(id AS UUID) AS id, person FROM known")
    connection.unregister("known")


def _interactions(
    connection: duckdb.DuckDBPyConnection, lake: Lake, files: DataFiles, tell: Tell
) -> list[date]:
    """Write the days that differ from what the table has; returns them, with those of which nothing is left."""
    connection.register("before", lake.made("interactions").scan().to_arrow_batch_reader())
    columns = ", ".join(
        f'CAST("{name}" AS {KINDS.get(type, "VARCHAR")}) AS "{name}"'
        for name, type in COLUMNS["interactions"].items()
    )
    marked = f"SELECT day, count(*) AS rows, bit_xor({SAME}) AS mark FROM ({{}}) GROUP BY day"
    connection.execute(f"CREATE TABLE now AS {marked.format(INTERACTIONS)}")
    connection.execute(f"CREATE TABLE past AS {marked.format(f'SELECT {columns} FROM before')}")
    connection.unregister("before")
    found = connection.execute(
        "SELECT coalesce(n.day, p.day) FROM now AS n FULL JOIN past AS p ON p.day = n.day"
        " WHERE n.rows IS DISTINCT FROM p.rows OR n.mark IS DISTINCT FROM p.mark ORDER BY 1"
    ).fetchall()
    changed: list[date] = [each for (each,) in found]
    if not changed:
        return []
    connection.execute("CREATE TABLE changed (day DATE)")
    connection.executemany("INSERT INTO changed VALUES (?)", [[each] for each in changed])
    query = f"SELECT * FROM ({INTERACTIONS}) SEMI JOIN changed USING (day) ORDER BY day"
    done = 0

    def check() -> None:
        tell(AnalyticsStep("interactions", done))

    with closing(batches(connection.sql(query))) as found_rows:
        for day, some in _by_day(found_rows):
            files.write(day.isoformat(), some, check)
            done = files.rows
    return changed


def _by_day(sorted_batches: pa.RecordBatchReader) -> Iterator[tuple[date, list[pa.RecordBatch]]]:
    """Batches of one day together; a day's interactions fit into memory."""
    day: date | None = None
    gathered: list[pa.RecordBatch] = []
    for batch in sorted_batches:
        days = batch.column("day")
        start = 0
        for run_end, value in _runs(days):
            if value != day and gathered:
                assert day is not None
                yield day, gathered
                gathered = []
            day = value
            gathered.append(batch.slice(start, run_end - start))
            start = run_end
    if gathered and day is not None:
        yield day, gathered


def _runs(days: pa.Array) -> Iterator[tuple[int, Any]]:
    import pyarrow.compute as pc

    runs = pc.run_end_encode(days)
    yield from zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True)


@contextmanager
def _reading(
    connection: duckdb.DuckDBPyConnection,
    read: Snapshot,
    source: Source,
    stage: str,
    tell: Tell,
    numbered: str = "",
) -> Iterator[Stream]:
    """The source as a table `source` that can be read once."""
    with Stream(read, source, lambda count: tell(AnalyticsStep(stage, count)), numbered) as stream:
        connection.register("source", stream.reader)
        try:
            yield stream
        finally:
            connection.unregister("source")


def _expressions(stream: Stream, source: Source) -> dict[str, str]:
    return {column: stream.typed(column) for column in source.columns}


def _literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
