"""`bun.lock`: JSON with comments and trailing commas; packages by paths of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, joined
from tgtui.syntax.projects.javascript.manifest import source_of, target
from tgtui.syntax.projects.text import SourceFile, items, json_object, table, text_of, words
from tgtui.syntax.projects.values import Lock, Manifest, Source

GROUPS: tuple[tuple[str, DependencyType], ...] = (
    ("peerDependencies", "peer"),
    ("devDependencies", "dev"),
    ("dependencies", "runtime"),
    ("optionalDependencies", "optional"),
)
BINARY = (
    "it is bun's binary lock file; write a text one beside it with `bun install"
    " --save-text-lockfile --frozen-lockfile --lockfile-only`."
)


def read_bun(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it can't be read at all."""
    document = json_object(file, has_comments=True)
    graph = Graph(file, "npm")
    at: dict[tuple[str, ...], int] = {}
    workspaces = table(document.get("workspaces"))
    for path, entry in workspaces.items():
        folder = joined(file.folder, path)
        if folder is None:
            graph.problem(f"The workspace {path} lies outside of this folder, and was left out.")
        else:
            entry = table(entry)
            graph.workspace(folder, text_of(entry.get("name")), text_of(entry.get("version")))
    entries = table(document.get("packages"))
    places: dict[int, tuple[str, ...]] = {}
    of_peers: dict[int, dict[str, str]] = {}
    for key, value in entries.items():
        position = _add(graph, key, items(value))
        if position is not None:
            at[_names(key)] = position
            places[position] = _names(key)
            info = next((each for each in items(value) if isinstance(each, dict)), {})
            if needed := words(info.get("peerDependencies")):
                of_peers[position] = needed

    def find(path: tuple[str, ...], name: str) -> int | None:
        for end in range(len(path), -1, -1):
            if (found := at.get((*path[:end], name))) is not None:
                return found
        return None

    def peers(position: int, path: tuple[str, ...], user: tuple[str, ...]) -> None:
        """Of a package that several use: a peer is also what the dependent sees under that name."""
        for name, range in of_peers.get(position, {}).items():
            found = find(user, name)
            if found is not None and found not in (position, find(path, name)):
                graph.edge(position, found, target(name, range)[2], "peer", name)

    def link(position: int, path: tuple[str, ...], info: dict[str, Any], *, is_root: bool) -> None:
        optional = {each for each in items(info.get("optionalPeers")) if isinstance(each, str)}
        for group, type in GROUPS:
            if group == "devDependencies" and not is_root:
                continue
            for name, range in words(info.get(group)).items():
                found = find(path, name)
                if found is not None:
                    graph.edge(position, found, target(name, range)[2], type, name)
                    if found in of_peers and type != "peer":
                        peers(found, places[found], path)
                elif type in ("runtime", "dev") and name not in optional:
                    graph.problem(
                        f"{'/'.join(path) or 'The project'} needs {name}, which is not locked."
                    )

    for path, entry in workspaces.items():
        folder = joined(file.folder, path)
        if folder is not None:
            name = text_of(table(entry).get("name"))
            own = (name,) if path and name else ()
            link(graph.workspace(folder, name), own, table(entry), is_root=True)
    for key, value in entries.items():
        names = _names(key)
        if names in at and graph.packages[at[names]].source != "workspace":
            info = next((each for each in items(value) if isinstance(each, dict)), {})
            link(at[names], names, info, is_root=False)
    return graph.lock(f"bun {document.get('lockfileVersion', 0)}")


def _add(graph: Graph, key: str, value: list[Any]) -> int | None:
    identity = text_of(value[0]) if value else None
    if identity is None:
        graph.problem(f"The entry {key} does not say what it is, and was left out.")
        return None
    name, _, reference = identity[1:].partition("@")
    name = identity[:1] + name
    if reference.startswith("workspace:"):
        folder = joined(graph.file.folder, reference[10:])
        return None if folder is None else graph.workspace(folder, name)
    if reference.startswith("root:"):
        return graph.workspace(graph.file.folder, name)
    source: Source = source_of(reference)
    if source == "registry" and ("/" in reference or ":" in reference):
        source = "url"
    return graph.add(key, name, reference if source == "registry" else None, source=source)


def _names(key: str) -> tuple[str, ...]:
    return tuple(_split(key))


def _split(key: str) -> Iterator[str]:
    scope = ""
    for part in key.split("/"):
        if scope:
            yield f"{scope}/{part}"
            scope = ""
        elif part.startswith("@"):
            scope = part
        else:
            yield part
    if scope:
        yield scope
