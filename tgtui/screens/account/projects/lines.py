"""What the screen of a project lists, view by view. Values in, lines out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from msgspec.structs import replace
from rich.cells import cell_len

from tgtui.basics.formatting import counted
from tgtui.data.views.projects import ProjectReport, Standing
from tgtui.output.marks import Mark
from tgtui.output.trees.projects import absence_in_words
from tgtui.registries.base import REGISTRIES
from tgtui.services.personal.projects.graph import LockedGraph, Shared
from tgtui.syntax.advisories.ranks import severity_word
from tgtui.widgets.labels import MUTED
from tgtui.widgets.packages.projects import ABSENT, CLOSED, FAULT, LEAF, OPEN, WARNING, ProjectLine

View = Literal["declared", "tree", "locked", "duplicates", "shared"]
MAX_LINES = 50_000
USERS_NAMED = 6
ABSENCES = {
    "": "missing",
    "awaited": "being fetched",
    "unknown": "not published",
    "failed": "not fetched",
}
"""Marks of what is missing."""


def declared_lines(report: ProjectReport, *, only_faults: bool) -> list[ProjectLine]:
    """By manifest, each with a heading."""
    lines: list[ProjectLine] = []
    path = None
    contents = report.contents
    for position, each in enumerate(contents.dependencies):
        standing, wanted = report.standing_of(position), report.wanted[position]
        package = contents.packages[each.locked] if each.locked >= 0 else None
        is_beyond = standing.is_outdated and wanted.wanted != standing.latest
        is_fault = _is_fault(standing) or wanted.is_outdated or not package
        if only_faults and not is_fault:
            continue
        if each.path != path:
            path = each.path
            lines.append(ProjectLine(("file", path), heading=path))
        marks = [*_marks(standing, each.registry, each.source)]
        if each.type != "runtime":
            marks.append((each.type, MUTED))
        if package is None and each.registry in {p.registry for p in contents.packages}:
            marks.append(("not locked", MUTED if each.condition else WARNING))
        locked = package.version if package else None
        told = []
        if wanted.is_outdated:
            told.append(f"An update within {each.range or 'any range'} brings {wanted.wanted}.")
        if is_beyond and wanted.wanted is not None:
            told.append(f"The latest, {standing.latest}, is beyond its range.")
        if each.condition:
            told.append(f"Only if {each.condition}.")
        place = f"{each.path}:{each.line}" if each.line else each.path
        aim = wanted.wanted if wanted.is_outdated else standing.latest
        lines.append(
            ProjectLine(
                ("declared", position),
                registry=each.registry,
                name=each.name
                if each.declared_name is None
                else f"{each.declared_name} = {each.name}",
                asked=each.range,
                locked=locked or "",
                wanted=wanted.wanted or "",
                latest=standing.latest or "",
                published_at=standing.published_at,
                licence=standing.licence,
                is_outdated=standing.is_outdated,
                is_within=wanted.is_outdated,
                is_deprecated=standing.is_deprecated,
                marks=tuple(marks),
                note=" ".join(
                    [
                        *told,
                        *_sentences(standing, each.registry),
                        f"Declared in {place}, {each.field}.",
                    ]
                ),
                position=each.locked,
                other=(locked, aim) if locked and aim and locked != aim else None,
            )
        )
    return lines


def locked_lines(report: ProjectReport, *, only_faults: bool) -> list[ProjectLine]:
    """By name, without workspaces."""
    packages = report.contents.packages
    order = sorted(
        (
            position
            for position, each in enumerate(packages)
            if not each.is_workspace and (not only_faults or _is_fault(report.standings[position]))
        ),
        key=lambda position: (packages[position].name, packages[position].version or ""),
    )
    return [_line(report, position, ("locked", position)) for position in order]


def tree_lines(
    report: ProjectReport, graph: LockedGraph, unfolded: Collection[tuple[int, ...]]
) -> list[ProjectLine]:
    """Workspaces, and below each what is unfolded."""
    lines: list[ProjectLine] = []
    waiting: list[tuple[tuple[int, ...], str, str]] = [
        ((root,), "", "") for root in reversed(graph.roots)
    ]
    while waiting and len(lines) < MAX_LINES:
        path, asked, type = waiting.pop()
        position = path[-1]
        below = graph.below.get(position, ())
        is_cycle = position in path[:-1]
        is_open = path in unfolded and not is_cycle
        fold = LEAF if not below or is_cycle else OPEN if is_open else CLOSED
        marks = [(Mark.CYCLE.sign, WARNING)] if is_cycle else []
        if type not in ("", "runtime"):
            marks.append((type, MUTED))
        lines.append(
            _line(report, position, path, level=len(path) - 1, fold=fold, asked=asked, more=marks)
        )
        if is_open:
            waiting += (
                ((*path, edge.dependency), edge.range, edge.type) for edge in reversed(below)
            )
    return lines


def duplicate_lines(report: ProjectReport, graph: LockedGraph) -> list[ProjectLine]:
    """Each package with its versions, and what uses each."""
    packages = report.contents.packages
    by_version = {
        (each.registry, each.name, each.version): position for position, each in enumerate(packages)
    }
    lines: list[ProjectLine] = []
    for each in graph.duplicates():
        count = counted(len(each.versions), "version")
        lines.append(
            ProjectLine(("twice", each.registry, each.name), heading=f"{each.name} · {count}")
        )
        for version, users in each.versions:
            position = by_version[each.registry, each.name, version]
            asked = graph.asked_of(each.registry, each.name, version)
            names = sorted({packages[user].label for user in users})
            more = f" and {len(names) - USERS_NAMED} more" if len(names) > USERS_NAMED else ""
            used = f"for {', '.join(names[:USERS_NAMED])}{more}" if names else ""
            line = _line(report, position, ("version", position), asked=used)
            if not asked and names:
                why = f"For {', '.join(names[: 2 * USERS_NAMED])}. "
                line = replace(line, note=why + line.note)
            if asked:
                why = "; ".join(f"{user} asks for {range}" for user, range in asked[:USERS_NAMED])
                left = len(asked) - USERS_NAMED
                why += f"; and {left} more" if left > 0 else ""
                line = replace(line, note=f"{why}. {line.note}")
            lines.append(line)
    return lines


def shared_lines(found: Sequence[Shared]) -> list[ProjectLine]:
    """Those in different versions first."""
    lines: list[ProjectLine] = []
    for is_same, heading in ((False, "In different versions"), (True, "In the same versions")):
        some = [each for each in found if each.is_same is is_same]
        if some:
            lines.append(ProjectLine(("same", is_same), heading=f"{heading} · {len(some)}"))
        lines += [
            ProjectLine(
                ("shared", each.registry, each.name),
                registry=each.registry,
                name=each.name,
                asked=", ".join(each.mine),
                locked=", ".join(each.others),
            )
            for each in some
        ]
    return lines


def wrapped(labels: Sequence[str], width: int) -> Iterator[str]:
    """A path, in lines of at most so many cells where its names allow that."""
    line = ""
    for label in labels:
        if not line:
            line = label
        elif cell_len(f"{line} › {label}") <= width:
            line = f"{line} › {label}"
        else:
            yield line
            line = f"  › {label}"
    yield line


def _line(
    report: ProjectReport,
    position: int,
    key: tuple[object, ...],
    *,
    level: int = 0,
    fold: str = "",
    asked: str = "",
    more: Sequence[tuple[str, str]] = (),
) -> ProjectLine:
    package, standing = report.contents.packages[position], report.standings[position]
    version = package.version or ""
    aim = standing.latest if standing.is_outdated else None
    return ProjectLine(
        key,
        level=level,
        fold=fold,
        registry="" if package.is_workspace else package.registry,
        name=package.name,
        asked=asked,
        locked=version,
        latest=standing.latest or "",
        published_at=standing.published_at,
        licence=standing.licence,
        is_outdated=standing.is_outdated,
        is_deprecated=standing.is_deprecated,
        marks=(*more, *_marks(standing, package.registry, package.source)),
        note=" ".join([*_sentences(standing, package.registry), f"Locked in {package.path}."]),
        position=position,
        other=(version, aim) if version and aim else None,
    )


def _is_fault(standing: Standing) -> bool:
    return (
        standing.worst is not None
        or standing.is_outdated
        or standing.is_deprecated
        or standing.is_missing
        or standing.is_foreign
    )


def _marks(standing: Standing, registry: str, source: str) -> Iterator[tuple[str, str]]:
    if source != "registry":
        yield source, MUTED
    if standing.worst is not None:
        yield f"{Mark.VULNERABLE.sign} {severity_word(standing.worst.severity)}", FAULT
    if standing.is_deprecated:
        word = Mark.DEPRECATED.word_in(registry) if registry in REGISTRIES else Mark.DEPRECATED.word
        yield f"{Mark.DEPRECATED.sign} {word}", WARNING
    if standing.is_missing:
        yield f"{Mark.MISSING.sign} {ABSENCES[standing.absence.kind]}", ABSENT
    if standing.is_foreign:
        yield "not a registry here", MUTED
    if standing.is_outdated:
        yield f"{Mark.OUTDATED.sign} outdated", ""


def _sentences(standing: Standing, registry: str) -> Iterator[str]:
    if standing.worst is not None:
        found = counted(standing.worst.count, "advisory", "advisories")
        yield f"{found}, the worst {severity_word(standing.worst.severity)}."
    elif not standing.is_checked:
        yield "Not checked for advisories."
    if standing.is_deprecated:
        yield f"Deprecated: {standing.reason or 'no reason is given'}."
    if standing.is_missing:
        yield absence_in_words(standing)
    if standing.version_id is not None and not standing.licence:
        yield "The licence of this version is not known."
    if standing.is_foreign:
        yield f"The catalogue has no registry {registry}."
