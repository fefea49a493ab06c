"""Writes a dependency tree for people and for other programs: the formats, and what they all take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from msgspec import Struct

from tgtui.output.trees.tree import ExportedTree

Writer = Callable[[ExportedTree], Iterator[str]]
"""The lines of a document, without their ends; clean and escaped as the format wants."""


class Format(Struct, frozen=True):
    """One way to write a tree."""

    name: str
    """As `--format` takes it."""
    suffix: str
    """Of a file."""
    about: str
    module: str

    def write(self, tree: ExportedTree) -> Iterator[str]:
        """The lines of the document."""
        writer: Writer = import_module(f"tgtui.output.trees.{self.module}").write
        return writer(tree)


FORMATS = {
    format.name: format
    for format in (
        Format("text", ".txt", "indented text, as on the screen", "text"),
        Format("json", ".json", "every version once, with its dependencies", "json"),
        Format("mermaid", ".mmd", "a Mermaid flowchart", "mermaid"),
        Format("dot", ".dot", "a Graphviz digraph", "dot"),
        Format("svg", ".svg", "a picture of the tree", "svg"),
        Format("cyclonedx", ".cdx.json", "a CycloneDX 1.6 bill of materials", "cyclonedx"),
    )
}
"""In the order they are offered."""
