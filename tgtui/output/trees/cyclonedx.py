"""The closure as a CycloneDX bill of materials, by the project's own library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tgtui import __version__
from tgtui.basics.text import clean
from tgtui.output.trees.tree import ExportedTree, full_name
from tgtui.syntax.reference import PackageReference

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom

    from tgtui.data.graph.outline import OutlineEdge


def write(tree: ExportedTree) -> Iterator[str]:
    """Version 1.6, JSON. What is unresolved is no component: `compositions` say whose dependencies are not all here."""
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    outputter = make_outputter(bill_of(tree), OutputFormat.JSON, SchemaVersion.V1_6)
    bill = json.loads(outputter.output_as_string())
    bill["compositions"] = compositions_of(tree)  # the library can't write these yet
    yield from json.dumps(bill, indent=2).split("\n")


def compositions_of(tree: ExportedTree) -> list[dict[str, Any]]:
    """Components by what the bill knows of their dependencies: `complete`, `incomplete` or `unknown`."""
    outline = tree.outline
    refs = {outline.root_id: _reference(tree.registry, tree.name, tree.version)}
    known: dict[str, str] = {}
    written = {version_id for version_id, _level in tree.versions()}
    for version_id in written:
        for edge in outline.edges.get(version_id, ()):
            ref = _reference(edge.registry, edge.name, edge.resolved_version)
            if edge.target_id is not None:
                refs[edge.target_id] = ref
            elif not edge.is_unresolved:
                known[str(ref)] = "unknown"  # from outside of the registry, or not here yet
    for version_id, ref in refs.items():
        edges = outline.edges.get(version_id, ())
        is_whole = version_id not in outline.not_loaded and not (
            any(edge.is_unresolved for edge in edges) if version_id in written else edges
        )
        known[str(ref)] = "complete" if is_whole else "incomplete"
    return [
        {
            "aggregate": aggregate,
            "dependencies": sorted(ref for ref, found in known.items() if found == aggregate),
        }
        for aggregate in ("complete", "incomplete", "unknown")
        if aggregate in known.values()
    ]


def bill_of(tree: ExportedTree) -> Bom:
    """Components are referred to as people write them: `npm:express@4.21.2`."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    from tgtui.syntax.purl import purl_of

    def component(registry: str, name: str, version: str, *, is_published: bool) -> Component:
        reference = _reference(registry, name, version)
        purl = purl_of(registry, reference.name, reference.version) if is_published else None
        return Component(
            name=reference.name,
            version=reference.version,
            type=ComponentType.LIBRARY,
            bom_ref=str(reference),
            purl=purl,
        )

    totals = tree.outline.totals
    root = component(tree.registry, tree.name, tree.version, is_published=True)
    bom = Bom()
    bom.metadata.component = root
    bom.metadata.timestamp = tree.now
    bom.metadata.tools.components.add(
        Component(name="tgtui", version=__version__, type=ComponentType.APPLICATION)
    )
    written = {version_id for version_id, _level in tree.versions()}
    is_cut = not tree.outline.edges.keys() <= written
    is_whole = not (totals.not_loaded or totals.missing or totals.unresolved or is_cut)
    bom.metadata.properties.add(Property(name="tgtui:complete", value=str(is_whole).lower()))
    bom.metadata.properties.add(Property(name="tgtui:unresolved", value=str(totals.unresolved)))
    made = {tree.root: root}

    def target(edge: OutlineEdge) -> Component:
        name = full_name(edge)
        if name not in made:
            made[name] = component(
                edge.registry, edge.name, edge.resolved_version, is_published=not edge.is_external
            )
            bom.components.add(made[name])
        return made[name]

    names = tree.names()
    for version_id, _level in tree.versions():
        edges = [e for e in tree.outline.edges.get(version_id, ()) if not e.is_unresolved]
        bom.register_dependency(made[names[version_id]], [target(edge) for edge in edges])
    return bom


def _reference(registry: str, name: str, version: str) -> PackageReference:
    return PackageReference(registry, clean(name), clean(version))
