"""Advisories of sources that tell only what they are asked about: npm's registry and an index of Python packages. What they
told about other packages stays, and what they do not repeat about a version they answered for goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, select

from tgtui.data.models.advisories import (
    advisories,
    advisory_checks,
    advisory_findings,
    advisory_packages,
    advisory_ranges,
)
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.storing import PARTIAL, Name
from tgtui.syntax.advisories.evaluation import matcher
from tgtui.syntax.advisories.orders import spelled
from tgtui.syntax.advisories.record import Affected, Event, Package, Range, Record

INDEX = "pypi"
"""The source that tells no ranges."""

_EVENTS = msgspec.json.Decoder(tuple[Event, ...])
_VERSIONS = msgspec.json.Decoder(tuple[str, ...])


class _Entry(msgspec.Struct, frozen=True):
    id: UUID
    advisory: str
    name: Name
    affected: Affected


def with_known(connection: Connection, records: Iterable[Record]) -> list[Record]:
    """One record for each id: with what such sources told before about other packages."""
    told: dict[str, list[Record]] = {}
    for each in records:
        told.setdefault(each.id, []).append(each)
    entries = _entries(connection, advisories.c.name, told)
    known: dict[str, list[_Entry]] = {}
    for entry in entries:
        known.setdefault(entry.advisory, []).append(entry)
    return [_joined(some, known.get(id, ())) for id, some in told.items()]


def _joined(told: Sequence[Record], known: Iterable[_Entry]) -> Record:
    affected = [each for record in told for each in record.affected or () if each.package]
    new = {name for each in affected if (name := _name(each)) is not None}
    affected += [entry.affected for entry in known if entry.name not in new]
    # In one order: the same words have to have the same digest.
    affected.sort(key=lambda each: _name(each) or ("", ""))
    return msgspec.structs.replace(told[-1], affected=tuple(affected))


def _name(affected: Affected) -> Name | None:
    package = affected.package
    return (package.ecosystem, spelled(package.ecosystem, package.name)) if package else None


def retract(
    connection: Connection,
    ecosystem: str,
    answered: Mapping[str, Collection[str]],
    told: Collection[tuple[str, str]],
) -> set[Name]:
    """Remove what such a source once told about a version that it answered for and does not say any more; the packages
    it was about. `told` has (advisory, package)."""
    asked = {spelled(ecosystem, name): versions for name, versions in answered.items()}
    still = {(id, spelled(ecosystem, name)) for id, name in told}
    by_advisory: dict[tuple[str, str], list[_Entry]] = {}
    for entry in _entries(connection, advisory_packages.c.name, asked):
        if entry.name[0] == ecosystem and (entry.advisory, entry.name[1]) not in still:
            by_advisory.setdefault((entry.advisory, entry.name[1]), []).append(entry)
    gone: list[UUID] = []
    names: set[Name] = set()
    for (_advisory, name), entries in by_advisory.items():
        affects = matcher(ecosystem, [each.affected for each in entries])
        if any(affects(version) for version in asked[name]):
            gone += [each.id for each in entries]
            names.add((ecosystem, name))
    for some in slices(gone):
        connection.execute(delete(advisory_packages).where(advisory_packages.c.id.in_(some)))
    if gone:
        connection.execute(
            delete(advisories).where(
                advisories.c.source.in_(PARTIAL),
                advisories.c.name.in_({advisory for advisory, _name in by_advisory}),
                ~select(advisory_packages.c.id)
                .where(advisory_packages.c.advisory_id == advisories.c.id)
                .exists(),
            )
        )
    return names


def answered_only(
    connection: Connection, package_ids: Collection[UUID]
) -> dict[tuple[UUID, str], set[str]]:
    """By (package, flaw), of flaws that only an index of Python packages told, which knows no ranges: the versions that
    it answered for or calls fixed. Of all others nothing is known."""
    f, a, c = advisory_findings.c, advisories.c, advisory_checks.c
    advisories_of: dict[tuple[UUID, str], set[UUID]] = {}
    others: set[tuple[UUID, str]] = set()
    answered: dict[UUID, set[str]] = {}
    for some in slices(list(package_ids)):
        for row in connection.execute(
            select(f.package_id, f.flaw, a.id, a.source)
            .join(advisories, a.id == f.advisory_id)
            .where(f.package_id.in_(some))
            .distinct()
        ):
            if row.source == INDEX:
                advisories_of.setdefault((row.package_id, row.flaw), set()).add(row.id)
            else:
                others.add((row.package_id, row.flaw))
        for id, versions in connection.execute(
            select(c.package_id, c.versions).where(
                c.package_id.in_(some), c.source == INDEX, c.versions.is_not(None)
            )
        ):
            answered[id] = set(_VERSIONS.decode(versions or "[]"))
    fixed: dict[UUID, set[str]] = {}
    for some in slices(list({id for ids in advisories_of.values() for id in ids})):
        for id, events in connection.execute(
            select(advisory_packages.c.advisory_id, advisory_ranges.c.events)
            .join(advisory_ranges, advisory_ranges.c.affected_id == advisory_packages.c.id)
            .where(advisory_packages.c.advisory_id.in_(some))
        ):
            named = {event.fixed for event in _EVENTS.decode(events) if event.fixed}
            fixed.setdefault(id, set()).update(named)
    return {
        key: answered.get(key[0], set()).union(*(fixed.get(id, set()) for id in ids))
        for key, ids in advisories_of.items()
        if key not in others
    }


def _entries(connection: Connection, column: Any, values: Collection[str]) -> list[_Entry]:
    a, p = advisories.c, advisory_packages.c
    rows: list[Any] = []
    for some in slices(sorted(values)):
        rows += connection.execute(
            select(p.id, a.name.label("advisory"), p.ecosystem, p.name, p.versions)
            .join(advisories, a.id == p.advisory_id)
            .where(column.in_(some), a.source.in_(PARTIAL))
            .order_by(p.id)
        )
    ranges: dict[UUID, list[Range]] = {}
    r = advisory_ranges.c
    for some in slices([row.id for row in rows]):
        for row in connection.execute(
            select(r.affected_id, r.type, r.events).where(r.affected_id.in_(some)).order_by(r.id)
        ):
            ranges.setdefault(row[0], []).append(Range(row[1], _EVENTS.decode(row[2])))
    return [
        _Entry(
            row.id,
            row.advisory,
            (row.ecosystem, row.name),
            Affected(
                package=Package(row.ecosystem, row.name),
                ranges=tuple(ranges[row.id]) if row.id in ranges else None,
                versions=_VERSIONS.decode(row.versions) if row.versions else None,
            ),
        )
        for row in rows
    ]
