"""A tree as exports take it, and the two walks over it: line by line, and version by version."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tgtui.data.graph.outline import Outline, OutlineEdge
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.output.marks import Mark, tree_marks


class ExportedTree(Struct, frozen=True):
    """A version with all it reaches. Its text is hostile until a writer cleans it."""

    registry: str
    name: str
    version: str
    outline: Outline
    fetched_at: datetime | None
    """When the registry was last read for the package."""
    now: datetime
    """When the tree was read."""
    depth: int = sys.maxsize
    """Levels to write."""

    @classmethod
    def of(
        cls,
        detail: PackageDetail,
        version: VersionRow,
        outline: Outline,
        now: datetime,
        depth: int | None = None,
    ) -> ExportedTree:
        levels = sys.maxsize if depth is None else depth
        return cls(
            detail.registry, detail.name, version.version, outline, detail.fetched_at, now, levels
        )

    @property
    def root(self) -> str:
        """`npm:express@4.21.2`"""
        return f"{self.registry}:{self.name}@{self.version}"

    def names(self) -> dict[UUID, str]:
        """Every version reached, as people write it."""
        names = {self.outline.root_id: self.root}
        for edges in self.outline.edges.values():
            for edge in edges:
                if edge.target_id is not None:
                    names[edge.target_id] = full_name(edge)
        return names

    def versions(self) -> Iterator[tuple[UUID, int]]:
        """Those whose dependencies are written, with their distance from the root; the nearest first."""
        for version_id, level in self.outline.levels.items():
            if level < self.depth or version_id == self.outline.root_id:
                yield version_id, level


class Line(Struct, frozen=True):
    """One edge in its place."""

    edge: OutlineEdge
    marks: tuple[Mark, ...]
    level: int
    """0 right below the root."""
    more: tuple[bool, ...]
    """Whether a sibling comes after it: its own level last, before it as many of the levels above as were requested."""


def lines_of(tree: ExportedTree, max_guides: int) -> Iterator[Line]:
    """Depth first, each version unfolded where it comes first. Without recursion.

    A line knows of `max_guides` levels above its own: a chain may be as deep as a registry likes.
    """
    outline = tree.outline
    shown, above = {outline.root_id}, {outline.root_id}
    path = [outline.root_id]
    stack = [list(reversed(outline.edges.get(outline.root_id, ())))]
    while stack:
        if not stack[-1]:
            stack.pop()
            above.discard(path.pop())
            continue
        edge = stack[-1].pop()
        target = edge.target_id
        below = outline.edges.get(target, ()) if target is not None else ()
        place = None
        if target in above:
            place = Mark.CYCLE
        elif target in shown:
            place = Mark.REPEATED
        elif not edge.is_loaded:
            place = Mark.NOT_LOADED
        more = tuple(bool(level) for level in stack[-max_guides - 1 :])
        yield Line(edge, tuple(tree_marks(edge, place)), len(stack) - 1, more)
        if target is not None and target not in shown and (not below or len(stack) < tree.depth):
            shown.add(target)
            if below:
                stack.append(list(reversed(below)))
                path.append(target)
                above.add(target)


def clashes_of(tree: ExportedTree) -> list[tuple[str, str]]:
    """Versions that can't be installed together, as people write them."""
    names = tree.names() if tree.outline.clashes else {}
    return [(names[one], names[other]) for one, other in tree.outline.clashes]


def full_name(edge: OutlineEdge) -> str:
    """`npm:express@4.21.2`, of the target."""
    return f"{edge.registry}:{edge.name}@{edge.resolved_version}"


def label_of(edge: OutlineEdge, registry: str) -> str:
    """`name range → version`; an alias before it, and the registry if it is not the root's."""
    alias = f"{edge.declared_name} {Mark.ALIAS.sign} " if edge.declared_name else ""
    name = edge.name if edge.registry == registry else f"{edge.registry}:{edge.name}"
    is_said = edge.resolved_version == edge.range and edge.is_external
    chosen = "" if is_said else f" → {edge.resolved_version}"
    return f"{alias}{name} {edge.range or '*'}{chosen}"
