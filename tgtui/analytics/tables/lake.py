"""Opens the tables, makes those that are missing, and refuses those that are not ours or were changed."""

from __future__ import annotations

import logging
import warnings
from datetime import UTC, date, datetime
from functools import cached_property

from msgspec import Struct
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    ForbiddenError,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot, ancestors_of
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    IcebergType,
    IntegerType,
    NestedField,
    StringType,
    TimestampType,
)

from tgtui.analytics.catalogs.local import open_local
from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.catalogs.rest import open_rest
from tgtui.analytics.columns import COLUMNS, DAY, STATE, Type
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place

FORMAT = 1
"""Of our tables; a newer program may raise it."""
OURS = "tgtui.format"
"""The property of a table that we made: its format. Only files of such a table are ever deleted."""
EXPORT = "tgtui.export"
"""The property of a snapshot that names the export after which the table is so."""
EXPORT_DAY = "tgtui.day"
"""The property of a snapshot that names the day of that export."""
EXPORTED_AT = "tgtui.at"
"""The property of a snapshot: the database's time at which the export read."""

TYPES: dict[Type, IcebergType] = {
    "date": DateType(),
    "text": StringType(),
    "int": IntegerType(),
    "flag": BooleanType(),
    "time": TimestampType(),
    "number": DoubleType(),
}
PROPERTIES = {
    OURS: str(FORMAT),
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # One small manifest for each day would have to be read to plan each query.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    "commit.retry.num-retries": "4",
}

log = logging.getLogger("tgtui.analytics")


class Export(Struct, frozen=True):
    """An export that every table of state has."""

    id: str
    day: date
    at: datetime
    """The time of the database at which it was read."""
    snapshots: dict[str, int]
    """By table of state."""


class Lake:
    """The tables of a place, opened when they are first asked for."""

    def __init__(self, place: Place) -> None:
        """AnalyticsError if the catalog can't be used."""
        _quiet()
        self.place = place
        self.catalog: Catalog = open_local(place) if place.is_local else open_rest(place)
        self._tables: dict[str, Table] = {}

    def close(self) -> None:
        """Give up its connections."""
        self.catalog.close()

    @cached_property
    def namespace(self) -> str:
        return self.place.settings.namespace

    def table(self, name: str) -> Table | None:
        """One of TABLES as it is now; None if it was never made. AnalyticsError if it can't be used."""
        known = self._tables.get(name)
        if known is not None:
            return known
        try:
            with refusals(self.place, f"read the table {name}", "TABLE_READ_DATA"):
                found = self.catalog.load_table((self.namespace, name))
        except (NoSuchTableError, NoSuchNamespaceError):
            return None
        _require_ours(found, f"{self.namespace}.{name}", COLUMNS[name])
        self._tables[name] = found
        return found

    def made(self, name: str) -> Table:
        """The same, made if it is missing."""
        found = self.table(name)
        if found is not None:
            return found
        self._make_namespace()
        schema, spec = _schema(COLUMNS[name])
        try:
            with refusals(self.place, f"create the table {name}", "TABLE_CREATE"):
                self.catalog.create_table(
                    (self.namespace, name), schema, partition_spec=spec, properties=PROPERTIES
                )
        except TableAlreadyExistsError:
            log.info("another program made the table %s meanwhile", name)
        made = self.table(name)
        assert made is not None
        return made

    def refresh(self, name: str) -> Table:
        """Load a table anew, to see what others committed."""
        table = self.made(name)
        with refusals(self.place, f"read the table {name}", "TABLE_READ_DATA"):
            table.refresh()
        return table

    def newest_export(self) -> Export | None:
        """The newest export that every table of state has: one that was interrupted does not count."""
        found: list[dict[str, Snapshot]] = []
        for name in STATE:
            table = self.table(name)
            if table is None:
                return None
            found.append(_by_export(table))
        for id, newest in found[0].items():
            if all(id in each for each in found):
                summary = newest.summary
                assert summary is not None
                return Export(
                    id,
                    date.fromisoformat(summary[EXPORT_DAY] or ""),
                    datetime.fromisoformat(summary[EXPORTED_AT] or ""),
                    {name: each[id].snapshot_id for name, each in zip(STATE, found, strict=True)},
                )
        return None

    def is_interrupted(self) -> bool:
        """Whether the last export did not get as far as to all tables of state."""
        newest = self.newest_export()
        tables = [table for name in STATE if (table := self.table(name)) is not None]
        heads = {next(iter(_by_export(table)), None) for table in tables}
        return heads - {None} != ({newest.id} if newest is not None else set())

    def _make_namespace(self) -> None:
        # Creating it fails without the right to, even if it is there: so it is looked for first.
        try:
            with refusals(self.place, "look for the namespace", "NAMESPACE_CREATE"):
                try:
                    if self.catalog.namespace_exists(self.namespace):
                        return
                except ForbiddenError:
                    return  # a missing one would have been said to be missing
                self.catalog.create_namespace(self.namespace)
        except NamespaceAlreadyExistsError:
            pass


def _by_export(table: Table) -> dict[str, Snapshot]:
    """The newest snapshot of each export, the newest export first."""
    found: dict[str, Snapshot] = {}
    current = table.current_snapshot()
    for snapshot in ancestors_of(current, table.metadata) if current is not None else ():
        summary = snapshot.summary
        if summary is not None and (id := summary[EXPORT]):
            found.setdefault(id, snapshot)
    return found


def _schema(columns: dict[str, Type]) -> tuple[Schema, PartitionSpec]:
    fields = [
        NestedField(place, name, TYPES[type], required=False)
        for place, (name, type) in enumerate(columns.items(), 1)
    ]
    spec = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), DAY))
    return Schema(*fields), spec


def _require_ours(table: Table, name: str, columns: dict[str, Type]) -> None:
    """AnalyticsError for a table of others, of a newer program, or with other columns."""
    away = "choose another analytics.namespace, or drop or rename that table"
    format = table.properties.get(OURS)
    if format is None:
        raise AnalyticsError(f"The table {name} was not made by tgtui; {away}.")
    if not format.isdecimal() or int(format) > FORMAT:
        raise AnalyticsError(
            f"The table {name} was made by a newer tgtui (format {format}); update tgtui on this machine."
        )
    schema = table.schema()
    for column, type in columns.items():
        known = schema.find_field(column) if column in schema.column_names else None
        if known is None or known.field_type != TYPES[type] or known.required:
            raise AnalyticsError(
                f"The table {name} was changed by someone else: its column {column} is not as tgtui made it;"
                f" {away}."
            )
    fields = table.spec().fields
    if [(each.name, str(each.transform)) for each in fields] != [(DAY, "identity")]:
        raise AnalyticsError(
            f"The table {name} was changed by someone else: it is no longer partitioned by day; {away}."
        )
    more = [each for each in schema.fields if each.name not in columns and each.required]
    if more:
        raise AnalyticsError(
            f"The table {name} was changed by someone else: its column {more[0].name} must have a value; {away}."
        )


def _quiet() -> None:
    """What pyiceberg warns of is known: deletes that match nothing, files that a server has removed itself."""
    for name in ("pyiceberg.io", "pyiceberg.utils", "pyiceberg.catalog", "pyiceberg.table"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"pyiceberg\..*")
    warnings.filterwarnings("ignore", message="Delete operation did not match any records")


def stamp(id: str, day: date, at: datetime) -> dict[str, str]:
    """Properties of each snapshot of an export."""
    return {EXPORT: id, EXPORT_DAY: day.isoformat(), EXPORTED_AT: at.astimezone(UTC).isoformat()}
