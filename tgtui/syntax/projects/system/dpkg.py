"""`var/lib/dpkg/status`: what is installed on a Debian or Ubuntu machine, and what of it uses what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import Graph
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import Lock, Manifest
from tgtui.versions.debian.order import satisfies
from tgtui.versions.debian.relations import Relation, parse_group, split_field

FIELDS: dict[str, DependencyType] = {
    "suggests": "peer",
    "recommends": "optional",
    "depends": "runtime",
    "pre-depends": "runtime",
}
"""A later one replaces an earlier one of the same package. Suggested ones are not needed."""
STANZA = re.compile(r"\n[ \t]*\n+")
VIRTUAL = re.compile(r"([a-z0-9][a-z0-9+.-]*)(?:\s*\(=\s*([^)\s]+)\s*\))?")


def read_dpkg(file: SourceFile, manifests: Sequence[Manifest] = ()) -> Lock:
    """Only what is installed: not what left its configuration. A file of status.d has no Status."""
    graph = Graph(file, "apt")
    machine = graph.workspace(file.path, "this machine")
    providers: dict[str, list[tuple[int, str | None]]] = {}
    found: list[tuple[int, Mapping[str, str]]] = []
    for fields, line in _stanzas(file):
        name, version = fields.get("package"), fields.get("version")
        status = fields.get("status", "install ok installed").split()
        if status[-1:] != ["installed"]:
            continue
        if not name or not version:
            graph.problem("A paragraph has no package or no version, and was left out.", line)
            continue
        architecture = fields.get("architecture", "")
        position = graph.add((name, architecture), name, version)
        if position is not None:
            found.append((position, fields))
            providers.setdefault(name, []).append((position, version))
            for virtual in VIRTUAL.finditer(fields.get("provides", "")):
                providers.setdefault(virtual[1], []).append((position, virtual[2]))
    for position, said in found:
        for field, type in FIELDS.items():
            if field == "suggests":
                continue
            for text in split_field(said.get(field, "")):
                for relation in parse_group(text, said.get("architecture", "")).alternatives:
                    target = _target(relation, providers)
                    if target is not None:
                        graph.edge(position, target, relation.constraint, type)
                        break
    used = {each.dependency for each in graph.lock("dpkg").edges}
    for position, _fields in found:
        if position not in used:
            graph.edge(machine, position)
    return graph.lock("dpkg")


def _target(
    relation: Relation, providers: Mapping[str, list[tuple[int, str | None]]]
) -> int | None:
    for position, version in providers.get(relation.name, ()):
        if relation.operator is None or relation.version is None:
            return position
        if version is not None and satisfies(version, relation.operator, relation.version):
            return position
    return None


def _stanzas(file: SourceFile) -> Iterator[tuple[dict[str, str], int]]:
    line = 1
    for stanza in STANZA.split(file.text):
        fields: dict[str, str] = {}
        last = ""
        for row in stanza.split("\n"):
            name, colon, value = row.partition(":")
            if row[:1] in (" ", "\t"):
                if last in FIELDS:
                    fields[last] += f" {row.strip()}"
            elif colon:
                last = name.strip().lower()
                fields[last] = value.strip()
        if fields:
            yield fields, line
        line += stanza.count("\n") + 2
