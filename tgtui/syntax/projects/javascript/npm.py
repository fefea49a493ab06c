"""`package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3, as npm walks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, joined, manifest_in
from tgtui.syntax.projects.javascript.manifest import is_workspace, source_of, target
from tgtui.syntax.projects.text import (
    SourceFile,
    items,
    json_object,
    table,
    text_of,
    words,
)
from tgtui.syntax.projects.values import Declared, Lock, Manifest, Source

MODULES = "node_modules/"
MAX_KEY = 4_000
GROUPS: tuple[tuple[str, DependencyType], ...] = (
    ("peerDependencies", "peer"),
    ("dependencies", "runtime"),
    ("optionalDependencies", "optional"),
)
"""A later one replaces an earlier one of the same name."""


def read_npm(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it can't be read at all."""
    document = json_object(file)
    version = document.get("lockfileVersion", 1)
    graph = Graph(file, "npm")
    if isinstance(document.get("packages"), dict):
        _Folders(graph, document["packages"]).read()
    elif version in (2, 3) or "dependencies" not in document:
        graph.workspace(file.folder, text_of(document.get("name")))
    else:
        _Nested(graph, document, manifest_in(manifests, file.folder)).read()
    return graph.lock(f"npm {version}")


class _Folders:
    """Versions 2 and 3: an entry per folder."""

    def __init__(self, graph: Graph, packages: dict[str, Any]) -> None:
        self._graph = graph
        self._home = graph.file.folder
        self._entries = {
            key: entry
            for key, entry in packages.items()
            if isinstance(entry, dict) and len(key) <= MAX_KEY
        }
        if len(self._entries) < len(packages):
            graph.problem("Some entries of packages are no tables, and were left out.")
        self._links: dict[str, str] = {}
        self._at: dict[str, int] = {}

    def read(self) -> None:
        root = table(self._entries.get(""))
        patterns = items(root.get("workspaces")) or items(
            table(root.get("workspaces")).get("packages")
        )
        globs = [each for each in patterns if isinstance(each, str)]
        for key, entry in self._entries.items():
            if entry.get("link") is True:
                resolved = text_of(entry.get("resolved")) or ""
                self._links[key] = resolved.removeprefix("./")
        targets = set(self._links.values())
        for key, entry in self._entries.items():
            if key not in self._links:
                self._add(key, entry, globs)
        for key, position in list(self._at.items()):
            self._edges(key, position, is_root=not key or key in targets)

    def _add(self, key: str, entry: dict[str, Any], globs: Sequence[str]) -> None:
        name, version = text_of(entry.get("name")), text_of(entry.get("version"))
        if not key or (MODULES not in key and is_workspace(key, globs)):
            folder = joined(self._home, key)
            self._at[key] = self._graph.workspace(key if folder is None else folder, name, version)
            return
        resolved = text_of(entry.get("resolved")) or ""
        source: Source = "registry"
        if MODULES not in key:
            source = "folder"
        elif resolved.startswith("git"):
            source = "git"
        elif resolved.startswith("file:"):
            source = "archive"
        position = self._graph.add(
            key,
            name or key.rpartition(MODULES)[2].rstrip("/"),
            version,
            source=source,
            licence=text_of(entry.get("license")),
            deprecated=text_of(entry.get("deprecated")),
        )
        if position is not None:
            self._at[key] = position

    def _edges(self, key: str, position: int, *, is_root: bool) -> None:
        entry = self._entries[key]
        groups = (*GROUPS, ("devDependencies", "dev")) if is_root else GROUPS
        wanted: dict[str, tuple[str, DependencyType]] = {}
        for group, type in groups:
            for name, range in words(entry.get(group)).items():
                wanted[name] = range, type
        optional = table(entry.get("peerDependenciesMeta"))
        for name, (range, type) in wanted.items():
            found = self._find(key, name)
            if found is None:
                is_needed = type not in ("optional", "dev") and not (
                    type == "peer" and table(optional.get(name)).get("optional")
                )
                if is_needed and type != "peer":
                    self._graph.problem(
                        f"{key or 'The project'} needs {name}, which is not locked."
                    )
                continue
            source = source_of(range)
            if source == "url" and self._graph.packages[found].source == "registry":
                self._graph.mark(found, "url")
            self._graph.edge(position, found, target(name, range)[2], type, name)

    def _find(self, key: str, name: str) -> int | None:
        for folder in _upwards(key):
            at = f"{folder}/{MODULES}{name}" if folder else f"{MODULES}{name}"
            at = self._links.get(at, at)
            if at in self._at:
                return self._at[at]
        return None


def _upwards(key: str) -> Iterator[str]:
    folder = key
    while folder:
        if not folder.endswith("node_modules"):
            yield folder
        folder = folder.rpartition("/")[0]
    yield ""


class _Nested:
    """Version 1: dependencies inside of dependencies."""

    def __init__(self, graph: Graph, document: dict[str, Any], manifest: Manifest | None) -> None:
        self._graph = graph
        self._document = document
        self._manifest = manifest

    def read(self) -> None:
        graph = self._graph
        root = graph.workspace(
            graph.file.folder,
            text_of(self._document.get("name")),
            text_of(self._document.get("version")),
        )
        at: dict[tuple[str, ...], int] = {}
        entries: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        top = table(self._document.get("dependencies"))
        waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), top)]
        while waiting:
            path, dependencies = waiting.pop()
            for name, entry in dependencies.items():
                if not isinstance(entry, dict):
                    graph.problem(f"The entry of {name} is no table, and was left out.")
                    continue
                own, version, source = _identity(name, text_of(entry.get("version")))
                position = graph.add((*path, name), own, version, source=source)
                if position is not None:
                    at[*path, name] = position
                    entries.append(((*path, name), entry))
                    waiting.append(((*path, name), table(entry.get("dependencies"))))

        def find(path: tuple[str, ...], name: str) -> int | None:
            for end in range(len(path), -1, -1):
                if (found := at.get((*path[:end], name))) is not None:
                    return found
            return None

        for path, entry in entries:
            for name, wanted in words(entry.get("requires")).items():
                found = find(path, name)
                if found is not None:
                    graph.edge(at[path], found, target(name, wanted)[2], "runtime", name)
        if self._manifest is None:
            graph.problem(
                "It does not say which packages are used directly: package.json is missing."
            )
            return

        def direct(each: Declared) -> int | None:
            return find((), each.declared_name or each.name)

        graph.declared(self._manifest, root, direct)


def _identity(name: str, version: str | None) -> tuple[str, str | None, Source]:
    """In place of a version there may be an alias or an address."""
    if version is None:
        return name, None, "registry"
    if version.startswith("npm:"):
        return target(name, version)[1], target(name, version)[2] or None, "registry"
    source = source_of(version)
    return name, version if source == "registry" else None, source
