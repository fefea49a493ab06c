"""Commits changes of a table, each as one: another writer may come in between, and an answer may be lost."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from datetime import date
from uuid import uuid4

import requests
from pydantic import ValidationError as AnswerUnreadable
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    ForbiddenError,
    NoSuchNamespaceError,
    NoSuchTableError,
    RESTError,
    ServerError,
    ServiceUnavailableError,
    ValidationException,
)
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from tgtui.analytics.catalogs.refusals import gone, refusals
from tgtui.analytics.columns import DAY
from tgtui.analytics.errors import AnalyticsError, CatalogRefused, LostRace, OutcomeUnknown
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.writing import DataFiles

ATTEMPTS = 3
"""The first, once more when somebody else's commit came between, and once more for luck: exports are rare."""
COMMIT = "tgtui.commit"
"""The property of a snapshot by which a commit is found whose answer was lost."""
LOOK_AFTER_S = (0.2, 1.0, 3.0, 6.0, 10.0, 20.0)
"""Seconds between looks at a catalog that went away in a commit."""

UNKNOWN = (
    requests.RequestException,
    CommitStateUnknownException,
    ServerError,
    ServiceUnavailableError,
    AnswerUnreadable,
)
"""What a commit raises that may have been made all the same."""

log = logging.getLogger("tgtui.analytics")

Sleep = Callable[[float], None]


def commit_files(
    lake: Lake,
    name: str,
    days: Collection[date],
    files: DataFiles,
    stamp: Mapping[str, str],
    *,
    after: date | None = None,
    attempts: int = ATTEMPTS,
) -> None:
    """`replace_days` by files that were just written: deleted if they were surely not committed, else left alone."""
    try:
        replace_days(lake, name, days, files.written(), stamp, after=after, attempts=attempts)
    except (CatalogRefused, LostRace):
        files.discard()
        raise
    finally:
        # The table may refer to them; if it does not, they go with what is too old.
        files.keep()


def replace_days(
    lake: Lake,
    name: str,
    days: Collection[date],
    files: Collection[DataFile],
    stamp: Mapping[str, str],
    *,
    after: date | None = None,
    attempts: int = ATTEMPTS,
    sleep: Sleep = time.sleep,
) -> None:
    """Let these days consist of these files, in one commit; days later than `after` go with it.

    LostRace, OutcomeUnknown, CatalogRefused.
    """
    gone = days_filter(days, after)

    def change(transaction: Transaction, properties: dict[str, str]) -> None:
        if gone:
            transaction.delete(gone, snapshot_properties=properties)
        # Also if there are no files: a day without rows was exported too.
        append = transaction.update_snapshot(snapshot_properties=properties).merge_append()
        with append:
            for file in files:
                append.append_data_file(file)

    commit(lake, name, change, stamp, attempts=attempts, sleep=sleep)


def days_filter(days: Collection[date], after: date | None = None) -> str:
    """Of these days and those later than `after`, in pyiceberg's words; empty if there are none."""
    ways = []
    if days:
        listed = ", ".join(f"'{day.isoformat()}'" for day in sorted(days))
        ways.append(f"{DAY} in ({listed})")
    if after is not None:
        ways.append(f"{DAY} > '{after.isoformat()}'")
    return " or ".join(ways)


def commit(
    lake: Lake,
    name: str,
    change: Callable[[Transaction, dict[str, str]], None],
    stamp: Mapping[str, str],
    *,
    attempts: int = ATTEMPTS,
    sleep: Sleep = time.sleep,
) -> None:
    """Make `change(transaction, properties of its snapshots)` one commit. The same errors."""
    mark = uuid4().hex
    properties = {**stamp, COMMIT: mark}
    table = lake.made(name)
    for attempt in range(1, attempts + 1):
        try:
            with (
                refusals(lake.place, f"write the table {name}", "TABLE_WRITE_DATA"),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                _try(table, change, properties)
            return
        except (CommitFailedException, ValidationException):
            log.info("another writer changed %s meanwhile", name)
            if attempt == attempts:
                break
            lake.refresh(name)
        except _Away as error:
            log.info("the catalog went away while %s was committed", name)
            if _has_landed(lake, name, mark, error.cause, sleep):
                return
            if attempt == attempts:
                raise OutcomeUnknown(
                    "The catalog went away each time a day was committed; nothing of it is there. Try again later."
                ) from error
    raise LostRace(
        f"Other writers kept changing the table {name}; the day is as they left it. Try again in a moment."
    )


class _Away(Exception):
    """No answer came, so that the commit may have been made."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _try(
    table: Table,
    change: Callable[[Transaction, dict[str, str]], None],
    properties: dict[str, str],
) -> None:
    transaction = table.transaction()
    change(transaction, properties)
    try:
        transaction.commit_transaction()
    except UNKNOWN as error:
        raise _Away(error) from error


def _has_landed(lake: Lake, name: str, mark: str, cause: Exception, sleep: Sleep) -> bool:
    """Look for the mark in the table as it is now. OutcomeUnknown if the catalog stays away."""
    for pause in LOOK_AFTER_S:
        sleep(pause)
        try:
            table = lake.made(name).refresh()
        except ForbiddenError:
            break
        except (NoSuchTableError, NoSuchNamespaceError) as error:
            raise AnalyticsError(gone(lake.place, f"write the table {name}")) from error
        except (requests.RequestException, RESTError, OSError):
            continue
        return any(
            snapshot.summary is not None and snapshot.summary[COMMIT] == mark
            for snapshot in table.snapshots()
        )
    raise OutcomeUnknown(
        f"The catalog went away while the table {name} was committed, and does not come back: whether the day was"
        " replaced shows when it is there again. Export once more then."
    ) from cause
