"""Reads what is known of advisories: of versions, of one advisory, and how fresh it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, distinct, func, literal_column, select

from tgtui.data.models.advisories import (
    advisories,
    advisory_aliases,
    advisory_checks,
    advisory_findings,
    advisory_packages,
    advisory_ranges,
    advisory_sources,
)
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.here import ecosystem_here
from tgtui.data.versions.advisories.partial import answered_only
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.advisories import (
    AdvisoryDetail,
    AffectedHere,
    AffectedPackage,
    Finding,
    PackageStanding,
    SourceState,
    Standing,
    Worst,
)
from tgtui.syntax.advisories.evaluation import fixes, spans
from tgtui.syntax.advisories.grouping import by_preference
from tgtui.syntax.advisories.orders import has_advisories
from tgtui.syntax.advisories.ranks import MALWARE
from tgtui.syntax.advisories.record import Affected, Event, Range

NO_RELEASE = (
    "advisories differ by release, and that of the catalogue is not known (set apt.release)"
)

_EVENTS = msgspec.json.Decoder(tuple[Event, ...])
_TEXTS = msgspec.json.Decoder(tuple[str, ...])
_LINKS = msgspec.json.Decoder(tuple[tuple[str, str], ...])


def worst_of(connection: Connection, version_ids: Collection[UUID]) -> dict[UUID, Worst]:
    """By version; those without a finding have no key, which says nothing of whether they were checked."""
    found: dict[UUID, Worst] = {}
    for some in slices(list(version_ids)):
        rows = connection.execute(_worst(), {"ids": some})
        found.update((row[0], Worst(row[2], row[1])) for row in rows)
    return found


def severities_of(
    connection: Connection, version_ids: Collection[UUID]
) -> dict[UUID, tuple[int, ...]]:
    """By version, of each of its flaws; those without a flaw have no key."""
    found: set[tuple[UUID, str, int]] = set()
    f = advisory_findings.c
    for some in slices(list(version_ids)):
        rows = connection.execute(
            select(f.version_id, f.flaw, f.severity).where(f.version_id.in_(some))
        )
        found.update((row[0], row[1], row[2]) for row in rows)
    by_version: dict[UUID, tuple[int, ...]] = {}
    for id, _flaw, severity in found:
        by_version[id] = (*by_version.get(id, ()), severity)
    return by_version


def findings_of(
    connection: Connection, version_ids: Collection[UUID]
) -> dict[UUID, tuple[Finding, ...]]:
    """By version, the worst flaw first; one line for each flaw, however many advisories are about it."""
    rows: dict[tuple[UUID, str], list[Any]] = {}
    for some in slices(list(version_ids)):
        for row in connection.execute(_found(), {"ids": some}):
            rows.setdefault((row.version_id, row.flaw), []).append(row)
    aliases = _aliases_of(connection, {row.id for about in rows.values() for row in about})
    found: dict[UUID, list[Finding]] = {}
    for (version_id, flaw), about in rows.items():
        about.sort(key=lambda row: (row.name != flaw, by_preference(row.name)))
        others = [alias for row in about for alias in aliases.get(row.id, ())]
        finding = finding_from(version_id, flaw, about[0].severity, about, others)
        found.setdefault(version_id, []).append(finding)
    return {
        id: tuple(sorted(each, key=lambda finding: (-finding.severity, finding.flaw)))
        for id, each in found.items()
    }


def finding_from(
    version_id: UUID | None, flaw: str, severity: int, about: Sequence[Any], aliases: Iterable[str]
) -> Finding:
    """One flaw, of rows of the advisories about it, the best first, and their other names."""
    return Finding(
        version_id=version_id,
        flaw=flaw,
        names=tuple(row.name for row in about),
        severity=severity,
        score=next((row.score for row in about if row.score is not None), None),
        summary=next((row.summary for row in about if row.summary), None)
        or next((_first_line(row.details) for row in about if row.details), None),
        is_malware=any(row.is_malware for row in about),
        aliases=tuple(
            dict.fromkeys(alias for alias in aliases if all(alias != row.name for row in about))
        ),
    )


def _aliases_of(connection: Connection, advisory_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for some in slices(list(advisory_ids)):
        rows = connection.execute(
            select(advisory_aliases.c.advisory_id, advisory_aliases.c.name)
            .where(advisory_aliases.c.advisory_id.in_(some))
            .order_by(advisory_aliases.c.name)
        )
        for advisory_id, name in rows:
            found.setdefault(advisory_id, []).append(name)
    return found


def malware_here(connection: Connection) -> tuple[str, ...]:
    """`npm:chalk@5.6.1`: every version in the catalogue that is an attack itself."""
    rows = connection.execute(
        select(packages.c.registry, packages.c.name, package_versions.c.version)
        .join(package_versions, package_versions.c.package_id == packages.c.id)
        .join(advisory_findings, advisory_findings.c.version_id == package_versions.c.id)
        .where(advisory_findings.c.severity == literal_column(str(MALWARE)), is_here(packages.c.id))
        .distinct()
    )
    return tuple(sorted(f"{registry}:{name}@{version}" for registry, name, version in rows))


def standings(
    connection: Connection, package_ids: Collection[UUID], registries: Iterable[str]
) -> tuple[dict[str, Standing], dict[UUID, PackageStanding]]:
    """How fresh the advisories of each registry are, and of each package that was asked about by itself."""
    by_registry = {name: _standing(connection, name) for name in set(registries)}
    checks: dict[UUID, list[Any]] = {}
    for some in slices(list(package_ids)):
        for row in connection.execute(_checks(), {"ids": some}):
            checks.setdefault(row.package_id, []).append(row)
    by_package: dict[UUID, PackageStanding] = {}
    for id, rows in checks.items():
        registry = rows[0].registry
        whole = by_registry.get(registry) or _standing(connection, registry)
        by_package[id] = _of_package(whole, rows)
    return by_registry, by_package


def _of_package(whole: Standing, checks: Sequence[Any]) -> PackageStanding:
    by_version: dict[str, datetime] = {}
    for row in checks:
        if row.versions is None:
            if whole.as_of is None or row.as_of > whole.as_of:
                whole = msgspec.structs.replace(whole, as_of=row.as_of, problem=None)
            continue
        for version in _TEXTS.decode(row.versions):
            before = by_version.get(version)
            by_version[version] = row.as_of if before is None else max(before, row.as_of)
    fresher = {
        version: as_of
        for version, as_of in by_version.items()
        if whole.as_of is None or as_of > whole.as_of
    }
    return PackageStanding(whole, fresher, any(row.versions is not None for row in checks))


def standing_of(connection: Connection, package_id: UUID, registry: str) -> PackageStanding:
    """How fresh the advisories of one package are."""
    by_registry, by_package = standings(connection, [package_id], [registry])
    return by_package.get(package_id) or PackageStanding(by_registry[registry])


def _standing(connection: Connection, registry: str) -> Standing:
    if not has_advisories(registry):
        return Standing(has_source=False)
    ecosystem = ecosystem_here(connection, registry)
    if ecosystem is None:
        return Standing(has_source=True, problem=NO_RELEASE)
    rows = connection.execute(
        select(*advisory_sources.columns)
        .where(advisory_sources.c.ecosystem == ecosystem)
        .order_by(advisory_sources.c.tried_at.desc())
    ).all()
    as_of = max((row.as_of for row in rows if row.as_of is not None), default=None)
    return Standing(True, as_of, rows[0].problem if rows else None)


def source_states(connection: Connection) -> tuple[SourceState, ...]:
    """What was read, by source and ecosystem."""
    s = advisory_sources.c
    rows = connection.execute(
        select(s.source, s.ecosystem, s.records, s.as_of, s.tried_at, s.problem).order_by(
            s.ecosystem, s.source
        )
    )
    return tuple(SourceState(*row) for row in rows)


def advisory_detail(connection: Connection, advisory_id: UUID) -> AdvisoryDetail | None:
    """One advisory with what it affects; None if it is gone."""
    row = connection.execute(
        select(*advisories.columns).where(advisories.c.id == advisory_id)
    ).one_or_none()
    if row is None:
        return None
    aliases = connection.scalars(
        select(advisory_aliases.c.name)
        .where(advisory_aliases.c.advisory_id == advisory_id)
        .order_by(advisory_aliases.c.name)
    ).all()
    return AdvisoryDetail(
        id=row.id,
        name=row.name,
        source=row.source,
        severity=row.severity,
        score=row.score,
        vector=row.vector,
        is_malware=row.is_malware,
        summary=row.summary,
        details=row.details,
        links=_LINKS.decode(row.links),
        aliases=tuple(aliases),
        modified_at=row.modified_at,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
        affected=_affected_packages(connection, advisory_id),
    )


def _affected_packages(connection: Connection, advisory_id: UUID) -> tuple[AffectedPackage, ...]:
    entry = advisory_packages.c
    rows = connection.execute(
        select(entry.id, entry.ecosystem, entry.name, entry.versions)
        .where(entry.advisory_id == advisory_id)
        .order_by(entry.id)
    ).all()
    ranges: dict[UUID, list[Range]] = {}
    for some in slices([row.id for row in rows]):
        for row in connection.execute(
            select(advisory_ranges.c.affected_id, advisory_ranges.c.type, advisory_ranges.c.events)
            .where(advisory_ranges.c.affected_id.in_(some))
            .order_by(advisory_ranges.c.id)
        ):
            ranges.setdefault(row[0], []).append(Range(row[1], _EVENTS.decode(row[2])))
    by_package: dict[tuple[str, str], list[Affected]] = {}
    for id, ecosystem, name, versions in rows:
        listed = _TEXTS.decode(versions) if versions else None
        entries = by_package.setdefault((ecosystem, name), [])
        entries.append(Affected(ranges=tuple(ranges.get(id, ())), versions=listed))
    return tuple(
        AffectedPackage(
            ecosystem=ecosystem,
            name=name,
            ranges=tuple(
                in_words
                for each in entries
                for r in each.ranges or ()
                for in_words in _words(ecosystem, r)
            ),
            versions=tuple(
                dict.fromkeys(version for each in entries for version in each.versions or ())
            ),
            fixed=fixes(ecosystem, entries),
        )
        for (ecosystem, name), entries in by_package.items()
    )


def _words(ecosystem: str, range_: Range) -> list[str]:
    """Each run of affected versions: `>= 1.0.0, < 1.2.3`."""
    words: list[str] = []
    for start, end in spans(ecosystem, range_):
        low = f">= {start}" if start is not None else ""
        high = ""
        if end is not None:
            high = f"<= {end.last_affected}" if end.last_affected else f"< {end.fixed or end.limit}"
        words.append(", ".join(part for part in (low, high) if part) or "all")
    return words


def affected_here(connection: Connection, advisory_id: UUID) -> tuple[AffectedHere, ...]:
    """Packages of this catalogue with an affected version, by this advisory or another about the same flaw."""
    flaws = connection.scalars(
        select(advisory_findings.c.flaw)
        .where(advisory_findings.c.advisory_id == advisory_id)
        .distinct()
    ).all()
    if not flaws:
        return ()
    rows = connection.execute(
        select(
            advisory_findings.c.package_id,
            packages.c.registry,
            packages.c.name,
            package_versions.c.id,
            package_versions.c.version,
            package_versions.c.sort_key,
            latest_version_id(packages.c.id).label("latest_id"),
        )
        .join(packages, packages.c.id == advisory_findings.c.package_id)
        .join(package_versions, package_versions.c.id == advisory_findings.c.version_id)
        .where(advisory_findings.c.flaw.in_(flaws), is_here(advisory_findings.c.package_id))
    ).all()
    by_package: dict[UUID, dict[UUID, Any]] = {}
    for row in rows:
        by_package.setdefault(row.package_id, {})[row.id] = row
    newest = {
        id: max(versions.values(), key=lambda row: row.sort_key)
        for id, versions in by_package.items()
    }
    mended = mending(connection, [(row.id, flaw) for row in newest.values() for flaw in flaws])
    return tuple(
        AffectedHere(
            package_id=id,
            registry=row.registry,
            name=row.name,
            versions=len(by_package[id]),
            newest_id=row.id,
            newest=row.version,
            is_latest=row.latest_id in by_package[id],
            fixed_in=next((m for flaw in flaws if (m := mended.get((row.id, flaw)))), None),
        )
        for id, row in sorted(newest.items(), key=lambda item: (item[1].registry, item[1].name))
    )


def affected_versions(
    connection: Connection, advisory_id: UUID, package_id: UUID
) -> tuple[UUID, ...]:
    """Versions of a package that this advisory affects."""
    f = advisory_findings.c
    return tuple(
        connection.scalars(
            select(f.version_id).where(f.advisory_id == advisory_id, f.package_id == package_id)
        )
    )


def mending(
    connection: Connection, wanted: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], str]:
    """By (version, flaw), the lowest version above it that the flaw does not affect: no prerelease if there is a
    release, none that was taken back. Where there is none, no key."""
    version = package_versions.c
    package_of: dict[UUID, UUID] = {}
    for some in slices(list({id for id, _flaw in wanted})):
        rows = connection.execute(
            select(version.id, version.package_id).where(version.id.in_(some))
        )
        package_of.update((row[0], row[1]) for row in rows)
    of_package: dict[UUID, list[Any]] = {}
    affected: set[tuple[UUID, str]] = set()
    for some in slices(list(set(package_of.values()))):
        for row in connection.execute(
            select(
                version.id,
                version.package_id,
                version.version,
                version.sort_key,
                version.is_prerelease,
            )
            .where(version.package_id.in_(some), version.is_yanked.is_(False))
            .order_by(version.package_id, version.sort_key)
        ):
            of_package.setdefault(row.package_id, []).append(row)
        affected.update(
            (row.version_id, row.flaw)
            for row in connection.execute(
                select(advisory_findings.c.version_id, advisory_findings.c.flaw).where(
                    advisory_findings.c.package_id.in_(some)
                )
            )
        )
    known = answered_only(connection, set(package_of.values()))
    keys: dict[UUID, str] = {}
    for some in slices(list(package_of)):
        keyed = connection.execute(select(version.id, version.sort_key).where(version.id.in_(some)))
        keys.update((row[0], row[1]) for row in keyed)
    found: dict[tuple[UUID, str], str] = {}
    for id, flaw in wanted:
        if id not in package_of:
            continue
        above = [
            row
            for row in of_package.get(package_of[id], ())
            if row.sort_key > keys[id] and (row.id, flaw) not in affected
        ]
        if (only := known.get((package_of[id], flaw))) is not None:
            above = [row for row in above if row.version in only]
        best = next((row for row in above if not row.is_prerelease), above[0] if above else None)
        if best is not None:
            found[id, flaw] = best.version
    return found


def _first_line(text: str) -> str | None:
    return next((line.strip(" #") for line in text.splitlines() if line.strip(" #")), None)


@cache
def _checks() -> Any:
    c = advisory_checks.c
    return (
        select(c.package_id, packages.c.registry, c.as_of, c.versions)
        .join(packages, packages.c.id == c.package_id)
        .where(c.package_id.in_(bindparam("ids", expanding=True)))
    )


@cache
def _worst() -> Any:
    return (
        select(
            advisory_findings.c.version_id,
            func.max(advisory_findings.c.severity),
            func.count(distinct(advisory_findings.c.flaw)),
        )
        .where(advisory_findings.c.version_id.in_(bindparam("ids", expanding=True)))
        .group_by(advisory_findings.c.version_id)
    )


@cache
def _found() -> Any:
    return (
        select(
            advisory_findings.c.version_id,
            advisory_findings.c.flaw,
            advisory_findings.c.severity,
            advisories.c.id,
            advisories.c.name,
            advisories.c.score,
            advisories.c.summary,
            advisories.c.details,
            advisories.c.is_malware,
        )
        .join(advisories, advisories.c.id == advisory_findings.c.advisory_id)
        .where(advisory_findings.c.version_id.in_(bindparam("ids", expanding=True)))
    )
