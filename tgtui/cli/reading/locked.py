"""`tgtui why --project`: why a package is in a project, by its lock files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.cli.opening import NOTHING_FOUND, Options, complain, on_catalogue
from tgtui.cli.output import emit, emit_json

if TYPE_CHECKING:
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.personal.projects.graph import LockedGraph


def why_in_project(
    options: Options, project: str, dependency: str, limit: int, as_json: bool
) -> None:
    """Print the paths to each locked version. Exits if the project does not have it."""
    from tgtui.services.personal.projects.graph import LockedGraph

    async def work(catalogue: Catalogue) -> tuple[str, LockedGraph]:
        name, problems, contents = await catalogue.projects.opened(project)
        for problem in problems:
            complain(problem.sentence)
        return name, LockedGraph(contents)

    name, graph = on_catalogue(options, work)
    found = _targets(graph, dependency)
    if as_json:
        emit_json({"project": name, "reasons": [_as_data(graph, each, limit) for each in found]})
    else:
        emit(_as_text(graph, found, limit))
    if not found:
        complain(f"{clean(dependency, 200)} is not locked in {name}.")
        sys.exit(NOTHING_FOUND)


def _targets(graph: LockedGraph, text: str) -> list[int]:
    registry, colon, rest = text.partition(":")
    if not colon:
        registry, rest = "", text
    at = rest.find("@", 1)
    name, version = (rest, None) if at < 0 else (rest[:at], rest[at + 1 :])
    return graph.named(name, registry=registry or None, version=version)


def _as_text(graph: LockedGraph, found: list[int], limit: int) -> Iterator[str]:
    packages = graph.contents.packages
    for place, target in enumerate(found):
        if place:
            yield ""
        ways, has_more = graph.ways(target, limit)
        paths = counted(len(ways), "path")
        if has_more:
            paths = f"the {counted(len(ways), 'shortest path')}; there are more"
        yield clean(f"{packages[target].label}: {paths} ({packages[target].path})", 400)
        for way in ways:
            steps = [packages[way.packages[0]].label]
            for edge in way.edges:
                label = packages[edge.dependency].label
                steps.append(f"{label} ({edge.range})" if edge.range else label)
            yield f"  {' › '.join(clean(step, 300) for step in steps)}"


def _as_data(graph: LockedGraph, target: int, limit: int) -> dict[str, Any]:
    packages = graph.contents.packages
    ways, has_more = graph.ways(target, limit)
    return {
        "package": f"{packages[target].registry}:{packages[target].label}",
        "path": packages[target].path,
        "has_more": has_more,
        "ways": [[packages[each].label for each in way.packages] for way in ways],
    }
