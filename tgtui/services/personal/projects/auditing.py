"""An audit of what a project has locked: each flaw with the paths by which the lock file brings it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tgtui.basics.formatting import counted
from tgtui.data.graph.audit import Audit, Threat
from tgtui.data.graph.dependents import Link, Step
from tgtui.data.graph.paths import COUNTED
from tgtui.data.graph.reach import VersionName
from tgtui.data.views.advisories import Judged, Standing, Unchecked
from tgtui.data.views.edges import TreeTotals
from tgtui.data.views.projects import ProjectContents, ProjectReport
from tgtui.services.personal.projects.graph import LockedGraph, Way
from tgtui.syntax.advisories.orders import has_advisories


def audit_of(name: str, report: ProjectReport, problems: Sequence[str], ways: int) -> Audit:
    """With `ways` paths to each. `problems` are sentences about what could not be read."""
    graph, judgement = LockedGraph(report.contents), report.judgement
    packages = report.contents.packages
    threats: dict[tuple[str, str, str, str, str], Threat] = {}
    for position, found in judgement.findings.items():
        each = packages[position]
        all_places, is_cut = graph.ways(position, max(ways, COUNTED))
        places, has_more = all_places[:ways], is_cut or len(all_places) > ways
        paths = len(all_places), is_cut
        told = tuple(_steps(graph, way) for way in places)
        for judged in found:
            key = (each.registry, each.name, each.version or "", each.path, judged.finding.flaw)
            before = threats.get(key)
            if before is not None:
                told_of_all = (*before.ways, *told)
                is_more = has_more or before.has_more_ways or len(told_of_all) > ways
                total = before.paths[0] + paths[0], before.paths[1] or paths[1]
                threats[key] = _threat(graph, position, judged, told_of_all[:ways], is_more, total)
            else:
                threats[key] = _threat(graph, position, judged, told, has_more, paths)
    left = []
    if judgement.elsewhere:
        left.append(
            f"{counted(judgement.elsewhere, 'package')} from folders, git or addresses, or without"
            " a version: not checked."
        )
    unchecked = list(judgement.unchecked)
    for registry, count in sorted(_not_locked(report.contents).items()):
        if has_advisories(registry):
            told_of_them = counted(count, "declared package")
            left.append(f"{registry}, {told_of_them}: not locked, and so not checked.")
        else:
            unchecked.append(Unchecked(registry, count, Standing(has_source=False)))
    return Audit(
        root=name,
        versions=report.counts.packages + 1,
        threats=tuple(sorted(threats.values(), key=_place)),
        unchecked=tuple(unchecked),
        as_of=judgement.as_of,
        totals=TreeTotals(report.counts.packages, 0, 0, 0, 0, 0, report.counts.deprecated),
        problems=(*judgement.problems, *left, *problems),
        is_partial=bool(left or problems),
    )


def _not_locked(contents: ProjectContents) -> dict[str, int]:
    """Declared packages of each registry of which no version is locked, without what applies only elsewhere."""
    locked = {(each.registry, each.name) for each in contents.packages}
    with_lock = {registry for registry, _name in locked}
    return Counter(
        registry
        for registry, name in {
            (each.registry, each.name)
            for each in contents.dependencies
            if each.locked < 0
            and each.source == "registry"
            and (each.registry not in with_lock or each.type in ("runtime", "dev"))
            and (each.registry not in with_lock or each.condition is None)
        }
        if (registry, name) not in locked
    )


def _threat(
    graph: LockedGraph,
    position: int,
    judged: Judged,
    ways: tuple[tuple[Step, ...], ...],
    has_more: bool,
    paths: tuple[int, bool],
) -> Threat:
    file = graph.contents.packages[position].path
    name = _name(graph, position)
    return Threat(name, judged.finding, ways, has_more, judged.fixed_in, file, paths)


def _steps(graph: LockedGraph, way: Way) -> tuple[Step, ...]:
    links = [
        Link(edge.range, edge.type, edge.declared_name, edge.type == "optional")
        for edge in way.edges
    ]
    return tuple(
        Step(None, _name(graph, position), link)
        for position, link in zip(way.packages, (*links, None), strict=True)
    )


def _name(graph: LockedGraph, position: int) -> VersionName:
    package = graph.contents.packages[position]
    return VersionName(package.registry, package.name, package.version or "")


def _place(threat: Threat) -> tuple[int, str, str, str, str]:
    name, finding = threat.name, threat.finding
    return -finding.severity, threat.package, name.version, finding.flaw, threat.file or ""
