"""The closure as JSON. Flat, for a nested one would be as deep as the tree: each version once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from tgtui.data.graph.outline import OutlineEdge
from tgtui.data.graph.weighing import Weighed
from tgtui.output.trees.tree import ExportedTree, clashes_of


def write(tree: ExportedTree) -> Iterator[str]:
    """ASCII only: no escape sequence and no bidirectional text can pass."""
    yield from json.dumps(as_data(tree), indent=2, ensure_ascii=True).split("\n")


def as_data(tree: ExportedTree) -> dict[str, Any]:
    """What JSON says."""
    names, weighed, trust = tree.names(), tree.outline.weighed, tree.outline.trust
    return {
        "root": tree.root,
        "as_of": tree.fetched_at.isoformat() if tree.fetched_at else None,
        "totals": asdict(tree.outline.totals),
        "advisories": {
            "as_of": trust.as_of.isoformat() if trust.as_of else None,
            "not_checked": trust.not_checked,
        },
        "weight": msgspec.to_builtins(weighed.total) if weighed.facts else None,
        "conflicts": [list(pair) for pair in clashes_of(tree)],
        "packages": [
            {
                "package": names[version_id],
                "depth": level,
                **_facts(weighed, version_id),
                "dependencies": [
                    _edge(edge, names) for edge in tree.outline.edges.get(version_id, ())
                ],
            }
            for version_id, level in tree.versions()
        ],
    }


def _facts(weighed: Weighed, version_id: UUID) -> dict[str, Any]:
    """Null is unknown; `without_it` is null, too, of what is not installed on the platform."""
    facts, less = weighed.facts.get(version_id), weighed.without(version_id)
    return {
        "licence": (facts.licence.shown or None) if facts else None,
        "licence_kind": facts.licence.kind if facts else "unknown",
        "unpacked_size": facts.unpacked_size if facts else None,
        "without_it": asdict(less) if less and weighed.facts else None,
    }


def _edge(edge: OutlineEdge, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "registry": edge.registry,
        "name": edge.name,
        "alias": edge.declared_name,
        "range": edge.range,
        "resolved": None if edge.is_unresolved else edge.resolved_version,
        "package": names[edge.target_id] if edge.target_id is not None else None,
        "type": edge.type,
        "is_optional": edge.is_optional,
        "is_deprecated": edge.is_yanked,
        "is_missing": edge.is_missing,
        "is_loaded": edge.is_loaded,
        "error": edge.resolution_error,
    }
