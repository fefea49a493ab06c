"""The closure as a CycloneDX bill of materials.

The project's own library writes the document and each component. Components together, their dependencies and the
compositions are put in here: its `Bom` looks through all dependencies for each one that is added, and it can't write
compositions yet.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tgtui import __version__
from tgtui.basics.text import clean
from tgtui.data.views.advisories import Finding
from tgtui.output.trees.tree import ExportedTree, full_name
from tgtui.syntax.advisories.ranks import CRITICAL, severity_word
from tgtui.syntax.reference import PackageReference

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom

    from tgtui.data.graph.outline import OutlineEdge

References = Mapping[str, str]
"""From packages to their references in the bill, both as people write them: `npm:express@4.21.2`."""


def write(tree: ExportedTree) -> Iterator[str]:
    """Version 1.6, JSON. What is unresolved is no component: `compositions` say whose dependencies are not all here."""
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    outputter = make_outputter(_frame_of(tree), OutputFormat.JSON, SchemaVersion.V1_6)
    references = _references_of(tree)
    components = _components_of(tree, references)
    bill: dict[str, Any] = {"components": components} if components else {}
    bill |= json.loads(outputter.output_as_string())
    if (licences := _licences_of(tree, tree.outline.root_id)) is not None:
        bill["metadata"]["component"]["licenses"] = licences
    bill["dependencies"] = _dependencies_of(tree, references)
    bill["compositions"] = _compositions_of(tree, references)
    if vulnerabilities := _vulnerabilities_of(tree, references):
        bill["vulnerabilities"] = vulnerabilities
    yield from json.dumps(bill, indent=2).split("\n")


def _frame_of(tree: ExportedTree) -> Bom:
    """What the bill says of itself and of the root."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    from tgtui.syntax.purl import purl_of

    root = _cleaned(tree.registry, tree.name, tree.version)
    totals = tree.outline.totals
    bom = Bom()
    bom.metadata.component = Component(
        name=root.name,
        version=root.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(root),
        purl=purl_of(root.registry, root.name, root.version),
    )
    bom.metadata.timestamp = tree.now
    bom.metadata.tools.components.add(
        Component(name="tgtui", version=__version__, type=ComponentType.APPLICATION)
    )
    written = {version_id for version_id, _level in tree.versions()}
    is_cut = not tree.outline.edges.keys() <= written
    is_whole = not (totals.not_loaded or totals.missing or totals.unresolved or is_cut)
    bom.metadata.properties.add(Property(name="tgtui:complete", value=str(is_whole).lower()))
    bom.metadata.properties.add(Property(name="tgtui:unresolved", value=str(totals.unresolved)))
    return bom


def _references_of(tree: ExportedTree) -> References:
    """Of the root and all components. Two names that are cleaned to the same get different ones."""
    found = {tree.root: str(_cleaned(tree.registry, tree.name, tree.version))}
    times = Counter(found.values())
    for edge in _edges_of(tree):
        name = full_name(edge)
        if name not in found:
            reference = str(_cleaned(edge.registry, edge.name, edge.resolved_version))
            times[reference] += 1
            again = times[reference]
            found[name] = reference if again == 1 else f"{reference} ({again})"
    return found


def _components_of(tree: ExportedTree, references: References) -> list[dict[str, Any]]:
    """Every package but the root, in the library's order."""
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.schema.schema import SchemaVersion1Dot6

    from tgtui.syntax.purl import purl_of

    # Filled anew for each: making one takes longer than writing it.
    component = Component(name="", type=ComponentType.LIBRARY)
    written: dict[str, dict[str, Any]] = {}
    for edge in _edges_of(tree):
        reference = references[full_name(edge)]
        if reference in written or reference == references[tree.root]:
            continue
        part = _cleaned(edge.registry, edge.name, edge.resolved_version)
        component.name, component.version = part.name, part.version
        component.purl = (
            None if edge.is_external else purl_of(part.registry, part.name, part.version)
        )
        component.bom_ref.value = reference
        written[reference] = json.loads(component.as_json(view_=SchemaVersion1Dot6))  # type: ignore[attr-defined]
        if (licences := _licences_of(tree, edge.target_id)) is not None:
            written[reference]["licenses"] = licences
    return sorted(
        written.values(), key=lambda part: (part["name"], part["version"], part["bom-ref"])
    )


def _licences_of(tree: ExportedTree, version_id: UUID | None) -> list[dict[str, Any]] | None:
    """As the format wants them: the id of one licence, an expression, else the registry's words as a name; None if
    nothing is said."""
    facts = tree.outline.weighed.facts.get(version_id) if version_id is not None else None
    if facts is None or not facts.licence.shown:
        return None
    expression = facts.licence.expression
    if not expression:
        return [{"license": {"name": clean(facts.licence.words)}}]
    if _is_id(expression):
        return [{"license": {"id": expression}}]
    return [{"expression": expression}]


@cache
def _is_id(expression: str) -> bool:
    from cyclonedx.spdx import is_supported_id

    return is_supported_id(expression)


def _dependencies_of(tree: ExportedTree, references: References) -> list[dict[str, Any]]:
    """One entry for the root and each component, as the format wants it, also for those that need nothing."""
    names = tree.names()
    needs: dict[str, set[str]] = {reference: set() for reference in references.values()}
    for version_id, _level in tree.versions():
        targets = (full_name(edge) for edge in _resolved(tree, version_id))
        needs[references[names[version_id]]].update(references[target] for target in targets)
    return [
        {"dependsOn": sorted(needed), "ref": reference} if needed else {"ref": reference}
        for reference, needed in sorted(needs.items())
    ]


def _compositions_of(tree: ExportedTree, references: References) -> list[dict[str, Any]]:
    """Components by what the bill knows of their dependencies: `complete`, `incomplete` or `unknown`."""
    outline = tree.outline
    ids = {outline.root_id: references[tree.root]}
    known: dict[str, str] = {}
    written = {version_id for version_id, _level in tree.versions()}
    for edge in _edges_of(tree):
        reference = references[full_name(edge)]
        if edge.target_id is not None:
            ids[edge.target_id] = reference
        else:
            known[reference] = "unknown"  # from outside of the registry, or not here yet
    for version_id, reference in ids.items():
        edges = outline.edges.get(version_id, ())
        is_whole = version_id not in outline.not_loaded and not (
            any(edge.is_unresolved for edge in edges) if version_id in written else edges
        )
        known[reference] = "complete" if is_whole else "incomplete"
    return [
        {
            "aggregate": aggregate,
            "dependencies": sorted(each for each, found in known.items() if found == aggregate),
        }
        for aggregate in ("complete", "incomplete", "unknown")
        if aggregate in known.values()
    ]


def _vulnerabilities_of(tree: ExportedTree, references: References) -> list[dict[str, Any]]:
    """Each flaw once, with all that it affects. Without an analysis: whether the flaw can be reached is not known."""
    ids = {tree.outline.root_id: references[tree.root]}
    for edge in _edges_of(tree):
        if edge.target_id is not None:
            ids[edge.target_id] = references[full_name(edge)]
    affected: dict[str, dict[str, Finding]] = {}
    for version_id, reference in ids.items():
        for finding in tree.outline.findings.get(version_id, ()):
            affected.setdefault(finding.flaw, {})[reference] = finding
    return [
        vulnerability(flaw, next(iter(found.values())), found)
        for flaw, found in sorted(affected.items())
    ]


def vulnerability(flaw: str, finding: Finding, references: Iterable[str]) -> dict[str, Any]:
    """One flaw and the components it affects, as CycloneDX 1.6 has it."""
    source = {"name": "OSV", "url": "https://osv.dev"}
    severity = severity_word(min(finding.severity, CRITICAL))
    rating: dict[str, Any] = {"severity": severity}
    if finding.score is not None:
        rating["score"] = finding.score
    told: dict[str, Any] = {
        "affects": [{"ref": reference} for reference in sorted(references)],
        "id": clean(flaw),
        "ratings": [rating],
        "source": source,
    }
    others = (*finding.names[1:], *finding.aliases)
    if others:
        told["references"] = [{"id": clean(name), "source": source} for name in others]
    if finding.summary:
        told["description"] = clean(finding.summary)
    return told


def _edges_of(tree: ExportedTree) -> Iterator[OutlineEdge]:
    """To every component, from the nearest dependents on."""
    for version_id, _level in tree.versions():
        yield from _resolved(tree, version_id)


def _resolved(tree: ExportedTree, version_id: UUID) -> Iterator[OutlineEdge]:
    return (edge for edge in tree.outline.edges.get(version_id, ()) if not edge.is_unresolved)


def _cleaned(registry: str, name: str, version: str) -> PackageReference:
    return PackageReference(registry, clean(name), clean(version))
