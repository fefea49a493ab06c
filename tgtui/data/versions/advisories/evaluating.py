"""Which stored versions the stored advisories affect, kept up to date package by package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, delete, distinct, exists, func, or_, select, update

from tgtui.basics.ids import uuid7s
from tgtui.data.models.advisories import (
    advisories,
    advisory_aliases,
    advisory_findings,
    advisory_packages,
    advisory_ranges,
)
from tgtui.data.models.facts import package_facts
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.advisories.here import APT, is_of, release_here
from tgtui.data.versions.advisories.storing import Name
from tgtui.data.versions.facts import details_of
from tgtui.data.versions.latest import latest_version_id
from tgtui.syntax.advisories.evaluation import matcher
from tgtui.syntax.advisories.grouping import grouped
from tgtui.syntax.advisories.orders import ECOSYSTEMS, registry_of, spelled
from tgtui.syntax.advisories.record import Affected, Event, Range

Sources = Mapping[str, Collection[UUID]]
"""By source package, the packages made of it."""

_EVENTS = msgspec.json.Decoder(tuple[Event, ...])
_VERSIONS = msgspec.json.Decoder(tuple[str, ...])


def evaluate(connection: Connection, package_ids: Iterable[UUID]) -> int:
    """Find anew which versions of these packages are affected; returns how many packages were or are affected otherwise
    than before, or are still marked."""
    changed: list[UUID] = []
    is_any = connection.scalar(_any())
    for some in slices(list(package_ids)):
        now = _evaluate(connection, some) if is_any else []
        # Findings also go with their advisory: then only the mark is left of them.
        marked = connection.scalars(_marked(), {"ids": some})
        changed += {*now, *marked}
    _mark(connection, changed)
    if changed:
        announce(connection, "packages")
    return len(changed)


def packages_named(
    connection: Connection, names: Collection[Name], sources: Sources | None = None
) -> list[UUID]:
    """The packages here that these names are about. `sources` spares reading those of apt again."""
    by_registry: dict[str, set[str]] = {}
    release = release_here(connection) if _is_any_of_apt(names) else None
    for ecosystem, name in names:
        registry = registry_of(ecosystem)
        if registry is not None and (registry != APT or is_of(release, ecosystem)):
            by_registry.setdefault(registry, set()).add(name)
    found: list[UUID] = []
    for registry, wanted in by_registry.items():
        if registry == APT:
            known = source_packages(connection) if sources is None else sources
            found += {id for name in wanted for id in known.get(name, ())}
            continue
        for some in slices(sorted(wanted)):
            found += connection.scalars(
                select(packages.c.id).where(
                    packages.c.registry == registry, packages.c.name.in_(some)
                )
            )
    return found


def source_packages(connection: Connection) -> dict[str, set[UUID]]:
    """All of apt by source package; one of which no source is known is its own."""
    found: dict[str, set[UUID]] = {}
    rows = connection.execute(
        select(packages.c.id, packages.c.name, package_facts.c.details)
        .join(package_versions, package_versions.c.package_id == packages.c.id)
        .outerjoin(package_facts, package_facts.c.id == package_versions.c.id)
        .where(packages.c.registry == APT)
    )
    for id, name, details in rows:
        found.setdefault(source_name(name, details), set()).add(id)
    return found


def evaluate_registry(connection: Connection, registry: str) -> int:
    """All packages of a registry of which an advisory is here, or was before."""
    ecosystems = ECOSYSTEMS.get(registry)
    if not ecosystems:
        return 0
    of_registry = (advisory_packages.c.ecosystem.startswith(name) for name in ecosystems)
    rows = connection.execute(
        select(advisory_packages.c.ecosystem, advisory_packages.c.name).where(or_(*of_registry))
    )
    named = packages_named(connection, {(row[0], row[1]) for row in rows})
    found = select(advisory_findings.c.package_id).join(
        packages, packages.c.id == advisory_findings.c.package_id
    )
    former = connection.scalars(found.where(packages.c.registry == registry).distinct())
    return evaluate(connection, dict.fromkeys([*named, *former]))


def _is_any_of_apt(names: Iterable[Name]) -> bool:
    return any(registry_of(ecosystem) == APT for ecosystem, _name in names)


def _evaluate(connection: Connection, package_ids: Collection[UUID]) -> list[UUID]:
    """The packages of which something changed."""
    names = {
        row.id: (row.registry, row.name)
        for row in connection.execute(_packages(), {"ids": package_ids})
        if row.registry in ECOSYSTEMS
    }
    known: dict[UUID, dict[tuple[UUID, UUID], tuple[UUID, str, int]]] = {}
    for row in connection.execute(_findings(), {"ids": package_ids}):
        of_package = known.setdefault(row.package_id, {})
        of_package[row.version_id, row.advisory_id] = (row.id, row.flaw, row.severity)
    versions = _versions_of(connection, names, known)
    wanted = {key for found in versions.values() for key, _id, _version in found}
    told = told_of(connection, wanted)
    new: list[tuple[UUID, UUID, UUID, str, int]] = []
    gone: list[UUID] = []
    changed: set[UUID] = set()
    for package_id in {*versions, *known}:
        here = dict(known.get(package_id, {}))
        for version_id, advisory_id, flaw, severity in _affected(
            versions.get(package_id, ()), told
        ):
            before = here.pop((version_id, advisory_id), None)
            if before is not None and before[1:] == (flaw, severity):
                continue
            if before is not None:
                gone.append(before[0])
            new.append((package_id, version_id, advisory_id, flaw, severity))
            changed.add(package_id)
        if here:
            gone += [id for id, _flaw, _severity in here.values()]
            changed.add(package_id)
    for some in slices(gone):
        connection.execute(delete(advisory_findings).where(advisory_findings.c.id.in_(some)))
    columns = ("package_id", "version_id", "advisory_id", "flaw", "severity")
    bulk_insert(
        connection,
        advisory_findings,
        [
            {"id": id, **dict(zip(columns, row, strict=True))}
            for id, row in zip(uuid7s(len(new)), new, strict=True)
        ],
    )
    return list(changed)


Version = tuple[Name, UUID, str]
"""What advisories call its package, (registry, name); its id; and its number there."""


def _versions_of(
    connection: Connection, names: Mapping[UUID, tuple[str, str]], known: Collection[UUID]
) -> dict[UUID, list[Version]]:
    """Versions of the packages that any advisory is about."""
    of_apt = [id for id, (registry, _name) in names.items() if registry == APT]
    others = {
        id: (registry, spelled(ECOSYSTEMS[registry][0], name))
        for id, (registry, name) in names.items()
        if registry != APT
    }
    told = _names_told(connection, {name for _registry, name in others.values()})
    wanted = [id for id, key in others.items() if key in told or id in known]
    found: dict[UUID, list[Version]] = {}
    for row in connection.execute(_versions(), {"ids": wanted}) if wanted else ():
        found.setdefault(row.package_id, []).append((others[row.package_id], row.id, row.version))
    for row in connection.execute(_apt_versions(), {"ids": of_apt}) if of_apt else ():
        name = names[row.package_id][1]
        said = details_of(row.details) if row.details else None
        number = (said.source_version if said else None) or row.version
        key = (APT, source_name(name, row.details))
        found.setdefault(row.package_id, []).append((key, row.id, number))
    return found


def source_name(name: str, details: str | None) -> str:
    """The source package of one of apt, from its stored facts; without any its own name."""
    said = details_of(details) if details else None
    return (said.source if said else None) or name.partition(":")[0]


def _names_told(connection: Connection, names: Collection[str]) -> set[Name]:
    """(registry, name) of those that an advisory is about."""
    found: set[Name] = set()
    for some in slices(sorted(names)):
        for ecosystem, name in connection.execute(_told_names(), {"names": some}):
            registry = registry_of(ecosystem)
            if registry is not None:
                found.add((registry, name))
    return found


class Advice:
    """What all advisories say of one package."""

    def __init__(self) -> None:
        self.entries: dict[tuple[UUID, str], list[Affected]] = {}
        self.names: dict[UUID, str] = {}
        self.severities: dict[UUID, int] = {}
        self.aliases: dict[str, list[str]] = {}


def told_of(connection: Connection, wanted: Collection[Name]) -> dict[Name, Advice]:
    """By (registry, name), what is not withdrawn."""
    now = database_now(connection)
    release = release_here(connection) if any(name[0] == APT for name in wanted) else None
    found: dict[Name, Advice] = {}
    for some in slices(sorted({name for _registry, name in wanted})):
        rows = [
            (row, (registry, row.name))
            for row in connection.execute(_entries(), {"names": some, "now": now})
            if (registry := registry_of(row.ecosystem)) is not None
            and (registry, row.name) in wanted
            and (registry != APT or is_of(release, row.ecosystem))
        ]
        ranges: dict[UUID, list[Range]] = {}
        for ids in slices([row.id for row, _key in rows]):
            for row in connection.execute(_ranges(), {"ids": ids}):
                range_ = Range(row.type, _EVENTS.decode(row.events))
                ranges.setdefault(row.affected_id, []).append(range_)
        others: dict[UUID, list[str]] = {}
        for ids in slices(list({row.advisory_id for row, _key in rows})):
            for row in connection.execute(_aliases(), {"ids": ids}):
                others.setdefault(row.advisory_id, []).append(row.name)
        for row, key in rows:
            advice = found.setdefault(key, Advice())
            entry = Affected(
                ranges=tuple(ranges.get(row.id, ())),
                versions=_VERSIONS.decode(row.versions) if row.versions else None,
            )
            advice.entries.setdefault((row.advisory_id, row.ecosystem), []).append(entry)
            advice.names[row.advisory_id] = row.advisory
            advice.severities[row.advisory_id] = row.severity
            advice.aliases[row.advisory] = others.get(row.advisory_id, [])
    return found


def _affected(
    versions: Iterable[Version], told: Mapping[Name, Advice]
) -> list[tuple[UUID, UUID, str, int]]:
    """(version, advisory, flaw, severity) of a package's versions."""
    prepared: dict[Name, list[tuple[UUID, str, int, Callable[[str], bool]]]] = {}
    found: dict[tuple[UUID, UUID], tuple[str, int]] = {}
    for key, version_id, number in versions:
        advice = told.get(key)
        if advice is None:
            continue
        if key not in prepared:
            prepared[key] = prepared_of(advice)
        for advisory_id, flaw, severity, affects in prepared[key]:
            if affects(number):
                found[version_id, advisory_id] = (flaw, severity)
    return [(*pair, *said) for pair, said in found.items()]


def prepared_of(advice: Advice) -> list[tuple[UUID, str, int, Callable[[str], bool]]]:
    """(advisory, flaw, worst severity of the flaw, test of a version) of each entry, in the order of `entries`."""
    flaws = grouped(advice.aliases)
    worst: dict[str, int] = {}
    for advisory_id, name in advice.names.items():
        flaw = flaws[name]
        worst[flaw] = max(worst.get(flaw, 0), advice.severities[advisory_id])
    return [
        (advisory_id, flaw, worst[flaw], matcher(ecosystem, entries))
        for (advisory_id, ecosystem), entries in advice.entries.items()
        for flaw in [flaws[advice.names[advisory_id]]]
    ]


def _mark(connection: Connection, package_ids: Collection[UUID]) -> None:
    """Bring the marks of their latest versions into the search."""
    for some in slices(list(package_ids)):
        marks = {row[0]: (row[1], row[2]) for row in connection.execute(_marks(), {"ids": some})}
        connection.execute(
            _set_mark(),
            [
                {"of_id": id, "worst": marks.get(id, (None, None))[0], "flaws": marks.get(id, (None, None))[1]}
                for id in some
            ],
        )  # fmt: skip


@cache
def _packages() -> Any:
    return select(packages.c.id, packages.c.registry, packages.c.name).where(
        packages.c.id.in_(bindparam("ids", expanding=True))
    )


@cache
def _findings() -> Any:
    return select(*advisory_findings.columns).where(
        advisory_findings.c.package_id.in_(bindparam("ids", expanding=True))
    )


@cache
def _versions() -> Any:
    return select(
        package_versions.c.package_id, package_versions.c.id, package_versions.c.version
    ).where(package_versions.c.package_id.in_(bindparam("ids", expanding=True)))


@cache
def _apt_versions() -> Any:
    return (
        select(
            package_versions.c.package_id,
            package_versions.c.id,
            package_versions.c.version,
            package_facts.c.details,
        )
        .outerjoin(package_facts, package_facts.c.id == package_versions.c.id)
        .where(package_versions.c.package_id.in_(bindparam("ids", expanding=True)))
    )


@cache
def _told_names() -> Any:
    return (
        select(advisory_packages.c.ecosystem, advisory_packages.c.name)
        .where(advisory_packages.c.name.in_(bindparam("names", expanding=True)))
        .distinct()
    )


@cache
def _entries() -> Any:
    return (
        select(
            advisory_packages.c.id,
            advisory_packages.c.advisory_id,
            advisory_packages.c.ecosystem,
            advisory_packages.c.name,
            advisory_packages.c.versions,
            advisories.c.name.label("advisory"),
            advisories.c.severity,
        )
        .join(advisories, advisories.c.id == advisory_packages.c.advisory_id)
        .where(
            advisory_packages.c.name.in_(bindparam("names", expanding=True)),
            or_(
                advisories.c.withdrawn_at.is_(None),
                advisories.c.withdrawn_at > bindparam("now"),
            ),
        )
    )


@cache
def _ranges() -> Any:
    return select(
        advisory_ranges.c.affected_id, advisory_ranges.c.type, advisory_ranges.c.events
    ).where(advisory_ranges.c.affected_id.in_(bindparam("ids", expanding=True)))


@cache
def _aliases() -> Any:
    return select(advisory_aliases.c.advisory_id, advisory_aliases.c.name).where(
        advisory_aliases.c.advisory_id.in_(bindparam("ids", expanding=True))
    )


@cache
def _marks() -> Any:
    return (
        select(
            packages.c.id,
            func.max(advisory_findings.c.severity),
            func.count(distinct(advisory_findings.c.flaw)),
        )
        .select_from(packages)
        .join(advisory_findings, advisory_findings.c.version_id == latest_version_id(packages.c.id))
        .where(packages.c.id.in_(bindparam("ids", expanding=True)))
        .group_by(packages.c.id)
    )


@cache
def _any() -> Any:
    """Whether an advisory is about anything, or was."""
    return select(
        or_(exists(select(advisory_packages.c.id)), exists(select(advisory_findings.c.id)))
    )


@cache
def _marked() -> Any:
    return select(package_search.c.package_id).where(
        package_search.c.package_id.in_(bindparam("ids", expanding=True)),
        package_search.c.severity.is_not(None),
    )


@cache
def _set_mark() -> Any:
    return (
        update(package_search)
        .where(package_search.c.package_id == bindparam("of_id"))
        .values(severity=bindparam("worst"), advisories=bindparam("flaws"))
    )
