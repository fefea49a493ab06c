"""Projects in words, as lists for people and programs, and as a CycloneDX bill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from tgtui.basics.formatting import number
from tgtui.basics.text import clean
from tgtui.data.views.advisories import Finding as AdvisoryFinding
from tgtui.data.views.projects import (
    ProjectContents,
    ProjectCounts,
    ProjectPackage,
    ProjectReport,
    ProjectRow,
    Standing,
)
from tgtui.output.marks import Mark
from tgtui.registries.base import REGISTRIES
from tgtui.syntax.advisories.ranks import SEVERITIES, UNKNOWN, severity_word


class Finding(Struct, frozen=True):
    """Something that is wrong with a project."""

    kind: str
    """`vulnerable`, `deprecated`, `missing`, `not locked`."""
    package: str
    place: str
    """File, and line if it is known."""
    reason: str


class Outdated(Struct, frozen=True):
    """A dependency with a higher version."""

    package: str
    locked: str
    wanted: str
    latest: str
    type: str
    place: str


def counts_in_words(counts: ProjectCounts) -> str:
    """`12 declared, 240 locked; 3 outdated within their ranges, 5 beyond; 2 deprecated; 4 not in the catalogue`"""
    parts = [f"{number(counts.declared)} declared, {number(counts.packages)} locked"]
    within, beyond = counts.outdated_within, counts.outdated_beyond
    if within or beyond:
        found = [f"{number(within)} outdated within their ranges"] if within else []
        if beyond:
            them = "beyond" if found else "outdated beyond their ranges"
            found.append(f"{number(beyond)} {them}")
        parts.append(", ".join(found))
    if counts.vulnerable:
        by_severity = ", ".join(
            f"{number(count)} {_severity(word)}" for word, count in counts.severities
        )
        parts.append(
            f"{Mark.VULNERABLE.sign} {number(counts.vulnerable)} vulnerable ({by_severity})"
        )
    for count, words in (
        (counts.deprecated, "deprecated"),
        (counts.missing, f"not in the catalogue{_absent_in_words(counts)}"),
        (counts.foreign, "from registries that are not here"),
        (counts.local, "from folders, git or addresses"),
        (counts.not_locked, "not locked"),
        (counts.duplicates, "in several versions"),
        (counts.not_checked, "not checked for advisories"),
    ):
        if count:
            parts.append(f"{number(count)} {words}")
    return "; ".join(parts)


def trouble_in_words(row: ProjectRow) -> str:
    """The first file that can't be read, how many more there are, and what is shown then; empty if all is well."""
    if not row.problems:
        return ""
    more = len(row.problems) - 1
    told = f" And {number(more)} more." if more else ""
    before = " What is shown was read before." if row.is_stale else ""
    return f"{row.problems[0].sentence}{told}{before}"


def _absent_in_words(counts: ProjectCounts) -> str:
    parts = [f"{number(counts.awaited)} being fetched"] if counts.awaited else []
    if counts.unknown:
        parts.append(f"{number(counts.unknown)} unknown to the registry")
    return f" ({', '.join(parts)})" if parts else ""


def absence_in_words(standing: Standing) -> str:
    """Why the catalogue knows nothing of it, and what to expect."""
    nothing = "nothing" if standing.worst is None else "nothing else"
    known = f"{nothing} is known of it."
    if standing.absence.kind == "awaited":
        return f"It is being fetched; until then {known}"
    if standing.absence.kind == "unknown":
        return f"Its registry does not know it, so {known} It is private, or was removed there."
    if standing.absence.kind == "failed":
        said = (standing.absence.message or "no reason was given").rstrip(".")
        return f"It could not be fetched ({said}), so {known}"
    if standing.package_id is not None and standing.latest is not None:
        return f"The catalogue does not have this version, so {known}"
    return f"It is not in the catalogue, so {known}"


def vulnerable_in_words(counts: ProjectCounts) -> str:
    """`▲ 1 critical of 3` with the worst severity; `0`; how many were not checked, as that is not the same as none."""
    told = "0"
    if counts.severities:
        told = f"{Mark.VULNERABLE.sign} {worst_in_words(counts)}"
    if not counts.not_checked:
        return told
    if not counts.severities and counts.not_checked == counts.packages:
        return "not checked"
    return f"{told}, {number(counts.not_checked)} not checked"


def worst_in_words(counts: ProjectCounts) -> str:
    """`1 critical of 3`; `3 high` if all are."""
    word, count = counts.severities[0]
    more = f" of {number(counts.vulnerable)}" if counts.vulnerable > count else ""
    return f"{number(count)} {_severity(word)}{more}"


def _severity(word: str) -> str:
    return word if word != SEVERITIES[UNKNOWN] else "of unknown severity"


def counts_record(counts: ProjectCounts) -> dict[str, Any]:
    """For JSON."""
    return {
        **asdict(counts),
        "licences": dict(counts.licences),
        "severities": dict(counts.severities),
    }


def record_of(row: ProjectRow, folder: Path | None) -> dict[str, Any]:
    """For JSON."""
    return {
        "name": row.full_name,
        "is_own": row.is_own,
        "is_shared": row.shared_at is not None,
        "folder": str(folder) if folder else None,
        "files": row.files,
        "problems": row.problems,
        "read_at": row.read_at,
    }


def findings(report: ProjectReport) -> list[Finding]:
    """What is vulnerable, deprecated, missing or not locked; each package once."""
    contents = report.contents
    found: dict[tuple[str, str], Finding] = {}
    counts = report.counts
    for position, each in enumerate(contents.packages):
        standing = report.standings[position]
        name = f"{each.registry}:{each.label}"
        if standing.worst is not None:
            flaws = ", ".join(one.finding.flaw for one in report.judgement.findings[position])
            reason = clean(f"{severity_word(standing.worst.severity)}: {flaws}", 300)
            found["vulnerable", name] = Finding("vulnerable", name, each.path, reason)
        if standing.is_deprecated:
            reason = clean(standing.reason or "no reason is given", 300)
            found["deprecated", name] = Finding("deprecated", name, each.path, reason)
        elif standing.is_missing:
            reason = clean(absence_in_words(standing), 300)
            found["missing", name] = Finding("missing", name, each.path, reason)
    has_lock = {each.registry for each in contents.packages}
    for position, declared in enumerate(contents.dependencies):
        place = f"{declared.path}:{declared.line}" if declared.line else declared.path
        name = f"{declared.registry}:{declared.name}"
        is_needed = declared.type in ("runtime", "dev") and declared.condition is None
        if declared.locked >= 0 or declared.source != "registry":
            continue
        if report.standing_of(position).is_missing:
            reason = "The catalogue does not have it, so nothing is known of it."
            found["missing", name] = Finding("missing", name, place, reason)
        if counts.not_locked and declared.registry in has_lock and is_needed:
            reason = f"{declared.range or 'Any version'} is declared, and the lock file has none."
            found["not locked", name] = Finding("not locked", name, place, reason)
    return sorted(found.values(), key=lambda each: (each.kind, each.package))


def outdated_lines(
    report: ProjectReport, *, with_all: bool = False, within: bool = False
) -> list[Outdated]:
    """Declared ones first; `with_all` adds what is only locked."""
    contents = report.contents
    found: list[Outdated] = []
    declared = set()
    for position, each in enumerate(contents.dependencies):
        standing, wanted = report.standing_of(position), report.wanted[position]
        if each.locked >= 0:
            declared.add(each.locked)
        is_one = wanted.is_outdated if within else standing.is_outdated or wanted.is_outdated
        if not is_one:
            continue
        locked = contents.packages[each.locked].version if each.locked >= 0 else None
        found.append(
            Outdated(
                f"{each.registry}:{each.name}",
                locked or "",
                wanted.wanted or "",
                standing.latest or "",
                each.type,
                f"{each.path}:{each.line}" if each.line else each.path,
            )
        )
    if with_all and not within:
        rest: dict[tuple[str, str], Outdated] = {}
        for position, package in enumerate(contents.packages):
            standing = report.standings[position]
            if position not in declared and standing.is_outdated:
                name = f"{package.registry}:{package.name}"
                version = package.version or ""
                rest[name, version] = Outdated(
                    name, version, "", standing.latest or "", "locked", package.path
                )
        found += sorted(rest.values(), key=lambda each: (each.package, each.locked))
    return found


def project_bill(name: str, report: ProjectReport) -> Iterator[str]:
    """CycloneDX 1.6, sorted, so that the same project gives the same text. Workspaces are applications."""
    contents = report.contents
    references = _references(contents)
    components: dict[str, dict[str, Any]] = {}
    for position, reference in enumerate(references):
        components.setdefault(reference, _component(report, position, references))
    needs: dict[str, set[str]] = {reference: set() for reference in components}
    for edge in contents.edges:
        needs[references[edge.dependent]].add(references[edge.dependency])
    top = sorted({references[at] for at, each in enumerate(contents.packages) if each.is_workspace})
    root = clean(name)
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"bom-ref": f"project:{root}", "name": root, "type": "application"}
        },
        "components": sorted(components.values(), key=lambda each: each["bom-ref"]),
        "dependencies": [
            {"ref": f"project:{root}", "dependsOn": top},
            *(
                {"ref": reference, "dependsOn": sorted(needed)} if needed else {"ref": reference}
                for reference, needed in sorted(needs.items())
            ),
        ],
    }
    if vulnerabilities := _vulnerabilities(report, references):
        document["vulnerabilities"] = vulnerabilities
    yield json.dumps(document, indent=2, ensure_ascii=False)


def _vulnerabilities(report: ProjectReport, references: list[str]) -> list[dict[str, Any]]:
    from tgtui.output.trees.cyclonedx import vulnerability

    affected: dict[str, dict[str, AdvisoryFinding]] = {}
    for position, found in report.judgement.findings.items():
        for each in found:
            affected.setdefault(each.finding.flaw, {})[references[position]] = each.finding
    return [
        vulnerability(flaw, max(found.values(), key=lambda each: each.severity), found)
        for flaw, found in sorted(affected.items())
    ]


def _component(report: ProjectReport, position: int, references: list[str]) -> dict[str, Any]:
    package, standing = report.contents.packages[position], report.standings[position]
    found: dict[str, Any] = {
        "bom-ref": references[position],
        "name": clean(package.name),
        "type": "application" if package.is_workspace else "library",
    }
    if package.version:
        found["version"] = clean(package.version)
    if (purl := _purl(package)) is not None:
        found["purl"] = purl
    if standing.licence:
        from tgtui.syntax.licences import read_licence

        read = read_licence(standing.licence)
        found["licenses"] = [
            {"expression": read.expression}
            if read.expression
            else {"license": {"name": clean(read.words)}}
        ]
    return found


def _references(contents: ProjectContents) -> list[str]:
    """A package URL, else the kind, name and version; the same for the same package in several lock files."""
    found = []
    for each in contents.packages:
        purl = _purl(each)
        place = each.folder if each.is_workspace else each.version
        found.append(
            purl or f"{each.source}:{each.registry}:{clean(each.name)}@{clean(place or '')}"
        )
    return found


def _purl(package: ProjectPackage) -> str | None:
    if package.source != "registry" or not package.version:
        return None
    if package.registry in REGISTRIES:
        from tgtui.syntax.purl import purl_of

        return purl_of(package.registry, package.name, package.version).to_string()
    from packageurl import PackageURL

    try:
        return PackageURL(package.registry, None, package.name, package.version).to_string()
    except ValueError:
        return None
