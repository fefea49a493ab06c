"""Tables of advisories, what they affect, and which stored versions that is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from tgtui.data.models.base import METADATA
from tgtui.data.storage.types import Key, UtcTimestamp


class AdvisoryColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    name: Named[str] = Column(Text)
    """Its id as it is published: `GHSA-…`."""
    source: Named[str] = Column(Text)
    """Who told it last: `osv`, `npm`, or `dump:` and an ecosystem."""
    digest: Named[bytes] = Column(LargeBinary)
    """Of the record, to tell at a glance whether it says something else."""
    severity: Named[int] = Column(Integer)
    """A place in `syntax/advisories/severity.py: SEVERITIES`."""
    score: Named[float | None] = Column(Double)
    """CVSS's base score."""
    vector: Named[str | None] = Column(Text)
    is_malware: Named[bool] = Column(Boolean)
    summary: Named[str | None] = Column(Text)
    details: Named[str | None] = Column(Text)
    """Markdown, cut if it is very long."""
    links: Named[str] = Column(Text)
    """Its references, as JSON: `[[type, address] …]`."""
    modified_at: Named[datetime] = Column(UtcTimestamp)
    published_at: Named[datetime | None] = Column(UtcTimestamp)
    withdrawn_at: Named[datetime | None] = Column(UtcTimestamp)
    created_at: Named[datetime] = Column(UtcTimestamp)


advisories = Table("advisories", METADATA, AdvisoryColumns, UniqueConstraint("name"))
"""A published record about a flaw or about malware, in the words of OSV's schema."""


class AdvisoryAliasColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    advisory_id: Named[UUID] = Column(Key, ForeignKey("advisories.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)


advisory_aliases = Table("advisory_aliases", METADATA, AdvisoryAliasColumns)
"""Other names of the same flaw."""


class AdvisoryPackageColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    advisory_id: Named[UUID] = Column(Key, ForeignKey("advisories.id", ondelete="CASCADE"))
    ecosystem: Named[str] = Column(Text)
    """With its release: `npm`, `Debian:12`."""
    name: Named[str] = Column(Text)
    """As `syntax/advisories/orders.py: spelled`; of Debian the source package."""
    versions: Named[str | None] = Column(Text)
    """Listed one by one, as JSON."""


advisory_packages = Table("advisory_packages", METADATA, AdvisoryPackageColumns)
"""A package that an advisory affects. One advisory may name a package several times."""


class AdvisoryRangeColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    affected_id: Named[UUID] = Column(Key, ForeignKey("advisory_packages.id", ondelete="CASCADE"))
    type: Named[str] = Column(Text)
    """SEMVER or ECOSYSTEM. Ranges of git commits are not kept."""
    events: Named[str] = Column(Text)
    """JSON, in the record's order: `[{"introduced": "0"}, {"fixed": "1.2.3"}]`."""


advisory_ranges = Table("advisory_ranges", METADATA, AdvisoryRangeColumns)
"""Versions of an affected package, between events."""


class AdvisoryFindingColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    version_id: Named[UUID] = Column(Key, ForeignKey("package_versions.id", ondelete="CASCADE"))
    advisory_id: Named[UUID] = Column(Key, ForeignKey("advisories.id", ondelete="CASCADE"))
    flaw: Named[str] = Column(Text)
    """The name that all advisories about this flaw share here."""
    severity: Named[int] = Column(Integer)
    """The worst that one of them says."""


advisory_findings = Table(
    "advisory_findings",
    METADATA,
    AdvisoryFindingColumns,
    UniqueConstraint("version_id", "advisory_id"),
)
"""A stored version that an advisory affects. Derived from the tables above, and kept up to date with them."""


class AdvisorySourceColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    source: Named[str] = Column(Text)
    ecosystem: Named[str] = Column(Text)
    records: Named[int] = Column(Integer)
    as_of: Named[datetime | None] = Column(UtcTimestamp)
    """How fresh all of an ecosystem's advisories are here; null if it was never read as a whole."""
    tried_at: Named[datetime] = Column(UtcTimestamp)
    problem: Named[str | None] = Column(Text)
    """Why the last try failed, a sentence; null if it did not."""


advisory_sources = Table(
    "advisory_sources", METADATA, AdvisorySourceColumns, UniqueConstraint("source", "ecosystem")
)
"""What was read of each source, and how the last try went."""


class AdvisoryCheckColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    source: Named[str] = Column(Text)
    as_of: Named[datetime] = Column(UtcTimestamp)
    versions: Named[str | None] = Column(Text)
    """The versions it answered for, as JSON; null if it answers for all of them."""


advisory_checks = Table(
    "advisory_checks", METADATA, AdvisoryCheckColumns, UniqueConstraint("package_id", "source")
)
"""When a source answered about one package, whether or not it knew anything."""
