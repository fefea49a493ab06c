"""Analytics as people and the app use them: export, refresh, status, SQL, clear. Imports pyiceberg, DuckDB and Arrow,
so only processes import it that do nothing else; `refreshing.py` runs one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from msgspec import Struct

from tgtui.analytics.answers.computing import compute
from tgtui.analytics.catalogs.local import exists
from tgtui.analytics.clearing import clear
from tgtui.analytics.exporting.export import Exported, export, export_plain
from tgtui.analytics.exporting.people import key_of, pseudonym
from tgtui.analytics.lock import locked
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.steps import AnalyticsStep, Tell
from tgtui.analytics.tables.lake import Export, Lake
from tgtui.analytics.tables.results import read_results, write_results
from tgtui.analytics.tables.status import TableStatus, table_status
from tgtui.analytics.tables.tidying import tidy
from tgtui.analytics.views import views
from tgtui.basics import clock
from tgtui.basics.errors import UsageError
from tgtui.basics.files.private import make_folder
from tgtui.basics.files.trouble import why
from tgtui.basics.settings import Settings
from tgtui.data.insights.people import taking_part
from tgtui.data.insights.storing import store
from tgtui.data.storage.database import Database
from tgtui.data.storage.times import database_now
from tgtui.data.views.insights import Result
from tgtui.identity.oidc.keeping.keyring import secret_of
from tgtui.identity.people import Person
from tgtui.identity.roles import require
from tgtui.services.opening import prepare_database, who_is_there
from tgtui.versions.npm.platform import Platform


class Refreshed(Struct, frozen=True):
    """What a refresh did."""

    day: date
    at: datetime
    """The moment it is of, by the database's clock."""
    exported: Exported | None
    """None if the newest export was young enough."""
    results: int


class Status(Struct, frozen=True):
    """What is where, how large, and of when."""

    catalog: str
    """`local` or `rest`."""
    where: str
    namespace: str
    day: date | None
    """Of the newest complete export; None if there is none."""
    exported_at: datetime | None
    is_interrupted: bool
    """The last export did not get as far as to all tables; the one before it is read."""
    tables: list[TableStatus]
    bytes: int
    """Of the files that the tables need now."""
    disk_bytes: int
    """Of all that is in this machine's folder, what is replaced and not yet removed included."""
    retention_days: int


def place_for(settings: Settings) -> Place:
    """With the keyring's credential if the settings have none. SettingsError."""
    place = place_of(settings)
    if place.is_local or place.credential is not None:
        return place
    return place_of(settings, secret_of(entry_of(place)))


def entry_of(place: Place) -> str:
    """The name under which the keyring has the credential."""
    return f"analytics at {place.settings.uri}"


def export_catalogue(settings: Settings, tell: Tell, person: Person | None = None) -> Exported:
    """Export into the tables of the day, and remove what is too old. NotAllowed without the role worker.

    Waits while another program on this machine exports. AnalyticsError, DatabaseError, and what `tell` raises.
    """
    place = place_for(settings)
    with _opened(settings, person) as database, _held(place, tell), closing(Lake(place)) as lake:
        done = export(database, lake, tell)
        _tidy(lake, done.day, tell)
        return done


def export_to(
    settings: Settings, folder: Path, tell: Tell, person: Person | None = None, *, force: bool
) -> Exported:
    """Write plain Parquet files into a folder, which is made if it is missing. UsageError if files are there already."""
    place = place_for(settings)
    try:
        make_folder(folder)
    except OSError as error:
        raise UsageError(f"The folder {folder} can't be made: {why(error)}.") from None
    there = sorted(folder.glob("*.parquet"))
    if there and not force:
        raise UsageError(f"{there[0]} exists already; replace such files with --force.")
    with _opened(settings, person) as database, _held(place, tell):
        return export_plain(database, place, folder, tell)


def refresh(
    settings: Settings,
    tell: Tell,
    person: Person | None = None,
    *,
    older_than: timedelta | None = None,
    yields: bool = False,
) -> Refreshed | None:
    """Export, compute the answers, and store them in the tables and in the catalogue.

    None if the newest results are younger than `older_than`. Busy if it `yields` to another program. The same errors.
    """
    place = place_for(settings)
    with (
        _opened(settings, person) as database,
        _held(place, tell, yields=yields),
        closing(Lake(place)) as lake,
    ):
        newest = lake.newest_export()
        now = database.read_now(database_now)
        if older_than is not None and newest is not None and now - newest.at < older_than:
            return None
        done = export(database, lake, tell)
        newest = lake.newest_export()
        assert newest is not None
        count = _answer(database, lake, newest, tell, settings)
        _tidy(lake, done.day, tell)
        return Refreshed(done.day, done.at, done, count)


def status_of(settings: Settings) -> Status:
    """Changes nothing. AnalyticsError if the catalog can't be used."""
    place = place_for(settings)
    tables: list[TableStatus] = []
    newest: Export | None = None
    is_interrupted = False
    if not place.is_local or exists(place):
        with closing(Lake(place)) as lake:
            tables = table_status(lake)
            newest = lake.newest_export()
            is_interrupted = lake.is_interrupted()
    return Status(
        place.settings.catalog,
        place.words,
        place.settings.namespace,
        newest.day if newest is not None else None,
        newest.at if newest is not None else None,
        is_interrupted,
        tables,
        sum(each.bytes for each in tables),
        _size_of(place.folder),
        place.settings.retention_days,
    )


@contextmanager
def asking(
    settings: Settings,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Export | None]]:
    """A DuckDB connection with a view of each table, and the export they are of."""
    place = place_for(settings)
    with closing(Lake(place)) as lake, views(lake) as opened:
        yield opened


def clear_tables(settings: Settings, tell: Tell) -> int:
    """Delete the tables that tgtui made at this catalog, with their files; returns how many bytes of the disk are free.

    What the catalogue itself keeps of results stays.
    """
    place = place_for(settings)
    with _held(place, tell):
        before = _size_of(place.folder)
        clear(place)
        return before - _size_of(place.folder)


@contextmanager
def _opened(settings: Settings, person: Person | None) -> Iterator[Database]:
    database = prepare_database(settings).database
    try:
        require(who_is_there(database, person), "worker")
        yield database
    finally:
        database.close()


@contextmanager
def _held(place: Place, tell: Tell, *, yields: bool = False) -> Iterator[None]:
    with locked(place, lambda: tell(AnalyticsStep("waiting")), yields=yields):
        yield


def _tidy(lake: Lake, today: date, tell: Tell) -> None:
    def check() -> None:
        tell(AnalyticsStep("tidying"))

    tidy(lake, today, clock.now(), check)


def _answer(database: Database, lake: Lake, newest: Export, tell: Tell, settings: Settings) -> int:
    """How many rows of results there are now."""
    platform = Platform.of(settings.npm.platform)
    tell(AnalyticsStep("computing"))
    with views(lake) as (connection, _):
        count = write_results(
            lake, newest, compute(connection, database, newest.at, platform), tell
        )
    key = key_of(lake.place)
    people = {pseudonym(key, id): id for id in database.read_now(taking_part)}
    answers = (Result(*row) for row in read_results(lake, newest.day))
    store(database, newest.day, answers, people=people)
    return count


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.lstat().st_size
        except OSError:  # it went meanwhile
            continue
    return total
