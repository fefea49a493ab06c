"""Tables of what a client installs that chooses one version of each name for all that a root brings: pip."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Named, Table, Text, TypedColumns, UniqueConstraint

from tgtui.data.models.base import METADATA
from tgtui.data.storage.types import Key, UtcTimestamp


class PackageEnvironmentColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    version_id: Named[UUID] = Column(Key, ForeignKey("package_versions.id", ondelete="CASCADE"))
    """The root."""
    extras: Named[str] = Column(Text)
    """That were asked of the root, `a,b`; empty for none."""
    context: Named[str] = Column(Text)
    """What it was chosen for: `Python 3.12.1 on win_amd64`."""
    error: Named[str | None] = Column(Text)
    """Why nothing can be installed; there are no members then."""
    notes: Named[str | None] = Column(Text)
    """What is not certain, a sentence a line."""
    created_at: Named[datetime] = Column(UtcTimestamp)


package_environments = Table(
    "package_environments",
    METADATA,
    PackageEnvironmentColumns,
    UniqueConstraint("version_id", "extras"),
)
"""What was installed if one version were, when it was last fetched."""


class PackageEnvironmentMemberColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    environment_id: Named[UUID] = Column(
        Key, ForeignKey("package_environments.id", ondelete="CASCADE")
    )
    package_name: Named[str] = Column(Text)
    """Of the root's own registry; the package may not be here yet."""
    version: Named[str] = Column(Text)
    extras: Named[str] = Column(Text)
    """That something in the environment asks of it."""


package_environment_members = Table(
    "package_environment_members",
    METADATA,
    PackageEnvironmentMemberColumns,
    UniqueConstraint("environment_id", "package_name"),
)
"""A version in an environment, the root too."""
