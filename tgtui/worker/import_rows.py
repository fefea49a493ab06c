"""Rows of a whole index, compared with what the catalogue has: only differences are written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tgtui.data.views import UNRESOLVED
from tgtui.ids import uuid7, uuid7s
from tgtui.names import fold
from tgtui.registries.base import DocumentVersion, PackageDocument
from tgtui.registries.indexed import IndexEdge
from tgtui.registries.software import software_keys
from tgtui.versions.rules import VersionRules
from tgtui.worker.import_known import KnownPackage, KnownVersion
from tgtui.worker.storing import version_row

FINGERPRINT_BYTES = 8


@dataclass(slots=True)
class PackageChanges:
    """What one transaction writes of packages and versions."""

    new_packages: list[dict[str, Any]] = field(default_factory=list)
    changed_packages: list[dict[str, Any]] = field(default_factory=list)
    new_versions: list[dict[str, Any]] = field(default_factory=list)
    changed_versions: list[dict[str, Any]] = field(default_factory=list)
    retagged: list[UUID] = field(default_factory=list)
    """Packages whose dist-tags are written anew."""
    new_tags: list[dict[str, Any]] = field(default_factory=list)
    renamed: list[UUID] = field(default_factory=list)
    """Packages whose software is written anew."""
    new_links: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        """Packages and versions that differ."""
        return (
            len(self.new_packages)
            + len(self.changed_packages)
            + len(self.new_versions)
            + len(self.changed_versions)
            + len(self.retagged)
            + len(self.renamed)
        )


def compare_package(
    document: PackageDocument,
    known: dict[str, KnownPackage],
    changes: PackageChanges,
    rules: VersionRules,
    fetched_at: datetime,
    now: datetime,
) -> None:
    """Add what differs to `changes`, and what will be there to `known`. A deleted package stays as it is."""
    package = known.get(document.name)
    facts = (document.description, document.homepage, document.repository)
    if package is None:
        package = known[document.name] = KnownPackage(uuid7(), facts, False, True)
        changes.new_packages.append(_package_row(package.id, document, facts, fetched_at, now))
    elif package.is_deleted:
        return
    elif package.facts != facts or not package.is_fetched:
        package.facts, package.is_fetched = facts, True
        changes.changed_packages.append(_changed_package(package.id, facts, fetched_at, now))
    for version in document.versions:
        _compare_version(version, package, changes, rules, now)
    _compare_tags(document, package, changes, now)
    keys = set(
        software_keys(document.registry, document.name, document.homepage, document.repository)
    )
    if package.software != keys:
        if package.software:
            changes.renamed.append(package.id)
        package.software = keys
        changes.new_links += [
            {"id": uuid7(), "package_id": package.id, "software": key, "created_at": now}
            for key in sorted(keys)
        ]


def _compare_version(
    version: DocumentVersion,
    package: KnownPackage,
    changes: PackageChanges,
    rules: VersionRules,
    now: datetime,
) -> None:
    known = package.versions.get(version.version)
    if known is None:
        known = KnownVersion(uuid7(), version.is_yanked, version.yank_message, None, False)
        package.versions[version.version] = known
        changes.new_versions.append(version_row(known.id, package.id, version, rules, now))
    elif (known.is_yanked, known.yank_message) != (version.is_yanked, version.yank_message):
        known.is_yanked, known.yank_message = version.is_yanked, version.yank_message
        changes.changed_versions.append(
            {
                "of_id": known.id,
                "is_yanked": version.is_yanked,
                "yank_message": version.yank_message,
                "published_at": version.published_at,
            }
        )


def _compare_tags(
    document: PackageDocument, package: KnownPackage, changes: PackageChanges, now: datetime
) -> None:
    tags = document.dist_tags
    if package.tags == tags:
        return
    if package.tags:
        changes.retagged.append(package.id)
    package.tags = dict(tags)
    changes.new_tags += [
        {"id": uuid7(), "package_id": package.id, "tag": tag, "version": version, "created_at": now}
        for tag, version in tags.items()
    ]


def fingerprint(edges: Iterable[IndexEdge]) -> bytes:
    """Equal where the stored edges would be equal."""
    digest = hashlib.blake2b(digest_size=FINGERPRINT_BYTES)
    for edge in edges:
        declared = edge.declared
        digest.update(
            "\0".join(
                (
                    declared.registry,
                    declared.name,
                    declared.declared_name or "",
                    declared.range,
                    declared.type,
                    declared.source_field,
                    "1" if declared.is_optional else "",
                    edge.version or "",
                    edge.error or "",
                    "",
                )
            ).encode("utf-8", "surrogatepass")
        )
    return digest.digest()


def edge_rows(
    package_id: UUID,
    version_id: UUID,
    edges: Sequence[IndexEdge],
    known: Mapping[str, KnownPackage],
    registry: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """Linked to the targets, which are all there by now."""
    rows = []
    for id, edge in zip(uuid7s(len(edges)), edges, strict=True):
        declared = edge.declared
        target = known.get(declared.name) if declared.registry == registry else None
        chosen = target.versions.get(edge.version) if target and edge.version else None
        rows.append(
            {
                "id": id,
                "package_id": package_id,
                "version_id": version_id,
                "dependency_registry": declared.registry,
                "dependency_name": declared.name,
                "declared_name": declared.declared_name,
                "dependency_package_id": target.id if target else None,
                "dependency_version_range": declared.range,
                "resolved_version": edge.version or UNRESOLVED,
                "resolved_version_id": chosen.id if chosen else None,
                "resolution_error": edge.error,
                "dependency_type": declared.type,
                "source_field": declared.source_field,
                "is_optional": declared.is_optional,
                "created_at": now,
            }
        )
    return rows


def _package_row(
    id: UUID,
    document: PackageDocument,
    facts: tuple[str | None, str | None, str | None],
    fetched_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    description, homepage, repository = facts
    return {
        "id": id,
        "name": document.name,
        "search_name": fold(document.name),
        "registry": document.registry,
        "description": description,
        "homepage": homepage,
        "repository": repository,
        "last_fetch_attempt": fetched_at,
        "last_fetch_success": fetched_at,
        "created_at": now,
        "updated_at": now,
    }


def _changed_package(
    id: UUID, facts: tuple[str | None, str | None, str | None], fetched_at: datetime, now: datetime
) -> dict[str, Any]:
    description, homepage, repository = facts
    return {
        "of_id": id,
        "description": description,
        "homepage": homepage,
        "repository": repository,
        "last_fetch_attempt": fetched_at,
        "last_fetch_success": fetched_at,
        "updated_at": now,
    }
