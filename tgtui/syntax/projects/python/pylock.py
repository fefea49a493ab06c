"""`pylock.toml` (PEP 751), read tolerantly: installers write files that break it."""

from __future__ import annotations

from collections.abc import Sequence

from tgtui.syntax.projects.graph import Graph
from tgtui.syntax.projects.python.names import normalised
from tgtui.syntax.projects.text import SourceFile, items, table, text_of, toml_table
from tgtui.syntax.projects.values import PYPI, Declared, Lock, Manifest, Source


def read_pylock(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it is not TOML."""
    document = toml_table(file)
    graph = Graph(file, PYPI)
    entries = []
    by_name: dict[str, list[int]] = {}
    for entry in map(table, items(document.get("packages"))):
        name, version = text_of(entry.get("name")), text_of(entry.get("version"))
        if name is None:
            graph.problem("An entry has no name, and was left out.")
            continue
        source: Source = "registry"
        if "vcs" in entry:
            source = "git"
        elif "directory" in entry:
            source = "folder"
        elif "archive" in entry:
            source = "url" if "url" in table(entry["archive"]) else "archive"
        key = (normalised(name), version, str(entry.get("marker")))
        position = graph.add(key, normalised(name), version, source=source)
        if position is not None:
            by_name.setdefault(normalised(name), []).append(position)
            entries.append((position, entry))
    has_edges = False
    for position, entry in entries:
        for each in map(table, items(entry.get("dependencies"))):
            has_edges = True
            for target in by_name.get(normalised(str(each.get("name"))), []):
                if "version" not in each or graph.packages[target].version == each["version"]:
                    graph.edge(position, target)
    _direct(graph, manifests, by_name)
    by = text_of(document.get("created-by"))
    return graph.lock(f"pylock {by or ''}".strip(), has_edges=has_edges)


def _direct(graph: Graph, manifests: Sequence[Manifest], by_name: dict[str, list[int]]) -> None:
    for manifest in manifests:
        if manifest.folder == graph.file.folder and manifest.registry == PYPI:
            root = graph.workspace(manifest.folder, manifest.name, manifest.version)

            def find(each: Declared) -> int | None:
                return next(iter(by_name.get(each.name, [])), None)

            graph.declared(manifest, root, find)
