"""Tables of what people keep for themselves, each row one account's own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Named, Table, Text, TypedColumns, UniqueConstraint

from tgtui.data.models.base import METADATA
from tgtui.data.storage.types import Key, UtcTimestamp


class PackageWatchColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    account_id: Named[UUID] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    news: Named[str | None] = Column(Text)
    """What came in since the account last looked: JSON of `data/packages/watching/news.py`; null if nothing did."""
    news_at: Named[datetime | None] = Column(UtcTimestamp)
    """When the last of it came in."""
    created_at: Named[datetime] = Column(UtcTimestamp)


package_watches = Table(
    "package_watches", METADATA, PackageWatchColumns, UniqueConstraint("account_id", "package_id")
)
"""A package that an account watches: it is fetched again each day, and the account is told what is new."""


class PackageComparisonColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    account_id: Named[UUID] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)
    packages: Named[str] = Column(Text)
    """As they are typed, `npm:react npm:preact@10.0.0`, in the order they stand side by side."""
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


package_comparisons = Table(
    "package_comparisons",
    METADATA,
    PackageComparisonColumns,
    UniqueConstraint("account_id", "name"),
)
"""Packages side by side that a person saved under a name. They are read anew each time."""
