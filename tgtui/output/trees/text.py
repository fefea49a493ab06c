"""The tree as indented text, with its marks, their legend, and the totals of the whole closure."""

from __future__ import annotations

from collections.abc import Iterator

from tgtui.basics.formatting import as_of
from tgtui.basics.text import clean
from tgtui.output.facts import weight_in_words
from tgtui.output.marks import Mark, in_legend, marks_explained, totals_in_words
from tgtui.output.trees.tree import ExportedTree, Line, clashes_of, label_of, lines_of

MAX_GUIDES = 40
"""Levels drawn with lines; further down the number of the level stands in their place."""


def write(tree: ExportedTree) -> Iterator[str]:
    """One line an edge."""
    yield clean(f"{tree.name}@{tree.version} · {tree.registry}")
    used: set[Mark] = set()
    for line in lines_of(tree, MAX_GUIDES):
        used |= marks_explained(line.edge, line.marks)
        yield _guides(line) + _told(line, tree.registry)
    if legend := "   ".join(f"{mark.sign} {mark.meaning}" for mark in in_legend(used)):
        yield ""
        yield legend
    yield ""
    for one, other in clashes_of(tree):
        yield clean(f"{one} conflicts with {other}.")
    if (weight := tree.outline.weighed.total).is_known:
        yield " · ".join(weight_in_words(weight))
    words = totals_in_words(tree.outline.totals, tree.registry, tree.outline.trust)
    yield " · ".join([*words, as_of(tree.fetched_at, tree.now)])


def _guides(line: Line) -> str:
    """A line down from each ancestor that has more to come."""
    hidden = line.level + 1 - len(line.more)
    start = f"[{hidden}] " if hidden else ""
    lines = "".join("│  " if has_more else "   " for has_more in line.more[:-1])
    return f"{start}{lines}{'├─ ' if line.more[-1] else '└─ '}"


def _told(line: Line, registry: str) -> str:
    edge = line.edge
    marks = (mark.behind(edge.registry) for mark in line.marks)
    told = " ".join([clean(label_of(edge, registry)), *marks])
    if edge.is_unresolved and edge.resolution_error:
        told += " " + clean(f"({edge.resolution_error})")
    return told
