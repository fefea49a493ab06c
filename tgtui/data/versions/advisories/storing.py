"""Writes advisories as they are told. One that is told again in the same words is left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, select, update

from tgtui.basics.ids import uuid7
from tgtui.data.models.advisories import (
    advisories,
    advisory_aliases,
    advisory_checks,
    advisory_packages,
    advisory_ranges,
    advisory_sources,
)
from tgtui.data.storage.bulk import DriverForm, DriverKey, insert_ready
from tgtui.data.storage.sql import dialect_of, insert_missing, slices
from tgtui.data.storage.times import database_now
from tgtui.syntax.advisories.grouping import same_flaw
from tgtui.syntax.advisories.orders import order_of, spelled
from tgtui.syntax.advisories.record import Record, read_time
from tgtui.syntax.advisories.severity import severity_of

PARTIAL = ("npm", "pypi")
"""Sources that know least of an advisory: what they tell replaces nobody else's words."""
DIGEST_BYTES = 8
READ_AT_ONCE = 5_000
"""Of hundreds of thousands of digests."""
MAX_SUMMARY_CHARS = 1_000
MAX_DETAILS_CHARS = 20_000
MAX_LINKS = 200
MAX_LINK_CHARS = 2_000

Name = tuple[str, str]
"""(ecosystem, name) of a package, as the tables have it."""

_LOCK = select(func.pg_advisory_xact_lock(0x6164_7669))
"""'advi' in ASCII."""
_JSON = msgspec.json.Encoder()
_ADVISORY = tuple(column.name for column in advisories.columns)
_ALIAS = tuple(column.name for column in advisory_aliases.columns)
_PACKAGE = tuple(column.name for column in advisory_packages.columns)
_RANGE = tuple(column.name for column in advisory_ranges.columns)
_KNOWN = select(
    advisories.c.name,
    advisories.c.id,
    advisories.c.digest,
    advisories.c.modified_at,
    advisories.c.source,
).where(advisories.c.name.in_(bindparam("names", expanding=True)))
_NAMES = (
    select(advisory_packages.c.ecosystem, advisory_packages.c.name)
    .where(advisory_packages.c.advisory_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)


class Told(Struct, frozen=True):
    """A record, and the digest of its text."""

    record: Record
    digest: bytes


def told(record: Record, raw: bytes) -> Told:
    """A record that was read of this text."""
    return Told(record, digest_of(raw))


def digest_of(raw: bytes) -> bytes:
    """Of a record's text."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


class Stored(Struct, frozen=True):
    """What changed."""

    new: int
    changed: int
    names: frozenset[Name]
    """Packages of which something else is known by now."""


def store_advisories(connection: Connection, group: Iterable[Told], source: str) -> Stored:
    """Insert or update them. Older words than those that are here are left out."""
    if dialect_of(connection) == "postgresql":
        connection.execute(_LOCK)  # two programs may be told the same one
    by_name = {each.record.id: each for each in group}
    known: dict[str, Any] = {}
    for some in slices(list(by_name)):
        known.update((row.name, row) for row in connection.execute(_KNOWN, {"names": some}))
    new = [each for name, each in by_name.items() if name not in known]
    changed = [
        (known[name].id, each)
        for name, each in by_name.items()
        if name in known and _is_better(each, known[name], source)
    ]
    names: set[Name] = set()
    for some in slices([id for id, _each in changed]):
        names.update((row[0], row[1]) for row in connection.execute(_NAMES, {"ids": some}))
        # The row itself goes, too: what hangs on it is written anew.
        connection.execute(delete(advisories).where(advisories.c.id.in_(some)))
    rows = _Rows(DriverForm(dialect_of(connection) == "sqlite"), database_now(connection), source)
    for id, each in changed:
        rows.add(each, rows.form.key(id))
    for each, key in zip(new, rows.form.new_keys(len(new)), strict=True):
        rows.add(each, key)
    rows.insert(connection)
    return Stored(len(new), len(changed), frozenset(names | rows.names))


def _is_better(each: Told, known: Any, source: str) -> bool:
    if known.digest == each.digest or (source in PARTIAL and known.source not in PARTIAL):
        return False
    modified = read_time(each.record.modified)
    knows_more = known.source in PARTIAL and source not in PARTIAL
    return knows_more or modified is None or modified >= known.modified_at


def known_digests(connection: Connection, source: str) -> dict[bytes, str]:
    """By the digest of its text, the name of each advisory that this source told last."""
    rows = connection.execute(
        select(advisories.c.name, advisories.c.digest).where(advisories.c.source == source),
        execution_options={"yield_per": READ_AT_ONCE},
    )
    return {row[1]: row[0] for row in rows}


def remove_advisories(connection: Connection, names: Collection[str], source: str) -> set[Name]:
    """Delete those of these that this source told last; the packages they were about."""
    found: set[Name] = set()
    for some in slices(sorted(names)):
        ids = connection.scalars(
            select(advisories.c.id).where(
                advisories.c.name.in_(some), advisories.c.source == source
            )
        ).all()
        found.update((row[0], row[1]) for row in connection.execute(_NAMES, {"ids": ids}))
        connection.execute(delete(advisories).where(advisories.c.id.in_(ids)))
    return found


def note_source(
    connection: Connection,
    source: str,
    ecosystem: str,
    *,
    records: int = 0,
    as_of: datetime | None = None,
    problem: str | None = None,
) -> None:
    """How a try to read a source went. A failed one leaves how fresh it was."""
    row = advisory_sources.c
    values: dict[str, Any] = {"tried_at": database_now(connection), "problem": problem}
    if problem is None:
        values |= {"records": records, "as_of": as_of}
    is_it = (row.source == source, row.ecosystem == ecosystem)
    changed = connection.execute(
        update(advisory_sources).where(*is_it).values(**values).returning(row.id)
    ).all()
    if not changed:
        full = {"records": 0, "as_of": None, **values}
        insert_missing(
            connection,
            advisory_sources,
            [{"id": uuid7(), "source": source, "ecosystem": ecosystem, **full}],
        )


def note_checks(
    connection: Connection,
    package_ids: Sequence[UUID],
    source: str,
    versions: Mapping[UUID, Collection[str]] | None = None,
) -> None:
    """A source answered about these packages just now: about all their versions, or about these alone."""
    now = database_now(connection)

    def listed(id: UUID) -> str | None:
        return None if versions is None else _JSON.encode(sorted(versions.get(id, ()))).decode()

    for some in slices(package_ids):
        connection.execute(
            delete(advisory_checks).where(
                advisory_checks.c.package_id.in_(some), advisory_checks.c.source == source
            )
        )
        insert_missing(
            connection,
            advisory_checks,
            [
                {
                    "id": uuid7(),
                    "package_id": id,
                    "source": source,
                    "as_of": now,
                    "versions": listed(id),
                }
                for id in some
            ],
        )


class _Rows:
    """Rows of many advisories in the driver's form."""

    def __init__(self, form: DriverForm, now: datetime, source: str) -> None:
        self.form = form
        self.names: set[Name] = set()
        self._now = form.time(now)
        self._source = source
        self._advisories: list[Sequence[Any]] = []
        self._aliases: list[Sequence[Any]] = []
        self._packages: list[Sequence[Any]] = []
        self._ranges: list[Sequence[Any]] = []

    def add(self, each: Told, key: DriverKey) -> None:
        record, form = each.record, self.form
        affected = record.affected or ()
        severity = severity_of(record, affected)
        links = [
            (_plain(link.type), _plain(link.url))
            for link in (record.references or ())[:MAX_LINKS]
            if len(link.url) <= MAX_LINK_CHARS
        ]
        self._advisories.append(
            (
                key,
                _plain(record.id),
                self._source,
                each.digest,
                severity.rank,
                severity.score,
                severity.vector,
                record.is_malware,
                _cut(record.summary, MAX_SUMMARY_CHARS),
                _cut(record.details, MAX_DETAILS_CHARS),
                _JSON.encode(links).decode(),
                form.time(read_time(record.modified)),
                form.time(read_time(record.published)),
                form.time(read_time(record.withdrawn) or self._unreadable(record)),
                self._now,
            )
        )
        others = same_flaw(record.aliases or (), record.upstream or ())
        for alias, alias_key in zip(others, form.new_keys(len(others)), strict=True):
            self._aliases.append((alias_key, key, _plain(alias)))
        for entry, entry_key in zip(affected, form.new_keys(len(affected)), strict=True):
            package = entry.package
            if package is None or not package.name or not package.ecosystem:
                continue
            ecosystem, name = (
                _plain(package.ecosystem),
                spelled(package.ecosystem, _plain(package.name)),
            )
            self.names.add((ecosystem, name))
            versions = _JSON.encode(entry.versions).decode() if entry.versions else None
            self._packages.append((entry_key, key, ecosystem, name, versions))
            kept = [r for r in entry.ranges or () if order_of(ecosystem, r.type) is not None]
            for range_, range_key in zip(kept, form.new_keys(len(kept)), strict=True):
                events = _JSON.encode(range_.events).decode()
                self._ranges.append((range_key, entry_key, range_.type, events))

    def _unreadable(self, record: Record) -> datetime | None:
        """Taken back at a time that can't be read."""
        return read_time(record.modified) if record.withdrawn is not None else None

    def insert(self, connection: Connection) -> None:
        for table, columns, rows in (
            (advisories, _ADVISORY, self._advisories),
            (advisory_aliases, _ALIAS, self._aliases),
            (advisory_packages, _PACKAGE, self._packages),
            (advisory_ranges, _RANGE, self._ranges),
        ):
            if rows:
                insert_ready(connection, table, columns, rows)


def _plain(text: str) -> str:
    """Without the one sign that PostgreSQL can't store."""
    return text.replace("\0", "")


def _cut(text: str | None, most: int) -> str | None:
    return _plain(text)[:most] if text else None
