"""The closure as a CycloneDX bill of materials, by the project's own library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tgtui import __version__
from tgtui.basics.text import clean
from tgtui.output.trees.tree import ExportedTree, full_name
from tgtui.syntax.reference import PackageReference

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom

    from tgtui.data.graph.outline import OutlineEdge


def write(tree: ExportedTree) -> Iterator[str]:
    """Version 1.6, JSON. What is unresolved is no component: a property of the bill counts it."""
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    outputter = make_outputter(bill_of(tree), OutputFormat.JSON, SchemaVersion.V1_6)
    yield from outputter.output_as_string(indent=2).split("\n")


def bill_of(tree: ExportedTree) -> Bom:
    """Components are referred to as people write them: `npm:express@4.21.2`."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    from tgtui.syntax.purl import purl_of

    def component(registry: str, name: str, version: str, *, is_published: bool) -> Component:
        reference = PackageReference(registry, clean(name), clean(version))
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
    is_whole = not (totals.not_loaded or totals.missing or totals.unresolved)
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
