"""`yarn.lock` of yarn 1, a format of its own; `berry.py` reads that of later ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph, manifest_in
from tgtui.syntax.projects.javascript.berry import read_berry
from tgtui.syntax.projects.javascript.manifest import is_workspace, source_of, target
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import Declared, Lock, Manifest

WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,"]+)')
KEY_PART = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",]+?))\s*(?:,|$)')
CLASSIC_GROUPS: dict[str, DependencyType] = {
    "dependencies": "runtime",
    "optionalDependencies": "optional",
}


def read_yarn(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """Either form; the file says which. ProjectFileError."""
    if re.search(r"^__metadata:", file.text, re.MULTILINE):
        return read_berry(file, manifests)
    return _read_classic(file, manifests)


class _Block(Struct):
    keys: list[str]
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)


def _read_classic(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    graph = Graph(file, "npm")
    positions: dict[str, int] = {}
    blocks = list(_blocks(file))
    for block in blocks:
        for name, keys in _by_package(block.keys).items():
            version = block.fields.get("version")
            range = _split(keys[0])[1]
            source = source_of(range)
            resolved = block.fields.get("resolved", "")
            if resolved.startswith("git") or ".git#" in resolved:
                source = "git"
            found = graph.add((block.line, name), name, version, source=source)
            if found is not None:
                positions.update(dict.fromkeys(keys, found))
        if "version" not in block.fields:
            graph.problem(f"{block.keys[0]} has no version.", block.line)
    _declare(graph, manifests, positions)
    for block in blocks:
        dependent = positions.get(block.keys[0])
        for group, type in CLASSIC_GROUPS.items():
            for name, range in block.groups.get(group, {}).items():
                found = positions.get(f"{name}@{range}")
                if found is None:
                    graph.problem(
                        f"{block.keys[0]} needs {name}@{range}, which is not locked.", block.line
                    )
                elif dependent is not None:
                    graph.edge(dependent, found, target(name, range)[2], type, name)
    return graph.lock("yarn 1")


def _by_package(keys: Iterable[str]) -> dict[str, list[str]]:
    """An alias and the plain name may share a block: each key says whose it is."""
    found: dict[str, list[str]] = {}
    for key in keys:
        name, range = _split(key)
        found.setdefault(target(name, range)[1], []).append(key)
    return found


def _split(key: str) -> tuple[str, str]:
    name, _, range = key[1:].partition("@")
    return key[:1] + name, range


def _blocks(file: SourceFile) -> Iterable[_Block]:
    block: _Block | None = None
    group: dict[str, str] | None = None
    for number, line in enumerate(file.text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0:
            if not bare.endswith(":"):
                raise file.error("it is not a lock file of yarn: a line without a colon.", number)
            if block is not None:
                yield block
            keys = [found[1] or found[2] for found in KEY_PART.finditer(bare[:-1]) if found[0]]
            if not keys or not all(keys):
                raise file.error("it is not a lock file of yarn: a block without a name.", number)
            block, group = _Block(keys, number), None
            continue
        if block is None:
            raise file.error("it is not a lock file of yarn: it begins in the middle.", number)
        words_ = [found[1] if found[1] is not None else found[2] for found in WORD.finditer(bare)]
        if indent <= 2 and bare.endswith(":"):
            group = block.groups.setdefault(bare[:-1].strip('"'), {})
        elif len(words_) >= 2:
            (block.fields if indent <= 2 or group is None else group)[words_[0]] = words_[1]
        else:
            raise file.error("it is not a lock file of yarn: a name without a value.", number)
    if block is not None:
        yield block


def _members(file: SourceFile, manifests: Sequence[Manifest]) -> list[Manifest]:
    root = manifest_in(manifests, file.folder)
    if root is None:
        return []
    prefix = f"{file.folder}/" if file.folder else ""
    return [
        root,
        *(
            each
            for each in manifests
            if each.registry == "npm"
            and each is not root
            and each.folder.startswith(prefix)
            and is_workspace(each.folder.removeprefix(prefix), root.workspaces)
        ),
    ]


def _declare(graph: Graph, manifests: Sequence[Manifest], positions: dict[str, int]) -> None:
    members = _members(graph.file, manifests)
    if not members:
        graph.problem("It does not say which packages are used directly: package.json is missing.")
    workspaces = {
        each.name: graph.workspace(each.folder, each.name, each.version) for each in members
    }
    for manifest in members:

        def find(each: Declared) -> int | None:
            key = each.declared_name or each.name
            written = f"npm:{each.name}@{each.range}" if each.declared_name else each.range
            found = positions.get(f"{key}@{written}")
            return workspaces.get(each.name) if found is None else found

        graph.declared(manifest, graph.workspace(manifest.folder, manifest.name), find)
