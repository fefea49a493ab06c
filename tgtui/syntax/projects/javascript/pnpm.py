"""`pnpm-lock.yaml`, versions 5 to 9: packages by keys that hold the versions of their peers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, joined, manifest_in
from tgtui.syntax.projects.javascript.manifest import source_of, target
from tgtui.syntax.projects.text import SourceFile, table, text_of, words, yaml_documents
from tgtui.syntax.projects.values import Lock, Manifest, Source

GROUPS: tuple[tuple[str, DependencyType], ...] = (
    ("dependencies", "runtime"),
    ("devDependencies", "dev"),
    ("optionalDependencies", "optional"),
)


def read_pnpm(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """The last document, if there are several: the first is pnpm's own. ProjectFileError."""
    documents = yaml_documents(file)
    if not documents:
        raise file.error("it is empty.")
    version = text_of(documents[-1].get("lockfileVersion")) or ""
    major = int(version.partition(".")[0]) if version.partition(".")[0].isdecimal() else 0
    if major < 5:
        raise file.error("it has no lockfileVersion from 5 on, and can't be read.")
    graph = Graph(file, "npm")
    _Pnpm(graph, documents[-1], major, manifests).read()
    return graph.lock(f"pnpm {version}")


class _Pnpm:
    def __init__(
        self, graph: Graph, document: dict[str, Any], major: int, manifests: Sequence[Manifest]
    ) -> None:
        self._graph = graph
        self._document = document
        self._major = major
        self._manifests = manifests
        self._facts = table(document.get("packages"))
        self._snapshots = table(document.get("snapshots")) if major >= 9 else self._facts
        self._catalogs = {
            name: table(entries) for name, entries in table(document.get("catalogs")).items()
        }

    def read(self) -> None:
        graph, home = self._graph, self._graph.file.folder
        importers = table(self._document.get("importers"))
        if "importers" not in self._document:
            importers = {".": self._document}
        for path in importers:
            folder = joined(home, path)
            if folder is None:
                graph.problem(f"The project {path} lies outside of this folder, and was left out.")
                continue
            manifest = manifest_in(self._manifests, folder)
            graph.workspace(
                folder, manifest.name if manifest else None, manifest.version if manifest else None
            )
        for key in self._snapshots:
            self._add(key)
        for path, importer in importers.items():
            folder = joined(home, path)
            if folder is not None:
                self._import(folder, table(importer))
        for key, entry in self._snapshots.items():
            position = graph.find(key)
            if position is not None:
                self._edges(key, position, table(entry))

    def _add(self, key: str) -> None:
        name, version = self._identity(key)
        facts = table(self._facts.get(key.partition("(")[0] if self._major >= 9 else key))
        name = text_of(facts.get("name")) or name
        version = text_of(facts.get("version")) or version
        source: Source = "registry"
        resolution = table(facts.get("resolution"))
        if resolution.get("type") == "directory" or "directory" in resolution:
            source = "folder"
        elif "repo" in resolution or "commit" in resolution or resolution.get("gitHosted"):
            source = "git"
        elif version is not None and ":" in version:
            source = source_of(version)
        elif "@file:" in key or key.startswith("file:"):
            source = "archive"
        elif not _is_keyed(key, self._major):
            source = "git"
        elif "tarball" in resolution and "integrity" not in resolution:
            source = "url"
        if source == "url" and "codeload." in key:
            source = "git"
        if version is not None and ":" in version:
            version = None
        deprecated = text_of(facts.get("deprecated"))
        self._graph.add(key, name, version, source=source, deprecated=deprecated)

    def _identity(self, key: str) -> tuple[str, str | None]:
        plain = key.partition("(")[0]
        if self._major >= 9:
            name, _, version = plain[1:].partition("@")
            return plain[:1] + name, version or None
        if not plain.startswith("/"):
            return plain.rpartition("/")[2], None
        rest = plain[1:]
        if self._major >= 6:
            name, _, version = rest[1:].partition("@")
            return rest[:1] + name, version or None
        parts = rest.split("/", 3 if rest.startswith("@") else 2)
        count = 2 if rest.startswith("@") else 1
        version = parts[count] if len(parts) > count else ""
        return "/".join(parts[:count]), version.partition("_")[0] or None

    def _import(self, folder: str, importer: dict[str, Any]) -> None:
        position = self._graph.workspace(folder, None)
        specifiers = words(importer.get("specifiers"))
        for group, type in GROUPS:
            for name, value in table(importer.get(group)).items():
                entry = table(value)
                ref = text_of(value) or text_of(entry.get("version"))
                range = text_of(entry.get("specifier")) or specifiers.get(name, "")
                if ref is None:
                    self._graph.problem(f"{group} of {folder or '.'} has no version of {name}.")
                    continue
                if range.startswith("catalog:"):
                    entries = self._catalogs.get(range[8:] or "default", {})
                    range = text_of(table(entries.get(name)).get("specifier")) or range
                self._edge(position, folder, name, ref, range, type)

    def _edges(self, key: str, position: int, entry: dict[str, Any]) -> None:
        facts = table(self._facts.get(key.partition("(")[0])) if self._major >= 9 else entry
        peers = words(facts.get("peerDependencies"))
        for group, type in GROUPS:
            if group == "devDependencies":
                continue
            for name, ref in words(entry.get(group)).items():
                if name in peers:
                    self._edge(position, "", name, ref, peers[name], "peer")
                else:
                    self._edge(position, "", name, ref, "", type)

    def _edge(
        self, position: int, folder: str, name: str, ref: str, range: str, type: DependencyType
    ) -> None:
        found = self._find(folder, name, ref)
        if found is None:
            self._graph.problem(f"{name} {ref} is used, but not locked.")
            return
        self._graph.edge(position, found, target(name, range)[2], type, name)

    def _find(self, folder: str, name: str, ref: str) -> int | None:
        if ref.startswith("link:"):
            at = joined(folder, ref[5:])
            if at is not None and self._graph.has_workspace(at):
                return self._graph.workspace(at, None)
            return self._graph.add(("link", at or ref), name, None, source="folder")
        by_name = {5: f"/{name}/{ref}", 6: f"/{name}@{ref}"}.get(self._major, f"{name}@{ref}")
        found = self._graph.find(by_name)
        return self._graph.find(ref) if found is None else found


def _is_keyed(key: str, major: int) -> bool:
    return key.startswith("/") or major >= 9
