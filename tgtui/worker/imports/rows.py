"""Rows of a whole index, compared with what the catalogue has: only differences are written.

Rows are values in the order of the columns named here, in the driver's form (`data/storage/bulk.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct, field

from tgtui.data.storage.bulk import DriverForm, DriverKey
from tgtui.data.versions.storing_facts import COLUMNS, digest_of, values_of
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.indexes.feed import ToldPackage, ToldVersion, read_facts
from tgtui.registries.indexes.indexed import IndexEdge
from tgtui.syntax.names import fold
from tgtui.worker.imports.known import KnownPackage, KnownVersion

Row: TypeAlias = tuple[Any, ...]

PACKAGE_COLUMNS = (
    "id",
    "name",
    "search_name",
    "registry",
    "description",
    "homepage",
    "repository",
    "last_fetch_attempt",
    "last_fetch_success",
    "created_at",
    "updated_at",
)
VERSION_COLUMNS = (
    "id",
    "package_id",
    "version",
    "sort_key",
    "is_prerelease",
    "is_yanked",
    "yank_message",
    "published_at",
    "created_at",
)
FACT_COLUMNS = ("id", *COLUMNS)
TAG_COLUMNS = ("id", "package_id", "tag", "version", "created_at")
LINK_COLUMNS = ("id", "package_id", "software", "created_at")
EDGE_COLUMNS = (
    "id",
    "package_id",
    "version_id",
    "dependency_registry",
    "dependency_name",
    "declared_name",
    "dependency_package_id",
    "dependency_version_range",
    "resolved_version",
    "resolved_version_id",
    "resolution_error",
    "dependency_type",
    "source_field",
    "is_optional",
    "alternatives",
    "created_at",
)


class PackageChanges(Struct):
    """What one transaction writes of packages and versions."""

    new_packages: list[Row] = field(default_factory=list)
    changed_packages: list[dict[str, Any]] = field(default_factory=list)
    new_versions: list[Row] = field(default_factory=list)
    changed_versions: list[dict[str, Any]] = field(default_factory=list)
    new_facts: list[Row] = field(default_factory=list)
    changed_facts: list[dict[str, Any]] = field(default_factory=list)
    told: list[DriverKey] = field(default_factory=list)
    """Known packages with other facts than before: a search finds them otherwise."""
    retagged: list[DriverKey] = field(default_factory=list)
    """Packages whose dist-tags are replaced."""
    new_tags: list[Row] = field(default_factory=list)
    renamed: list[DriverKey] = field(default_factory=list)
    """Packages whose software keys are replaced."""
    new_links: list[Row] = field(default_factory=list)
    first: list[DriverKey] = field(default_factory=list)
    """Packages that had no version before."""
    turned: list[tuple[DriverKey, ToldVersion]] = field(default_factory=list)
    """Versions that were withdrawn, or no longer are, each with its package."""

    def __len__(self) -> int:
        """Packages and versions that differ."""
        return (
            len(self.new_packages)
            + len(self.changed_packages)
            + len(self.new_versions)
            + len(self.changed_versions)
            + len(self.changed_facts)
            + len(self.retagged)
            + len(self.renamed)
        )


class Comparison:
    """Compare part of an index with what is known. `known` then holds the new state."""

    def __init__(
        self,
        registry: str,
        known: dict[str, KnownPackage],
        form: DriverForm,
        fetched_at: datetime,
        now: datetime,
        *,
        is_partial: bool = False,
    ) -> None:
        """`is_partial`: what is known is kept beside what the index has."""
        self.changes = PackageChanges()
        self._is_partial = is_partial
        self._registry = registry
        self._known = known
        self._form = form
        self._fetched_at = fetched_at
        self._now = now
        self._ready_now = form.time(now)
        self._ready_fetched = form.time(fetched_at)

    def add(self, told: ToldPackage) -> KnownPackage:
        """Add what differs to the changes. A deleted package stays as it is."""
        package = self._known.get(told.name)
        is_new = package is None
        if package is None:
            (key,) = self._form.new_keys(1)
            package = self._known[told.name] = KnownPackage(key, told.facts, False, True)
            self.changes.new_packages.append(self._package_row(key, told))
        elif package.is_deleted:
            return package
        elif package.facts != told.facts or not package.is_fetched:
            package.facts, package.is_fetched = told.facts, True
            self.changes.changed_packages.append(self._changed_package(package.key, told))
        if not package.versions:
            self.changes.first.append(package.key)
        is_told = [self._compare_version(version, package) for version in told.versions]
        if any(is_told) and not is_new:
            self.changes.told.append(package.key)
        self._compare_tags(told, package)
        self._compare_software(told, package)
        return package

    def _compare_version(self, version: ToldVersion, package: KnownPackage) -> bool:
        """Whether its facts differ."""
        known = package.versions.get(version.version)
        if known is None:
            (key,) = self._form.new_keys(1)
            known = KnownVersion(key, version.is_yanked, version.yank_message, None, False)
            package.versions[version.version] = known
            self.changes.new_versions.append(self._version_row(key, package.key, version))
        elif (known.is_yanked, known.yank_message) != (version.is_yanked, version.yank_message):
            if known.is_yanked != version.is_yanked:
                self.changes.turned.append((package.key, version))
            known.is_yanked, known.yank_message = version.is_yanked, version.yank_message
            self.changes.changed_versions.append(
                {
                    "of_id": self._form.id(known.key),
                    "is_yanked": version.is_yanked,
                    "yank_message": version.yank_message,
                    "published_at": version.published_at,
                }
            )
        return self._compare_facts(version, known)

    def _compare_facts(self, version: ToldVersion, known: KnownVersion) -> bool:
        digest = digest_of(version.facts)
        if known.facts == digest:
            return False
        values = values_of(read_facts(version))
        if known.facts is None:
            self.changes.new_facts.append((known.key, *values.values()))
        else:
            self.changes.changed_facts.append({"of_id": self._form.id(known.key), **values})
        known.facts = digest
        return True

    def _compare_tags(self, told: ToldPackage, package: KnownPackage) -> None:
        tags = {**package.tags, **told.dist_tags} if self._is_partial else told.dist_tags
        if package.tags == tags:
            return
        if package.tags:
            self.changes.retagged.append(package.key)
        package.tags = tags
        self.changes.new_tags += [
            (key, package.key, tag, version, self._ready_now)
            for key, (tag, version) in zip(
                self._form.new_keys(len(tags)), tags.items(), strict=True
            )
        ]

    def _compare_software(self, told: ToldPackage, package: KnownPackage) -> None:
        names = set(told.software)
        if package.software == names:
            return
        if package.software:
            self.changes.renamed.append(package.key)
        package.software = names
        self.changes.new_links += [
            (key, package.key, name, self._ready_now)
            for key, name in zip(
                self._form.new_keys(len(told.software)), told.software, strict=True
            )
        ]

    def _package_row(self, key: DriverKey, told: ToldPackage) -> Row:
        return (
            key,
            told.name,
            fold(told.name),
            self._registry,
            told.description,
            told.homepage,
            told.repository,
            self._ready_fetched,
            self._ready_fetched,
            self._ready_now,
            self._ready_now,
        )

    def _changed_package(self, key: DriverKey, told: ToldPackage) -> dict[str, Any]:
        return {
            "of_id": self._form.id(key),
            "description": told.description,
            "homepage": told.homepage,
            "repository": told.repository,
            "last_fetch_attempt": self._fetched_at,
            "last_fetch_success": self._fetched_at,
            "updated_at": self._now,
        }

    def _version_row(self, key: DriverKey, package: DriverKey, version: ToldVersion) -> Row:
        return (
            key,
            package,
            version.version,
            version.sort_key,
            version.is_prerelease,
            version.is_yanked,
            version.yank_message,
            self._form.time(version.published_at),
            self._ready_now,
        )


def edge_rows(
    package: DriverKey,
    version: DriverKey,
    edges: Sequence[IndexEdge],
    known: Mapping[str, KnownPackage],
    registry: str,
    form: DriverForm,
    now: datetime,
) -> list[Row]:
    """Rows in the order of EDGE_COLUMNS, linked to their targets, which all exist by now."""
    rows: list[Row] = []
    ready_now = form.time(now)
    for key, edge in zip(form.new_keys(len(edges)), edges, strict=True):
        declared, chosen = edge.declared, edge.version
        target = known.get(declared.name) if declared.registry == registry else None
        there = target.versions.get(chosen) if target and chosen else None
        rows.append(
            (
                key,
                package,
                version,
                declared.registry,
                declared.name,
                declared.declared_name,
                target.key if target else None,
                declared.range,
                chosen or UNRESOLVED,
                there.key if there else None,
                edge.error,
                declared.type,
                declared.source_field,
                declared.is_optional,
                edge.alternatives or None,
                ready_now,
            )
        )
    return rows
