"""Removes what is too old: days, snapshots, and their files. Only files of tables that we made are ever deleted.

Each step leaves the tables whole: what a killed program did not get to is found again by looking at the folders.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlparse

import pyarrow as pa
from msgspec import Struct
from pyarrow.fs import FileSelector
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.columns import STATE, TABLES
from tgtui.analytics.errors import LostRace
from tgtui.analytics.tables.committing import commit, commit_files, days_filter
from tgtui.analytics.tables.lake import EXPORT, EXPORT_DAY, EXPORTED_AT, OURS, Lake
from tgtui.analytics.tables.writing import PREFIX, DataFiles

SMALL_BYTES = 16_000_000
"""A day with several files of less than this is written anew as one."""
COMPACTED = "0"
"""In the names of such files, where others have the export's id."""
STRAY_AFTER = timedelta(hours=24)
"""Age at a shared catalog from which a file that nothing refers to belongs to no commit that still runs."""
OUR_FILES = re.compile(
    rf"{PREFIX}[0-9a-f-]+\.parquet|[0-9a-f-]{{36}}-m\d+\.avro|snap-\d+-\d+-[0-9a-f-]{{36}}\.avro"
    r"|\d{5,}-[0-9a-f-]{36}\.metadata\.json"
)
"""Names of files that exports, and commits of ours, write."""

log = logging.getLogger("tgtui.analytics")


class Tidied(Struct, frozen=True):
    """What was removed."""

    days: int = 0
    snapshots: int = 0
    files: int = 0


def tidy(lake: Lake, today: date, now: datetime, check: Callable[[], None]) -> Tidied:
    """All tables that exist; the caller holds the lock. `now` is this machine's time, by which snapshots are dated.

    `check` may raise between the steps. AnalyticsError.
    """
    days = snapshots = files = 0
    for name in TABLES:
        table = lake.table(name)
        if table is None or OURS not in table.properties:
            continue
        with refusals(lake.place, f"tidy the table {name}", "TABLE_WRITE_DATA"):
            check()
            days += _drop_days(lake, name, today)
            check()
            _compact(lake, name, check)
            check()
            snapshots += _expire(lake, name, now)
            check()
            files += _sweep(lake, lake.refresh(name), now)
    return Tidied(days, snapshots, files)


def _drop_days(lake: Lake, name: str, today: date) -> int:
    """Days past their retention. Interactions stay for as long as the catalogue has them."""
    chosen = lake.place.settings
    kept = {**dict.fromkeys(STATE, chosen.retention_days), "results": chosen.results_days}.get(name)
    if kept is None:
        return 0
    oldest = today - timedelta(days=kept)
    table = lake.made(name)
    old = [day for day in files_by_day(table) if day is not None and day < oldest]
    if old:
        gone = days_filter(old)

        def change(transaction: Transaction, properties: dict[str, str]) -> None:
            transaction.delete(gone, snapshot_properties=properties)

        commit(lake, name, change, _stamp_of(table))
    return len(old)


def _compact(lake: Lake, name: str, check: Callable[[], None]) -> None:
    """Days of several small files, which other engines may have written, are written as one."""
    table = lake.made(name)
    for day, found in files_by_day(table).items():
        small = [file for file in found if file.file_size_in_bytes < SMALL_BYTES]
        if day is None or len(small) < 2:
            continue
        files = DataFiles(table, COMPACTED)
        found_rows = table.scan(days_filter([day])).to_arrow_batch_reader()
        try:
            files.write(day.isoformat(), found_rows, check)
        except BaseException:
            files.discard()
            raise
        try:
            # Once only: what was read before another writer came is not put in the place of what that one wrote.
            commit_files(lake, name, [day], files, _stamp_of(table), attempts=1)
        except LostRace:
            log.info("another writer replaced a day of %s meanwhile", name)


def _expire(lake: Lake, name: str, now: datetime) -> int:
    """Snapshots that no one reads any more: not the newest, and not one that the newest complete export is read at."""
    table = lake.refresh(name)
    oldest = (now - timedelta(hours=lake.place.settings.snapshot_hours)).timestamp() * 1000
    newest = lake.newest_export()
    kept = {ref.snapshot_id for ref in table.refs().values()}
    if newest is not None and name in newest.snapshots:
        kept.add(newest.snapshots[name])
    old = [
        each.snapshot_id
        for each in table.snapshots()
        if each.snapshot_id not in kept and each.timestamp_ms <= oldest
    ]
    if not old:
        return 0
    try:
        table.maintenance.expire_snapshots().by_ids(old).commit()
    except CommitFailedException:
        return 0  # another writer was faster; they expire next time
    return len(old)


def _sweep(lake: Lake, table: Table, now: datetime) -> int:
    """Delete the files of ours in its folders that no snapshot refers to."""
    # On this machine the lock keeps other writers out.
    newest = now if lake.place.is_local else now - STRAY_AFTER
    return delete_files(table, set(_referred(table)), newest)


def delete_files(table: Table, needed: Collection[str] = (), until: datetime | None = None) -> int:
    """Delete the files of ours in the folders of a table that we made, but for those needed; returns how many.

    `until` spares those that were changed later.
    """
    if OURS not in table.properties or not isinstance(table.io, PyArrowFileIO):
        return 0
    kept = {_plain(path) for path in needed}
    deleted = 0
    for folder in ("data", "metadata"):
        place = f"{table.location()}/{folder}"
        for path, changed in _listed(table.io, place):
            of = _checked(path)
            is_ours = OUR_FILES.fullmatch(PurePosixPath(of).name) is not None
            if _plain(of) in kept or not is_ours or (until is not None and changed > until):
                continue
            try:
                table.io.delete(_address(place, path))
            except FileNotFoundError:
                continue
            deleted += 1
    return deleted


def _referred(table: Table) -> Iterator[str]:
    """Every file that the table needs."""
    metadata = table.metadata
    yield table.metadata_location
    yield from (each.metadata_file for each in metadata.metadata_log)
    seen: set[str] = set()
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path
    for statistics in metadata.statistics:
        yield statistics.statistics_path


def _listed(io: PyArrowFileIO, folder: str) -> Iterator[tuple[str, datetime]]:
    """(path without a scheme, time of its last change) of every file below a folder."""
    scheme, netloc, path = PyArrowFileIO.parse_location(folder, io.properties)
    found: Iterable[pa.fs.FileInfo] = io.fs_by_scheme(scheme, netloc).get_file_info(
        FileSelector(path, recursive=True, allow_not_found=True)
    )
    for each in found:
        if each.is_file and each.mtime is not None:
            yield each.path, each.mtime


def _checked(path: str) -> str:
    """The file that Hadoop's checksum beside it, `.name.crc`, is of; else the path itself."""
    found = PurePosixPath(path)
    if found.name.startswith(".") and found.suffix == ".crc":
        return str(found.with_name(found.name[1 : -len(".crc")]))
    return path


def _address(folder: str, path: str) -> str:
    """A listed path as the table writes its own."""
    scheme = urlparse(folder).scheme
    return f"{scheme}://{path}" if scheme and not folder.startswith("/") else path


def _plain(path: str) -> str:
    """Without a scheme: `file:/a`, `file:///a` and `/a` are one file."""
    if path.startswith("/"):
        return path
    parsed = urlparse(path)
    return f"{parsed.netloc}{parsed.path}" if parsed.scheme else path


def files_by_day(table: Table) -> dict[date | None, list[DataFile]]:
    """The data files of the newest snapshot; those that another engine wrote without a day under None."""
    found: dict[date | None, list[DataFile]] = defaultdict(list)
    for task in table.scan().plan_files():
        value = task.file.partition[0]
        day = (
            date.fromordinal(date(1970, 1, 1).toordinal() + value)
            if isinstance(value, int)
            else value
        )
        found[day].append(task.file)
    return found


def _stamp_of(table: Table) -> dict[str, str]:
    """Of the export that the table is of: tidying changes nothing of it."""
    head = table.current_snapshot()
    summary = head.summary if head is not None else None
    names = (EXPORT, EXPORT_DAY, EXPORTED_AT)
    return {name: value for name in names if summary is not None and (value := summary[name])}
