"""`yarn.lock` from yarn 2 on: YAML by descriptors, `a@npm:^1, a@npm:1.2.0`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, joined, manifest_in
from tgtui.syntax.projects.javascript.manifest import source_of, target
from tgtui.syntax.projects.text import SourceFile, table, text_of, words, yaml_documents
from tgtui.syntax.projects.values import Lock, Manifest, Source

RESOLUTION = re.compile(
    r"(?:(?P<parent>.+)/)?(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<range>.+))?", re.DOTALL
)


def read_berry(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it can't be read at all."""
    documents = yaml_documents(file)
    document = documents[-1] if documents else {}
    version = text_of(table(document.pop("__metadata", None)).get("version"))
    graph = Graph(file, "npm")
    root = manifest_in(manifests, file.folder)
    _Berry(graph, document, manifests, root.resolutions if root else {}).read()
    return graph.lock(f"yarn berry {version or ''}".strip())


class _Berry:
    def __init__(
        self,
        graph: Graph,
        document: dict[str, Any],
        manifests: Sequence[Manifest],
        resolutions: Mapping[str, str],
    ) -> None:
        self._graph = graph
        self._manifests = manifests
        self._entries = {key: each for key, each in document.items() if isinstance(each, dict)}
        if len(self._entries) < len(document):
            graph.problem("Some entries are no tables, and were left out.")
        self._by_descriptor: dict[str, int] = {}
        self._at: dict[str, int] = {}
        self._workspaces: dict[str, int] = {}
        self._resolutions: dict[str, list[tuple[str | None, str | None, str]]] = {}
        for pattern, range in resolutions.items():
            if (found := RESOLUTION.fullmatch(pattern)) is not None:
                parent = (found["parent"] or "").removeprefix("**/").rpartition("**/")[2] or None
                self._resolutions.setdefault(found["name"], []).append(
                    (parent if parent != "**" else None, found["range"], range)
                )

    def read(self) -> None:
        for key, entry in self._entries.items():
            self._add(key, entry)
        edges: dict[int, dict[str, int]] = {}
        dependents: dict[int, list[int]] = {}
        for key, entry in self._entries.items():
            if (position := self._at.get(key)) is not None:
                own = edges.setdefault(position, {})
                own.update(self._edges(position, entry))
                for other in own.values():
                    dependents.setdefault(other, []).append(position)
        for key, entry in self._entries.items():
            position = self._at.get(key)
            peers = words(entry.get("peerDependencies"))
            if position is None or not peers:
                continue
            for dependent in dependents.get(position, ()):
                for name, range in peers.items():
                    found = edges[dependent].get(name)
                    if found is not None and found != position and name not in edges[position]:
                        self._graph.edge(position, found, target(name, range)[2], "peer", name)

    def _add(self, key: str, entry: dict[str, Any]) -> None:
        descriptors = key.split(", ")
        resolution = text_of(entry.get("resolution")) or ""
        name, _, reference = resolution[1:].partition("@")
        name = resolution[:1] + name
        version: str | None = text_of(entry.get("version"))
        source: Source = "registry"
        protocol = reference.partition(":")[0] if ":" in reference else ""
        if protocol == "workspace":
            folder = joined(self._graph.file.folder, reference.partition(":")[2])
            if folder is None:
                self._graph.problem(f"The workspace {name} lies outside of this folder.")
                return
            manifest = manifest_in(self._manifests, folder)
            position: int | None = self._graph.workspace(
                folder, name, manifest.version if manifest else None
            )
            self._workspaces[name] = position or 0
        else:
            if protocol == "patch":
                inner = unquote(reference.partition(":")[2].partition("#")[0])
                inner_name, _, inner_reference = inner[1:].partition("@")
                name, reference = inner[:1] + inner_name, inner_reference
                protocol = reference.partition(":")[0] if ":" in reference else "npm"
            if protocol == "file" or protocol in ("portal", "link"):
                source = "archive" if ".tgz" in reference or ".tar" in reference else "folder"
            elif protocol != "npm":
                source = "git" if ".git" in reference or "commit=" in reference else "url"
            if not name.strip() or not resolution:
                self._graph.problem(f"The entry {descriptors[0]} does not say what it is.")
                return
            if version == "0.0.0-use.local":
                version = None
            position = self._graph.add(key, name, version, source=source)
        if position is None:
            return
        self._at[key] = position
        for descriptor in descriptors:
            self._by_descriptor[descriptor] = position
            if "::" in descriptor:  # of a folder or an archive: for whom it is
                self._by_descriptor.setdefault(descriptor.partition("::")[0], position)

    def _edges(self, position: int, entry: dict[str, Any]) -> dict[str, int]:
        package = self._graph.packages[position]
        manifest = None
        if package.source == "workspace":
            manifest = manifest_in(self._manifests, package.folder or "")
        said = (
            {each.declared_name or each.name: each for each in manifest.declared}
            if manifest
            else {}
        )
        optional = table(entry.get("dependenciesMeta"))
        found: dict[str, int] = {}
        for name, range in words(entry.get("dependencies")).items():
            at = self._find(package.name, name, range)
            if at is None:
                self._graph.problem(f"{package.name} needs {name}@{range}, which is not locked.")
                continue
            is_optional = table(optional.get(name)).get("optional") == "true"
            type: DependencyType = "optional" if is_optional else "runtime"
            if name in said and said[name].type != "peer":
                type = said[name].type
            written = said[name].range if name in said else target(name, range)[2]
            self._graph.edge(position, at, written, type, name)
            found[name] = at
        return found

    def _find(self, dependent: str, name: str, range: str) -> int | None:
        for parent, of, instead in self._resolutions.get(name, ()):
            plain = range.removeprefix("npm:")
            if parent in (None, dependent) and (of is None or of.removeprefix("npm:") == plain):
                range = instead
        for descriptor in (f"{name}@{range}", f"{name}@npm:{range}"):
            if (found := self._by_descriptor.get(descriptor)) is not None:
                return found
        if source_of(range) == "workspace" or name in self._workspaces:
            return self._workspaces.get(name)
        return None
