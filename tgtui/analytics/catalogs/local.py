"""The catalog in the data folder. It is only an index: lost or torn, it is made again from the tables' own metadata."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, ValidationError
from pyiceberg.table import StaticTable

from tgtui.analytics.columns import TABLES
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place
from tgtui.basics.files.private import make_folder
from tgtui.basics.files.trouble import why

NAME = "tgtui"
FILE = "catalog.sqlite3"
BESIDE = ("-journal", "-wal", "-shm")
METADATA = re.compile(r"(\d+)-[0-9a-f-]+\.metadata\.json")

BROKEN = (OSError, ValueError, EOFError, ValidationError)
"""What reading a file raises that is gone, or torn."""

log = logging.getLogger("tgtui.analytics")


def open_local(place: Place) -> SqlCatalog:
    """Made if missing. AnalyticsError if the folder can't be used. The caller holds the lock if it may be made again."""
    try:
        make_folder(place.tables)
    except OSError as error:
        raise AnalyticsError(
            f"The folder {place.tables} can't be made: {why(error)}. Set TGTUI_DATA_DIR to a folder you can write to."
        ) from None
    _drop_if_torn(place.folder / FILE)
    # A path in SQLite's own form: whatever signs it has, none ends it.
    uri = f"sqlite:///file:{quote(os.fsencode(place.folder / FILE))}?uri=true"
    catalog = SqlCatalog(NAME, uri=uri, warehouse=str(place.tables))
    for table in TABLES:
        _mend(catalog, place, table)
    return catalog


def exists(place: Place) -> bool:
    """Whether anything was ever exported here."""
    return place.tables.exists()


def _drop_if_torn(file: Path) -> None:
    """Nothing is lost with it."""
    try:
        with closing(
            sqlite3.connect(f"file:{quote(os.fsencode(file))}?mode=ro", uri=True)
        ) as opened:
            is_whole = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.OperationalError:
        return  # it is not there, or can't be opened, which opening it says
    except sqlite3.DatabaseError:
        is_whole = False
    if not is_whole:
        log.warning("the catalog of the tables was damaged and is made again")
        for path in (file, *(file.with_name(file.name + ending) for ending in BESIDE)):
            path.unlink(missing_ok=True)


def _mend(catalog: SqlCatalog, place: Place, table: str) -> None:
    """Make the catalog know a table whose files are there."""
    name = (place.settings.namespace, table)
    try:
        catalog.load_table(name)
        return
    except NoSuchTableError:
        is_known = False
    except BROKEN:  # its metadata is gone, or torn
        is_known = True
    newest = next(_whole_metadata(place.tables / place.settings.namespace / table), None)
    if is_known:
        log.warning("the metadata of %s was damaged; an older one is used", table)
        catalog.drop_table(name)
    if newest is not None:
        with suppress(NamespaceAlreadyExistsError):
            catalog.create_namespace(place.settings.namespace)
        catalog.register_table(name, str(newest))


def _whole_metadata(folder: Path) -> Iterator[Path]:
    """Those that can be read, with their current snapshot, the newest first."""
    found = [
        (int(match[1]), path.stat().st_mtime_ns, path)
        for path in folder.glob("metadata/*.metadata.json")
        if (match := METADATA.fullmatch(path.name))
    ]
    for _number, _time, path in sorted(found, reverse=True):
        try:
            table = StaticTable.from_metadata(str(path))
            current = table.current_snapshot()
            if current is not None:
                current.manifests(table.io)
        except BROKEN:
            continue
        yield path
