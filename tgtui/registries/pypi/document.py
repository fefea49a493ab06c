"""One Python package: its page on the index, and the metadata of the versions that were loaded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from tgtui.registries.base import DeclaredDependency, DocumentVersion, Facts, RegistryName
from tgtui.registries.pypi.documents.metadata import Metadata, declared, facts_of
from tgtui.registries.pypi.documents.page import Page, Release
from tgtui.registries.pypi.target import Target
from tgtui.versions.pypi.ranges import specifier_of
from tgtui.versions.rules import LATEST

SAYS = "This Python package is {}."
"""Of a project that is not active."""


class PypiDocument(Struct, frozen=True, dict=True):
    """Its edges are known once its adapter has loaded the version."""

    name: str
    page: Page
    target: Target
    loaded: dict[str, Metadata]
    """By version."""
    unknown: dict[str, str]
    """By version: why what it needs is unknown, a sentence."""
    asked_extras: str = ""
    """What was asked for in brackets behind its name, `a,b`."""

    @property
    def registry(self) -> RegistryName:
        return "pypi"

    @property
    def described(self) -> Metadata | None:
        """The metadata of the highest version of which it is here."""
        return next(
            (self.loaded[r.text] for r in self.page.releases if r.text in self.loaded), None
        )

    @property
    def description(self) -> str | None:
        found = self.described
        text = found.summary if found else None
        if self.page.status in ("archived", "deprecated", "quarantined"):
            return " ".join(filter(None, (SAYS.format(self.page.status), text)))
        return text

    @property
    def homepage(self) -> str | None:
        return self.described.homepage if self.described else None

    @property
    def repository(self) -> str | None:
        return self.described.repository if self.described else None

    @property
    def weight(self) -> int:
        return self.page.weight + sum(each.weight for each in self.loaded.values())

    @cached_property
    def versions(self) -> Sequence[DocumentVersion]:
        return [
            DocumentVersion(r.text, r.published_at, r.is_yanked, r.yank_reason)
            for r in self.page.releases
        ]

    @cached_property
    def releases(self) -> dict[str, Release]:
        """By version."""
        return {release.text: release for release in self.page.releases}

    @cached_property
    def dist_tags(self) -> dict[str, str]:
        """`latest` is what pip would take here alone, if there is anything for this machine."""
        found = self.page.tried(specifier_of(""))
        return {LATEST: str(found[0].version)} if found else {}

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """Empty for one of which they are unknown."""
        if version in self.unknown:
            return ()
        return declared(self.loaded[version], self.target, f"pypi:{self.name}=={version}")

    def facts_of(self, version: str) -> Facts:
        best = self.releases[version].best
        warnings = [self.page.from_where(version), self.unknown.get(version)]
        if version in self.unknown:
            told = Facts(download_size=best.size if best else None)
        else:
            told = facts_of(self.loaded[version], best)
        return replace(told, warnings=tuple(filter(None, warnings)))
