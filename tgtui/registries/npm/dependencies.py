"""One version's dependency maps as edges, merged in the order npm loads them.

Source: @npmcli/arborist loads peers, then dependencies, then optional ones, a later edge replacing an earlier of
the same name; development dependencies only for a project itself. @npmcli/package-json drops what is no string.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tgtui.registries.base import DeclaredDependency, DependencyType
from tgtui.registries.documents import loose_json as loose
from tgtui.versions.npm.names import MAX_NAME_CHARS
from tgtui.versions.npm.ranges import MAX_RANGE_CHARS
from tgtui.versions.npm.specifier import parse_specifier

MAX_DEPENDENCIES = 2_000
"""Entries in each map of one version."""
NAME_KEPT = MAX_NAME_CHARS + 1
RANGE_KEPT = MAX_RANGE_CHARS + 1
"""Characters kept: one more than are read, so that what is cut is always refused as too long."""
ALIAS = "npm:"
OLD_ENTRY = re.compile(r"([^@\s><=]*)(.*)", re.DOTALL)
"""`name@range`, `name >=range`: an entry of the lists and strings that very old documents have."""


class DependencyMaps(NamedTuple):
    """The maps of one version as JSON text; empty if the document has none."""

    dependencies: bytes
    optional: bytes
    peer: bytes
    peer_meta: bytes
    dev: bytes


def declared(maps: DependencyMaps) -> tuple[DeclaredDependency, ...]:
    """The edges of one version, at most one per key, plus a dev one. Raises TooMany."""
    edges: dict[str, DeclaredDependency] = {}
    optional_peers = _optional_peers(maps.peer_meta)
    for name, spec in _specs(maps.peer).items():
        edges[name] = _edge(name, spec, "peer", "peerDependencies", name in optional_peers)
    for name, spec in _specs(maps.dependencies, takes_lists=True).items():
        edges[name] = _edge(name, spec, "runtime", "dependencies")
    for name, spec in _specs(maps.optional, takes_lists=True).items():
        edges[name] = _edge(name, spec, "optional", "optionalDependencies", True)
    dev = [
        _edge(name, spec, "dev", "devDependencies")
        for name, spec in _specs(maps.dev, takes_lists=True).items()
    ]
    return (*edges.values(), *dev)


def _edge(
    key: str, spec: str, kind: DependencyType, source_field: str, is_optional: bool = False
) -> DeclaredDependency:
    alias = _alias(key, spec)
    name, wanted = alias if alias else (key, spec)
    return DeclaredDependency(
        registry="npm",
        name=name[:NAME_KEPT],
        declared_name=key[:NAME_KEPT] if name != key else None,
        range=wanted[:RANGE_KEPT],
        type=kind,
        source_field=source_field,
        is_optional=is_optional,
    )


def _alias(key: str, spec: str) -> tuple[str, str] | None:
    """Name and range of `npm:name@range`; None if npm would not accept it as an alias: then the text stays."""
    if spec[: len(ALIAS)].lower() != ALIAS or parse_specifier(key, spec).kind != "alias":
        return None
    target = spec[len(ALIAS) :]
    end = target.find("@", 1)  # a scope's own @ is the first character
    return (target, "") if end < 0 else (target[:end], target[end + 1 :])


def _specs(data: bytes, *, takes_lists: bool = False) -> dict[str, str]:
    """From names to specifiers, without entries that are not strings."""
    found: dict[str, str] = {}
    if takes_lists and data[:1] in (b"[", b'"'):
        if len(data) > loose.MAX_VALUE_BYTES:
            raise loose.TooMany
        pairs = _old_entries(loose.value(data))
    else:
        pairs = [
            (name, loose.string(raw)) for name, raw in loose.mapping(data, MAX_DEPENDENCIES).items()
        ]
    for key, spec in pairs:
        if key and spec is not None:
            found[loose.storable(key)] = loose.storable(spec)
    return found


def _old_entries(found: object) -> list[tuple[str, str | None]]:
    """`["a@1", "b >=2"]`, or the same in one string with commas or spaces between."""
    entries = re.split(r"[\s,]+", found.strip()) if isinstance(found, str) else found
    if not isinstance(entries, list):
        return []
    if len(entries) > MAX_DEPENDENCIES:
        raise loose.TooMany
    pairs: list[tuple[str, str | None]] = []
    for entry in entries:
        match = OLD_ENTRY.fullmatch(entry.strip()) if isinstance(entry, str) else None
        if match:
            pairs.append((match[1], match[2].removeprefix("@").strip()))
    return pairs


def _optional_peers(data: bytes) -> set[str]:
    """The names `peerDependenciesMeta` marks as optional."""
    marked = set()
    for name, raw in loose.mapping(data, MAX_DEPENDENCIES).items():
        meta = loose.value(raw)
        if isinstance(meta, dict) and meta.get("optional"):
            marked.add(name)
    return marked
