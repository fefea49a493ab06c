"""`deno.json` and `deno.lock`, versions 2 to 5: packages of jsr and npm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tgtui.syntax.projects.graph import Graph, bounded, is_name, joined
from tgtui.syntax.projects.text import (
    SourceFile,
    items,
    json_lines,
    json_object,
    table,
    text_of,
    words,
)
from tgtui.syntax.projects.values import Declared, Lock, Manifest

SPECIFIER = re.compile(r"(jsr|npm):/?((?:@[^/@]+/)?[^/@]+)(?:@([^/]*))?(?:/.*)?")


def read_deno_json(file: SourceFile) -> Manifest:
    """Also deno.jsonc. ProjectFileError."""
    document = json_object(file, has_comments=True)
    lines = json_lines(file.text)
    declared: dict[tuple[str, str, str], Declared] = {}
    for key, value in words(document.get("imports")).items():
        found = SPECIFIER.fullmatch(value)
        if found is None or not is_name(found[2]):
            continue
        registry, name, range = found[1], found[2], found[3] or ""
        declared.setdefault(
            (registry, name, range),
            Declared(
                registry,
                name,
                bounded(range) or "",
                "runtime",
                "imports",
                file.path,
                lines.get(("imports", key), 0),
                bounded(key) if key != name else None,
            ),
        )
    workspace = document.get("workspace")
    members = items(workspace) or items(table(workspace).get("members"))
    return Manifest(
        file.path,
        "jsr",
        bounded(text_of(document.get("name"))),
        bounded(text_of(document.get("version"))),
        tuple(declared.values()),
        tuple(each for each in members if isinstance(each, str)),
    )


def read_deno_lock(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """A version that is newer than known is read as the newest. ProjectFileError."""
    document = json_object(file)
    version = str(document.get("version", "1"))
    graph = Graph(file, "jsr")
    if version == "1":
        graph.problem("Version 1 of deno.lock has only addresses, and no packages.")
        return graph.lock("deno 1")
    if version not in ("2", "3", "4", "5"):
        graph.problem(f"Version {version} of deno.lock is newer than known, and is read as 5.")
    body = table(document.get("packages")) if version == "3" else document
    npm = table(body.get("npm"))
    if version == "2":
        specifiers = {f"npm:{key}": each for key, each in words(npm.get("specifiers")).items()}
        npm = table(npm.get("packages"))
    else:
        specifiers = words(body.get("specifiers"))
    _Deno(graph, specifiers, table(body.get("jsr")), npm).read(
        table(document.get("workspace")), manifests
    )
    return graph.lock(f"deno {version}")


class _Deno:
    def __init__(
        self,
        graph: Graph,
        specifiers: dict[str, str],
        jsr: dict[str, Any],
        npm: dict[str, Any],
    ) -> None:
        self._graph = graph
        self._jsr = jsr
        self._npm = npm
        self._specifiers: dict[str, tuple[str, str]] = {}
        self._by_name = {_name(key): key for key in npm}
        """Of npm: where a dependency has no version, there is one only."""
        for specifier, value in specifiers.items():
            kind, _, rest = specifier.partition(":")
            name = _name(rest)
            version = value.rpartition(f":{name}@")[2] if ":" in value else value
            if version.startswith(f"{name}@"):
                version = version[len(name) + 1 :]
            self._specifiers[specifier] = kind, f"{name}@{version}"

    def read(self, workspace: dict[str, Any], manifests: Sequence[Manifest]) -> None:
        graph = self._graph
        for registry, packages in (("jsr", self._jsr), ("npm", self._npm)):
            for key, entry in packages.items():
                name = _name(key)
                version = key[len(name) + 1 :].partition("_")[0]
                deprecated = text_of(table(entry).get("deprecated"))
                if not version:
                    graph.problem(f"The entry {key} has no version, and was left out.")
                    continue
                graph.add((registry, key), name, version, registry=registry, deprecated=deprecated)
        members = {"": workspace, **table(workspace.get("members"))}
        for path, member in members.items():
            folder = joined(graph.file.folder, path)
            if folder is not None:
                self._member(folder, table(member), manifests)
        for key, entry in self._jsr.items():
            position = graph.find(("jsr", key))
            for each in items(table(entry).get("dependencies")):
                if position is not None and isinstance(each, str):
                    self._edge(position, self._of_specifier(each), each)
        for key, entry in self._npm.items():
            position = graph.find(("npm", key))
            if position is not None:
                self._npm_edges(position, table(entry))

    def _member(self, folder: str, member: dict[str, Any], manifests: Sequence[Manifest]) -> None:
        mine = [each for each in manifests if each.folder == folder]
        named = next((each for each in mine if each.name), None)
        position = self._graph.workspace(
            folder, named.name if named else None, named.version if named else None
        )
        listed = [
            *items(member.get("dependencies")),
            *items(table(member.get("packageJson")).get("dependencies")),
        ]
        if not listed and not member and not folder and not mine:
            listed = list(self._specifiers)
        aliases = {(one.registry, one.name): one for each in mine for one in each.declared}
        for each in listed:
            if isinstance(each, str):
                kind, _, rest = each.partition(":")
                said = aliases.get((kind, _name(rest)))
                self._edge(position, self._of_specifier(each), each, said)
        if not listed:
            for manifest in mine:
                for one in manifest.declared:
                    specifier = f"{one.registry}:{one.name}{f'@{one.range}' if one.range else ''}"
                    self._edge(position, self._of_specifier(specifier), specifier, one)

    def _of_specifier(self, specifier: str) -> int | None:
        kind, _, rest = specifier.partition(":")
        plain = specifier if specifier in self._specifiers else f"{kind}:{rest.replace('@^', '@')}"
        if plain in self._specifiers:
            return self._graph.find(self._specifiers[plain])
        name = _name(rest)
        found = {
            key
            for own, (of, key) in self._specifiers.items()
            if of == kind and _name(own.partition(":")[2]) == name
        }
        return self._graph.find((kind, found.pop())) if len(found) == 1 else None

    def _edge(
        self, position: int, found: int | None, written: str, said: Declared | None = None
    ) -> None:
        if found is None:
            self._graph.problem(f"{written} is used, but not locked.")
            return
        rest = written.partition(":")[2]
        range = said.range if said else rest[len(_name(rest)) + 1 :]
        alias = said.declared_name if said else None
        self._graph.edge(position, found, range, said.type if said else "runtime", alias)

    def _npm_edges(self, position: int, entry: dict[str, Any]) -> None:
        for group, type in (
            ("optionalPeers", "peer"),
            ("dependencies", "runtime"),
            ("optionalDependencies", "optional"),
        ):
            value = entry.get(group)
            wanted = words(value).items() if isinstance(value, dict) else self._listed(items(value))
            for alias, key in wanted:
                found = self._graph.find(("npm", key))
                if found is None:
                    if group == "dependencies":
                        self._graph.problem(f"{key} is used, but not locked.")
                    continue
                self._graph.edge(position, found, "", type, alias)  # type: ignore[arg-type]

    def _listed(self, values: list[Any]) -> list[tuple[str, str]]:
        found = []
        for each in values:
            if not isinstance(each, str):
                continue
            alias, is_alias, key = each.partition("@npm:")
            key = key if is_alias else each
            key = self._by_name.get(key, key)
            found.append((alias if is_alias else _name(key), key))
        return found


def _name(text: str) -> str:
    return text[:1] + text[1:].partition("@")[0]
