"""`uv.lock`, and the locks of scripts that uv writes beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, joined
from tgtui.syntax.projects.python.names import normalised
from tgtui.syntax.projects.text import SourceFile, items, table, text_of, toml_table
from tgtui.syntax.projects.values import PYPI, Lock, Manifest, Source

SOURCES: dict[str, Source] = {
    "registry": "registry",
    "git": "git",
    "url": "url",
    "path": "archive",
    "directory": "folder",
    "editable": "workspace",
    "virtual": "workspace",
}


def read_uv(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it is not TOML."""
    document = toml_table(file)
    graph = Graph(file, PYPI)
    members = {normalised(each) for each in items(table(document.get("manifest")).get("members"))}
    found: list[tuple[int, dict[str, Any]]] = []
    by_name: dict[str, list[tuple[dict[str, Any], int]]] = {}
    for entry in items(document.get("package")):
        name = text_of(table(entry).get("name"))
        if name is None:
            graph.problem("An entry has no name, and was left out.")
            continue
        name = normalised(name)
        where = table(entry.get("source"))
        kind = next((each for each in SOURCES if each in where), "registry")
        source = SOURCES[kind]
        version = text_of(entry.get("version"))
        folder = joined(file.folder, str(where[kind])) if source == "workspace" else None
        if source == "workspace" and (folder is None or (members and name not in members)):
            source = "folder"
        if source == "workspace":
            position: int | None = graph.workspace(folder or "", name, version)
        else:
            position = graph.add((name, version, str(where)), name, version, source=source)
        if position is not None:
            found.append((position, entry))
            by_name.setdefault(name, []).append((entry, position))
    requirements = items(table(document.get("manifest")).get("requirements"))
    if requirements:  # of a script, which is no package itself
        script = graph.workspace(file.path.removesuffix(".lock"), None)
        found.append((script, {"dependencies": requirements}))
    for position, entry in found:
        ranges = _ranges(entry)
        _edges(graph, position, items(entry.get("dependencies")), "runtime", by_name, ranges)
        for extra in table(entry.get("optional-dependencies")).values():
            _edges(graph, position, items(extra), "optional", by_name, ranges)
        for group in table(entry.get("dev-dependencies")).values():
            _edges(graph, position, items(group), "dev", by_name, ranges)
    return graph.lock("uv")


def _ranges(entry: dict[str, Any]) -> dict[str, str]:
    metadata = table(entry.get("metadata"))
    listed = [*items(metadata.get("requires-dist"))]
    for group in table(metadata.get("requires-dev")).values():
        listed += items(group)
    return {
        normalised(str(each.get("name"))): text_of(each.get("specifier")) or ""
        for each in map(table, listed)
    }


def _edges(
    graph: Graph,
    position: int,
    dependencies: Sequence[Any],
    type: DependencyType,
    by_name: dict[str, list[tuple[dict[str, Any], int]]],
    ranges: dict[str, str],
) -> None:
    for each in map(table, dependencies):
        name = normalised(str(each.get("name")))
        targets = by_name.get(name, [])
        if "version" in each:
            targets = [
                one for one in targets if one[0].get("version") == each["version"]
            ] or targets
        if "source" in each and len(targets) > 1:
            targets = [one for one in targets if one[0].get("source") == each["source"]] or targets
        if not targets:
            graph.problem(f"{graph.packages[position].name} needs {name}, which is not locked.")
        for _entry, target in targets:
            graph.edge(position, target, ranges.get(name, ""), type)
