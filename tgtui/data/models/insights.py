"""Tables of the newest results of the analytics. All of it is derived and can be computed again."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from tgtui.data.models.base import METADATA
from tgtui.data.storage.types import Key, UtcTimestamp


class InsightResultColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    insight: Named[str] = Column(Text)
    """A name of `data/views/insights.py: INSIGHTS`."""
    registry: Named[str] = Column(Text)
    """Empty for all of them."""
    period: Named[str] = Column(Text)
    """`week`, `month` or `year`; empty if the answer has none."""
    rank: Named[int] = Column(Integer)
    """From 1; of a series the place in time."""
    package_id: Named[UUID | None] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    account_id: Named[UUID | None] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)
    key: Named[str] = Column(Text)
    value: Named[float] = Column(Double)
    details: Named[str] = Column(Text)
    """JSON."""


insight_results = Table(
    "insight_results",
    METADATA,
    InsightResultColumns,
    UniqueConstraint("insight", "registry", "period", "rank"),
)
"""Rows of the answers that are lists or series, of the last refresh alone."""


class InsightRefreshColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    day: Named[date] = Column(Date)
    """Of the export that was read, in UTC."""
    created_at: Named[datetime] = Column(UtcTimestamp)
    """When its results were stored."""


insight_refreshes = Table(
    "insight_refreshes", METADATA, InsightRefreshColumns, UniqueConstraint("day")
)
"""The days whose results were stored."""


class PackageMeasureColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    day: Named[date] = Column(Date)
    """The first day it was so; until the next row's."""
    packages: Named[int] = Column(Integer)
    """As the tree of its latest version counts them."""
    depth: Named[int] = Column(Integer)
    dependents: Named[int] = Column(Integer)
    """Packages whose latest version needs it directly."""
    dependents_all: Named[int] = Column(Integer)
    """Packages whose latest version has it in its tree."""


package_measures = Table(
    "package_measures", METADATA, PackageMeasureColumns, UniqueConstraint("package_id", "day")
)
"""What a package brings and who needs it, over time: a row for each day on which it became different."""


class PackageUseWeekColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    week: Named[date] = Column(Date)
    """Its Monday."""
    uses: Named[int] = Column(Integer)
    """Interactions in it, as `package_interactions` counts them."""


package_use_weeks = Table(
    "package_use_weeks", METADATA, PackageUseWeekColumns, UniqueConstraint("package_id", "week")
)
"""How much a package was used in each week of the last year. Who it was is not in it: anyone reads it."""
