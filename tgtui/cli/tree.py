"""`tgtui tree`: everything an install of a package brings, as resolved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from tgtui.cli.finding import find, unread
from tgtui.cli.opening import NotInCatalogue, Options, complain, reading
from tgtui.cli.output import emit, emit_json
from tgtui.text import clean
from tgtui.trees import MEANING, Mark, marks_of, totals_in_words

if TYPE_CHECKING:
    from tgtui.data.outline import Outline, OutlineEdge
    from tgtui.data.views import PackageDetail, VersionRow

EPILOG = """\b
Examples:
  tgtui tree npm:express             the latest version
  tgtui tree npm:express@4.18.1      another one
  tgtui tree npm:webpack --depth 1   only what it asks for itself
  tgtui tree npm:express --json      every version reached, once, with its dependencies
"""

MAX_GUIDES = 40
"""Levels drawn with lines; further down the number of the level stands in their place."""


@click.command(epilog=EPILOG, short_help="Show what an install of a package brings.")
@click.argument("package")
@click.option("--depth", type=click.IntRange(1), help="Levels to show; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def tree(options: Options, package: str, depth: int | None, as_json: bool) -> None:
    """Show the dependency tree of a package as an install resolves it.

    A version that comes again is marked (*) and not unfolded again.
    """
    from tgtui.data.outline import outline_of
    from tgtui.references import parse_reference

    reference = parse_reference(package)

    with reading(options) as database:
        detail, version = find(database, reference)
        if version is None:
            raise NotInCatalogue(unread(detail))
        outline = database.read_now(outline_of, version.id)
    limit = sys.maxsize if depth is None else depth
    if as_json:
        emit_json(_as_data(detail, version, outline, limit))
    else:
        emit(_as_text(detail, version, outline, limit))
    if not version.dependencies_loaded:
        wanted = f"{detail.registry}:{detail.name}@{version.version}"
        complain(f"Its dependencies are not loaded yet: tgtui ask {wanted} --wait")


def _as_text(
    detail: PackageDetail, version: VersionRow, outline: Outline, depth: int
) -> Iterator[str]:
    yield clean(f"{detail.name}@{version.version} · {detail.registry}")
    used: set[Mark] = set()
    yield from _tree_lines(outline, detail.registry, depth, used)
    legend = "   ".join(f"{mark.value} {MEANING[mark]}" for mark in MEANING if mark in used)
    if legend:
        yield ""
        yield legend
    yield ""
    yield _totals(detail, outline)


def _tree_lines(outline: Outline, registry: str, depth: int, used: set[Mark]) -> Iterator[str]:
    """Depth first, without recursion: a chain may be as deep as a registry likes."""
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
        marks = marks_of(edge, place)
        is_opened = target not in shown and (not below or len(stack) < depth)
        used.update(marks)
        yield _guides(stack) + _label(edge, registry, marks)
        if target is not None and is_opened:
            shown.add(target)
            if below:
                stack.append(list(reversed(below)))
                path.append(target)
                above.add(target)


def _guides(stack: list[list[OutlineEdge]]) -> str:
    """A line down from each ancestor that has more to come."""
    hidden = max(len(stack) - 1 - MAX_GUIDES, 0)
    start = f"[{hidden}] " if hidden else ""
    lines = "".join("│  " if level else "   " for level in stack[hidden:-1])
    return f"{start}{lines}{'├─ ' if stack[-1] else '└─ '}"


def _label(edge: OutlineEdge, registry: str, marks: list[Mark]) -> str:
    alias = f"{edge.declared_name} → " if edge.declared_name else ""
    name = edge.name if edge.registry == registry else f"{edge.registry}:{edge.name}"
    chosen = (
        "" if edge.resolved_version == edge.range and edge.is_external else edge.resolved_version
    )
    line = f"{alias}{name} {edge.range or '*'}{f' → {chosen}' if chosen else ''}"
    told = " ".join([clean(line), *(mark.value for mark in marks)])
    if edge.is_unresolved and edge.resolution_error:
        told += " " + clean(f"({edge.resolution_error})")
    return told


def _totals(detail: PackageDetail, outline: Outline) -> str:
    from tgtui import clock
    from tgtui.formatting import as_of

    words = totals_in_words(outline.totals)
    return " · ".join([*words, as_of(detail.fetched_at, clock.now())])


def _as_data(
    detail: PackageDetail, version: VersionRow, outline: Outline, depth: int
) -> dict[str, Any]:
    """Flat, for a nested one would be as deep as the tree: versions by name, each once."""
    root = f"{detail.registry}:{detail.name}@{version.version}"
    names = {outline.root_id: root}
    for edges in outline.edges.values():
        for edge in edges:
            if edge.target_id is not None:
                names[edge.target_id] = f"{edge.registry}:{edge.name}@{edge.resolved_version}"
    return {
        "root": root,
        "as_of": detail.fetched_at,
        "totals": outline.totals,
        "packages": [
            {
                "package": names[version_id],
                "depth": level,
                "dependencies": [
                    _edge_data(edge, names) for edge in outline.edges.get(version_id, ())
                ],
            }
            for version_id, level in outline.levels.items()
            if level < depth or version_id == outline.root_id
        ],
    }


def _edge_data(edge: OutlineEdge, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "registry": edge.registry,
        "name": edge.name,
        "alias": edge.declared_name,
        "range": edge.range,
        "resolved": None if edge.is_unresolved else edge.resolved_version,
        "package": names[edge.target_id] if edge.target_id is not None else None,
        "type": edge.type,
        "is_optional": edge.is_optional,
        "is_deprecated": edge.is_yanked,
        "is_missing": edge.is_missing,
        "is_loaded": edge.is_loaded,
        "error": edge.resolution_error,
    }
