"""How a project stands: what of it is outdated, deprecated, missing, by what the catalogue knows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import package_dist_tags, package_versions, packages
from tgtui.data.packages.projects.absence import absences
from tgtui.data.packages.projects.judging import judge, with_judgement
from tgtui.data.storage.sql import AnySelect, slices
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.projects import (
    Absence,
    PackageKnown,
    ProjectContents,
    ProjectCounts,
    ProjectDependency,
    ProjectPackage,
    ProjectReport,
    Standing,
    VersionKnown,
    Wanted,
)
from tgtui.registries.base import REGISTRIES
from tgtui.registries.registration import registration
from tgtui.syntax.advisories.ranks import severity_word
from tgtui.syntax.licences import KINDS, NOTHING_SAID, LicenceKind, licence_of, read_licence
from tgtui.versions.rules import LATEST, Picked, VersionRules

Name = tuple[str, str]
"""Registry and name."""
NOTHING = Standing()
OPEN_RANGES = ("catalog:", "workspace:")
"""What stands for a range that is somewhere else."""


def assess(connection: Connection, contents: ProjectContents) -> ProjectReport:
    """All of a project. Text that no version rule understands counts as not outdated."""
    named: list[ProjectPackage | ProjectDependency] = [*contents.packages, *contents.dependencies]
    asked = {
        _name(each) for each in named if each.source == "registry" and each.registry in REGISTRIES
    }
    known = packages_known(connection, asked)
    locked = {
        (each.registry, each.name, each.version)
        for each in contents.packages
        if each.version is not None and _name(each) in known
    }
    versions = _versions_known(connection, locked, known)
    standings = tuple(
        _with_own_words(
            _standing(each.registry, each.name, each.version, each.source, known, versions),
            each.licence,
            each.deprecated,
        )
        for each in contents.packages
    )
    loose = {
        position: _standing(each.registry, each.name, None, each.source, known, versions)
        for position, each in enumerate(contents.dependencies)
        if each.locked < 0
    }
    missing = {
        _name(each)
        for each, standing in zip(contents.packages, standings, strict=True)
        if standing.is_missing
    } | {_name(contents.dependencies[at]) for at, each in loose.items() if each.is_missing}
    if missing:
        why = absences(connection, missing)
        standings = tuple(
            _with_absence(standing, why.get(_name(each)))
            for each, standing in zip(contents.packages, standings, strict=True)
        )
        loose = {
            at: _with_absence(standing, why.get(_name(contents.dependencies[at])))
            for at, standing in loose.items()
        }
    wanted = _wanted(connection, contents, known)
    judgement = judge(connection, contents, standings)
    standings = with_judgement(standings, judgement)
    counts = _counts(contents, standings, wanted, loose)
    return ProjectReport(contents, standings, wanted, loose, counts, judgement)


def _name(each: ProjectPackage | ProjectDependency) -> Name:
    return each.registry, each.name


def _with_absence(standing: Standing, absence: Absence | None) -> Standing:
    if absence is None or not standing.is_missing:
        return standing
    return replace(standing, absence=absence)


def packages_known(connection: Connection, asked: Collection[Name]) -> dict[Name, PackageKnown]:
    """What the catalogue has of these."""
    found: dict[Name, PackageKnown] = {}
    by_registry: dict[str, list[str]] = defaultdict(list)
    for registry, name in sorted(asked):
        by_registry[registry].append(name)
    for registry, names in by_registry.items():
        for some in slices(names):
            for row in connection.execute(_packages(), {"registry": registry, "names": some}):
                found[registry, row.name] = PackageKnown(
                    row.id, row.last_fetch_success is not None, row.version, row.published_at
                )
    return found


@cache
def _packages() -> AnySelect:
    """Built once, because that takes longer than running it."""
    v = package_versions.alias()
    p = packages.c
    return (
        select(p.id, p.name, p.last_fetch_success, v.c.version, v.c.published_at)
        .select_from(packages.outerjoin(v, v.c.id == latest_version_id(p.id)))
        .where(
            p.registry == bindparam("registry"),
            p.name.in_(bindparam("names", expanding=True)),
            p.deleted_at.is_(None),
        )
    )


def _versions_known(
    connection: Connection,
    locked: Collection[tuple[str, str, str | None]],
    known: dict[Name, PackageKnown],
) -> dict[tuple[UUID, str], VersionKnown]:
    """By package and version."""
    wanted: dict[UUID, set[str]] = defaultdict(set)
    for registry, name, version in locked:
        if version is not None:
            wanted[known[registry, name].package_id].add(version)
    found: dict[tuple[UUID, str], VersionKnown] = {}
    for some in slices(sorted(wanted)):
        texts = sorted({version for id in some for version in wanted[id]})
        for part in slices(texts):
            for row in connection.execute(_versions(), {"ids": some, "versions": part}):
                if row.version in wanted[row.package_id]:
                    said = NOTHING_SAID
                    if row.licence is not None:
                        said = licence_of(row.licence, row.expression or "", row.licence_kind)
                    found[row.package_id, row.version] = VersionKnown(
                        row.id, row.published_at, bool(row.is_yanked), row.yank_message, said
                    )
    return found


@cache
def _versions() -> AnySelect:
    v, f = package_versions.c, package_facts.c
    columns = (v.id, v.package_id, v.version, v.published_at, v.is_yanked, v.yank_message)
    return (
        select(*columns, f.licence, f.expression, f.licence_kind)
        .select_from(package_versions.outerjoin(package_facts, f.id == v.id))
        .where(
            v.package_id.in_(bindparam("ids", expanding=True)),
            v.version.in_(bindparam("versions", expanding=True)),
        )
    )


def _standing(
    registry: str,
    name: str,
    version: str | None,
    source: str,
    known: dict[Name, PackageKnown],
    versions: dict[tuple[UUID, str], VersionKnown],
) -> Standing:
    if source != "registry":
        return NOTHING
    if registry not in REGISTRIES:
        return Standing(is_foreign=True)
    package = known.get((registry, name))
    if package is None or not package.is_fetched:
        return Standing(package.package_id if package else None, is_missing=True)
    of = versions.get((package.package_id, version)) if version is not None else None
    latest = package.latest
    return Standing(
        package.package_id,
        of.version_id if of else None,
        latest,
        package.latest_at,
        of.published_at if of else None,
        is_outdated=_is_higher(registry, latest, version),
        is_deprecated=of.is_withdrawn if of else False,
        reason=of.reason if of else None,
        # A registry that keeps only its newest versions says nothing of what is older.
        is_missing=version is not None and of is None and registration(registry).keeps_old_versions,
        licence=of.licence.shown if of else "",
        licence_kind=of.licence.kind if of else "unknown",
    )


def _with_own_words(standing: Standing, licence: str | None, deprecated: str | None) -> Standing:
    """What only the lock file says."""
    if licence and not standing.licence:
        said = read_licence(licence)
        standing = replace(standing, licence=said.shown, licence_kind=said.kind)
    if deprecated and not standing.is_deprecated and standing.version_id is None:
        standing = replace(standing, is_deprecated=True, reason=deprecated)
    return standing


def _is_higher(registry: str, version: str | None, than: str | None) -> bool:
    if version is None or than is None or version == than:
        return False
    rules = registration(registry).rules
    try:
        return rules.sort_key(version) > rules.sort_key(than)
    except ValueError:
        return False


def _wanted(
    connection: Connection, contents: ProjectContents, known: dict[Name, PackageKnown]
) -> tuple[Wanted, ...]:
    """The latest version is tried first; all versions are read only of what does not admit it."""
    ranges = _ranges(contents)
    chosen: dict[int, str] = {}
    undecided: list[int] = []
    for position, each in enumerate(contents.dependencies):
        package = known.get(_name(each))
        if each.source != "registry" or package is None or package.latest is None:
            continue
        rules = registration(each.registry).rules
        picked = _pick(rules, ranges[position], {package.latest: False}, {LATEST: package.latest})
        if picked == package.latest:
            chosen[position] = picked
        else:
            undecided.append(position)
    ids = [known[_name(contents.dependencies[at])].package_id for at in undecided]
    versions, tags = _all_versions(connection, ids)
    for position, id in zip(undecided, ids, strict=True):
        each = contents.dependencies[position]
        rules = registration(each.registry).rules
        picked = _pick(rules, ranges[position], versions.get(id, {}), tags.get(id, {}))
        if picked is not None:
            chosen[position] = picked
    found = []
    for position, each in enumerate(contents.dependencies):
        wanted = chosen.get(position)
        version = contents.packages[each.locked].version if each.locked >= 0 else None
        is_outdated = wanted is not None and _is_higher(each.registry, wanted, version)
        found.append(Wanted(wanted, is_outdated))
    return tuple(found)


def _ranges(contents: ProjectContents) -> list[str]:
    """Of what is declared elsewhere, as the lock file resolved it."""
    by_lock = {
        (contents.packages[edge.dependent].folder, edge.dependency): edge.range
        for edge in contents.edges
        if contents.packages[edge.dependent].is_workspace
    }
    return [
        by_lock.get((each.workspace, each.locked), each.range)
        if each.range.startswith(OPEN_RANGES)
        else each.range
        for each in contents.dependencies
    ]


def _pick(
    rules: VersionRules, range: str, versions: dict[str, bool], tags: dict[str, str]
) -> str | None:
    yanked = [version for version, is_yanked in versions.items() if is_yanked]
    try:
        picked = rules.index(versions, tags, yanked, {}).pick(range, None)
    except (ValueError, KeyError):
        return None
    return picked.version if isinstance(picked, Picked) else None


def _all_versions(
    connection: Connection, ids: Iterable[UUID]
) -> tuple[dict[UUID, dict[str, bool]], dict[UUID, dict[str, str]]]:
    v, t = package_versions.c, package_dist_tags.c
    versions: dict[UUID, dict[str, bool]] = defaultdict(dict)
    tags: dict[UUID, dict[str, str]] = defaultdict(dict)
    for some in slices(sorted(set(ids))):
        for row in connection.execute(
            select(v.package_id, v.version, v.is_yanked)
            .where(v.package_id.in_(some))
            .order_by(v.package_id, v.sort_key)
        ):
            versions[row[0]][row[1]] = bool(row[2])
        for tagged in connection.execute(
            select(t.package_id, t.tag, t.version).where(t.package_id.in_(some))
        ):
            tags[tagged[0]][tagged[1]] = tagged[2]
    return versions, tags


def _counts(
    contents: ProjectContents,
    standings: tuple[Standing, ...],
    wanted: tuple[Wanted, ...],
    loose: dict[int, Standing],
) -> ProjectCounts:
    different: dict[tuple[str, str, str | None], Standing] = {}
    local: set[Name] = set()
    versions: dict[Name, set[str]] = defaultdict(set)
    for each, standing in zip(contents.packages, standings, strict=True):
        if each.source == "registry":
            different[each.registry, each.name, each.version] = standing
            if each.version is not None:
                versions[_name(each)].add(each.version)
        elif not each.is_workspace:
            local.add(_name(each))
    own = [
        standings[each.locked] if each.locked >= 0 else loose[position]
        for position, each in enumerate(contents.dependencies)
    ]
    named = {
        _name(each)
        for position, each in enumerate(contents.dependencies)
        if each.locked < 0 and loose[position].is_missing
    } - {(registry, name) for registry, name, _version in different}
    foreign = {key[:2] for key, each in different.items() if each.is_foreign} | {
        _name(each)
        for position, each in enumerate(contents.dependencies)
        if each.locked < 0 and loose[position].is_foreign
    }
    has_lock = {each.registry for each in contents.packages}
    return ProjectCounts(
        declared=len(contents.dependencies),
        packages=len(different) + len(local),
        outdated_within=sum(each.is_outdated for each in wanted),
        outdated_beyond=sum(
            standing.is_outdated and each.wanted is not None and each.wanted != standing.latest
            for standing, each in zip(own, wanted, strict=True)
        ),
        outdated=sum(each.is_outdated for each in different.values()),
        deprecated=sum(each.is_deprecated for each in different.values()),
        missing=sum(each.is_missing for each in different.values()) + len(named),
        awaited=len(_absent(contents, standings, loose, "awaited")),
        unknown=len(_absent(contents, standings, loose, "unknown")),
        foreign=len(foreign),
        local=len(local),
        not_locked=sum(
            each.locked < 0
            and each.source == "registry"
            and each.registry in has_lock
            and each.type in ("runtime", "dev")
            and each.condition is None
            for each in contents.dependencies
        ),
        duplicates=sum(len(each) > 1 for each in versions.values()),
        licences=_kinds(different.values()),
        vulnerable=sum(each.worst is not None for each in different.values()),
        severities=_severities(different.values()),
        not_checked=sum(not each.is_checked for each in different.values()) + len(local),
    )


def _absent(
    contents: ProjectContents,
    standings: tuple[Standing, ...],
    loose: dict[int, Standing],
    kind: str,
) -> set[tuple[str, str, str | None]]:
    """As they are counted among the missing: locked ones by version."""
    locked = {
        (each.registry, each.name, each.version)
        for each, standing in zip(contents.packages, standings, strict=True)
        if standing.is_missing and standing.absence.kind == kind
    }
    names = {each[:2] for each in locked}
    return locked | {
        (*_name(contents.dependencies[at]), None)
        for at, standing in loose.items()
        if standing.is_missing
        and standing.absence.kind == kind
        and _name(contents.dependencies[at]) not in names
    }


def _severities(standings: Iterable[Standing]) -> tuple[tuple[str, int], ...]:
    ranks = Counter(each.worst.severity for each in standings if each.worst is not None)
    return tuple((severity_word(rank), ranks[rank]) for rank in sorted(ranks, reverse=True))


def _kinds(standings: Iterable[Standing]) -> tuple[tuple[LicenceKind, int], ...]:
    counts = Counter(each.licence_kind for each in standings)
    return tuple((kind, counts[kind]) for kind in KINDS if counts[kind])


def missing_names(report: ProjectReport) -> list[Name]:
    """What the catalogue could fetch of it, each once: what is declared first."""
    contents = report.contents
    declared = [
        _name(each)
        for position, each in enumerate(contents.dependencies)
        if report.standing_of(position).is_missing
    ]
    locked = [
        _name(each)
        for each, standing in zip(contents.packages, report.standings, strict=True)
        if standing.is_missing
    ]
    return list(dict.fromkeys((*declared, *locked)))
