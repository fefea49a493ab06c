"""Advisories, and what they say of stored versions. Their text is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace


class Standing(Struct, frozen=True):
    """How far what is known of a package's advisories can be trusted. No advisories may only mean that nobody looked."""

    has_source: bool
    """Whether anyone publishes advisories about this registry's packages."""
    as_of: datetime | None = None
    """How fresh they are; None if they were never read."""
    problem: str | None = None
    """Why the last try failed, a sentence; None if it did not, or none was made."""

    @property
    def is_checked(self) -> bool:
        return self.as_of is not None


NOT_ASKED = (
    "the source that was asked answers only for some versions (tgtui advisories refresh asks again)"
)


class PackageStanding(Struct, frozen=True):
    """The same of one package, whose versions may differ in it."""

    whole: Standing
    """Of every version."""
    by_version: Mapping[str, datetime] = {}
    """How fresh it is of those that a source answered for one by one, where that is fresher."""
    is_partial: bool = False
    """A source was asked that answers only for some versions."""

    def of(self, version: str) -> Standing:
        """How far what is known of one version can be trusted."""
        as_of = self.by_version.get(version)
        if as_of is not None:
            return replace(self.whole, as_of=as_of, problem=None)
        if self.is_partial and not self.whole.is_checked:
            return replace(self.whole, problem=NOT_ASKED)
        return self.whole


class Finding(Struct, frozen=True):
    """A flaw of one version."""

    version_id: UUID | None
    """None if the version is not stored."""
    flaw: str
    """What it is called here; also the name of one of the advisories."""
    names: tuple[str, ...]
    """All advisories about it that are here and affect the version, that one first."""
    severity: int
    """A place in SEVERITIES."""
    score: float | None
    summary: str | None
    is_malware: bool = False
    aliases: tuple[str, ...] = ()
    """Other names of the flaw, of which no advisory is here."""


class Judged(Struct, frozen=True):
    """A flaw of a version, and what mends it."""

    finding: Finding
    fixed_in: str | None
    """The nearest version above it without the flaw; None if none is known."""


class Unchecked(Struct, frozen=True):
    """Versions of one registry about which nothing can be said."""

    registry: str
    versions: int
    standing: Standing


class Trust(Struct, frozen=True):
    """How far it can be trusted that no more advisories are about some versions than are known."""

    unchecked: tuple[Unchecked, ...] = ()
    as_of: datetime | None = None
    """How fresh the oldest of the answers is; None if nothing was checked."""
    problems: tuple[str, ...] = ()
    """Why the last look at a source failed, a sentence each."""

    @property
    def not_checked(self) -> int:
        """Versions, also those that nobody publishes advisories about."""
        return sum(each.versions for each in self.unchecked)


class Judgement(Struct, frozen=True):
    """What advisories say of what a project has locked. No finding says nothing about what is not checked."""

    findings: Mapping[int, tuple[Judged, ...]] = {}
    """By position of a locked package, the worst first; those without any have no key."""
    not_checked: frozenset[int] = frozenset()
    """Positions of locked packages."""
    unchecked: tuple[Unchecked, ...] = ()
    elsewhere: int = 0
    """Packages from folders, git and addresses, or without a version: no advisory is about them."""
    as_of: datetime | None = None
    """How fresh the oldest of the answers is; None if nothing was checked."""
    problems: tuple[str, ...] = ()
    """Why the last look at a source failed, a sentence each."""


class Worst(Struct, frozen=True):
    """The findings of one version in short."""

    count: int
    """Flaws."""
    severity: int


class AffectedPackage(Struct, frozen=True):
    """What an advisory says of one package."""

    ecosystem: str
    name: str
    ranges: tuple[str, ...]
    """In words: `from 1.0.0 up to but without 1.2.3`."""
    versions: tuple[str, ...]
    """Listed one by one."""
    fixed: tuple[str, ...]


class AdvisoryDetail(Struct, frozen=True):
    """One advisory."""

    id: UUID
    name: str
    source: str
    severity: int
    score: float | None
    vector: str | None
    is_malware: bool
    summary: str | None
    details: str | None
    links: tuple[tuple[str, str], ...]
    """(type, address)."""
    aliases: tuple[str, ...]
    modified_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    affected: tuple[AffectedPackage, ...]


class AffectedHere(Struct, frozen=True):
    """A package of this catalogue that an advisory affects."""

    package_id: UUID
    registry: str
    name: str
    versions: int
    """How many of its versions."""
    newest_id: UUID
    """The highest of them."""
    newest: str
    is_latest: bool
    """The latest version is one of them."""
    fixed_in: str | None
    """The lowest version above it that none of these advisories affects."""


class SourceState(Struct, frozen=True):
    """What was read of one source about one ecosystem."""

    source: str
    ecosystem: str
    records: int
    as_of: datetime | None
    tried_at: datetime
    problem: str | None
