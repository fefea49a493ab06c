"""What advisories say of what projects have locked, whether or not the catalogue has it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, and_, select

from tgtui.data.models.advisories import (
    advisories,
    advisory_aliases,
    advisory_findings,
    advisory_packages,
)
from tgtui.data.models.projects import project_packages
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.packages.projects.kept import project_rows
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.by_name import judge_names
from tgtui.data.versions.advisories.here import APT
from tgtui.data.versions.advisories.reading import findings_of, mending, standings
from tgtui.data.views.advisories import Judged, Judgement, Unchecked, Worst
from tgtui.data.views.advisories import Standing as Trust
from tgtui.data.views.projects import ProjectContents, Standing
from tgtui.syntax.advisories.orders import has_advisories, registry_of

Locked = tuple[str, str, str]
"""Registry, name, version."""
NO_SOURCE_PACKAGE = Trust(
    has_source=True,
    problem="advisories name source packages, which are known only of what is in the catalogue",
)


def judge(
    connection: Connection, contents: ProjectContents, known: Sequence[Standing]
) -> Judgement:
    """`known` is what the catalogue knows of each locked package."""
    places: dict[Locked, list[int]] = defaultdict(list)
    elsewhere: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, each in enumerate(contents.packages):
        if each.source == "registry" and each.version is not None:
            places[each.registry, each.name, each.version].append(position)
        elif not each.is_workspace:
            elsewhere[each.registry, each.name].append(position)
    stored = {
        locked: id
        for locked, positions in places.items()
        if (id := known[positions[0]].version_id) is not None
    }
    found = _found(connection, places, stored)
    packages_of = {locked: known[positions[0]].package_id for locked, positions in places.items()}
    trusts = _trusts(connection, packages_of, stored)
    not_checked = {position for positions in elsewhere.values() for position in positions}
    missing: dict[tuple[str, Trust], int] = Counter()
    oldest: list[datetime] = []
    problems: dict[str, None] = {}
    for locked, positions in places.items():
        trust = trusts[locked]
        if trust.as_of is None:
            missing[locked[0], trust] += 1
            not_checked.update(positions)
            continue
        oldest.append(trust.as_of)
        if trust.problem is not None:
            problems[f"{locked[0]}: {trust.problem}"] = None
    return Judgement(
        findings={place: found[locked] for locked in found for place in places[locked]},
        not_checked=frozenset(not_checked),
        unchecked=tuple(
            Unchecked(registry, count, trust)
            for (registry, trust), count in sorted(missing.items(), key=lambda item: item[0][0])
        ),
        elsewhere=len(elsewhere),
        as_of=min(oldest, default=None),
        problems=tuple(problems),
    )


def with_judgement(known: Sequence[Standing], judgement: Judgement) -> tuple[Standing, ...]:
    """Each with the worst of its advisories."""
    told = []
    for position, standing in enumerate(known):
        found = judgement.findings.get(position)
        worst = Worst(len(found), found[0].finding.severity) if found else None
        is_checked = position not in judgement.not_checked
        told.append(replace(standing, worst=worst, is_checked=is_checked))
    return tuple(told)


def projects_affected(
    connection: Connection, account_id: UUID, advisory_id: UUID
) -> list[tuple[str, str, str]]:
    """(project, package, lock file) of each project of the account, or shared with it, that has a version locked which
    this advisory or another about the same flaw affects."""
    names = {row.id: row.full_name for row in project_rows(connection, account_id)}
    if not names:
        return []
    k, entry = project_packages.c, advisory_packages.c
    called = _names_of(connection, advisory_id)
    about = connection.execute(
        select(entry.ecosystem, entry.name)
        .join(advisories, advisories.c.id == entry.advisory_id)
        .where(advisories.c.name.in_(sorted(called)))
    )
    wanted = {(registry_of(ecosystem), name) for ecosystem, name in about}
    by_name: dict[Locked, set[tuple[UUID, str]]] = defaultdict(set)
    columns = (k.project_id, k.registry, k.name, k.version, k.path)
    for some in slices(sorted({name for _registry, name in wanted})):
        rows = connection.execute(
            select(*columns)
            .where(k.name.in_(some), k.source == "registry", k.version.is_not(None))
            .distinct()
        )
        for row in rows:
            if (row.registry, row.name) in wanted and row.registry != APT:
                by_name[row.registry, row.name, row.version].add((row.project_id, row.path))
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for registry, name, version in by_name:
        versions[registry, name].add(version)
    found: set[tuple[UUID, str, str, str, str]] = set()
    for locked, judged in judge_names(connection, versions).items():
        if any(called & {*each.finding.names, *each.finding.aliases} for each in judged):
            found.update((id, *locked, path) for id, path in by_name[locked])
    v = package_versions.c
    of_apt = (
        select(*columns)
        .join(packages, and_(packages.c.registry == k.registry, packages.c.name == k.name))
        .join(package_versions, and_(v.package_id == packages.c.id, v.version == k.version))
        .join(advisory_findings, advisory_findings.c.version_id == v.id)
        .where(k.registry == APT, advisory_findings.c.advisory_id == advisory_id)
        .distinct()
    )
    if any(registry == APT for registry, _name in wanted):
        found.update(
            (row.project_id, row.registry, row.name, row.version, row.path)
            for row in connection.execute(of_apt)
        )
    return sorted(
        (names[id], f"{registry}:{name}@{version}", path)
        for id, registry, name, version, path in found
        if id in names
    )


def _names_of(connection: Connection, advisory_id: UUID) -> set[str]:
    alias = advisory_aliases.c
    rows = connection.execute(
        select(advisories.c.name, alias.name.label("alias"))
        .outerjoin(advisory_aliases, alias.advisory_id == advisories.c.id)
        .where(advisories.c.id == advisory_id)
    )
    return {name for row in rows for name in row if name}


def _found(
    connection: Connection, locked: Collection[Locked], stored: dict[Locked, UUID]
) -> dict[Locked, tuple[Judged, ...]]:
    """Of apt by what is stored, of all others by name; the remedy from the catalogue, else from the advisories."""
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for registry, name, version in locked:
        versions[registry, name].add(version)
    found = judge_names(connection, versions)
    of_apt = {id: each for each, id in stored.items() if each[0] == APT}
    for id, findings in findings_of(connection, of_apt).items():
        found[of_apt[id]] = tuple(Judged(finding, None) for finding in findings)
    pairs = [(stored[e], each.finding.flaw) for e in found if e in stored for each in found[e]]
    mended = mending(connection, pairs)
    for each, judged in found.items():
        if each in stored:
            found[each] = tuple(
                replace(one, fixed_in=mended.get((stored[each], one.finding.flaw), one.fixed_in))
                for one in judged
            )
    return found


def _trusts(
    connection: Connection, packages_of: dict[Locked, UUID | None], stored: dict[Locked, UUID]
) -> dict[Locked, Trust]:
    ids = {id for id in packages_of.values() if id is not None}
    registries = {locked[0] for locked in packages_of}
    by_registry, by_package = standings(connection, ids, registries)
    found: dict[Locked, Trust] = {}
    for locked, id in packages_of.items():
        trust = by_registry[locked[0]]
        if not has_advisories(locked[0]):
            trust = Trust(has_source=False)
        elif locked[0] == APT and locked not in stored:
            trust = NO_SOURCE_PACKAGE
        elif id in by_package:
            trust = by_package[id].of(locked[2])
        found[locked] = trust
    return found
