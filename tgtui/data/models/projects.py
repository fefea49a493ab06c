"""Tables of people's projects: what their files declare and lock. Each project is one account's own, and may be shared."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
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

TYPES = "dependency_type IN ('runtime', 'dev', 'peer', 'optional')"
SOURCES = "source IN ('registry', 'workspace', 'folder', 'archive', 'git', 'url')"


class ProjectColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    account_id: Named[UUID] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)
    files: Named[str] = Column(Text)
    """Which were read, as JSON: paths relative to the project's folder, and formats."""
    problems: Named[str] = Column(Text)
    """What could not be read, as JSON: `syntax/projects/values.py: Problem`."""
    digest: Named[str | None] = Column(Text)
    """Of all files as they were last read; null before the first time."""
    read_at: Named[datetime | None] = Column(UtcTimestamp)
    shared_at: Named[datetime | None] = Column(UtcTimestamp)
    """Since when everyone who has an account sees it; null if only its owner does."""
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


projects = Table("projects", METADATA, ProjectColumns, UniqueConstraint("account_id", "name"))
"""A folder with manifests and lock files. Where it lies is known only to the machine it lies on."""


class ProjectPackageColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    project_id: Named[UUID] = Column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    position: Named[int] = Column(Integer)
    """Among the project's packages, from 0."""
    path: Named[str] = Column(Text)
    """Of the lock file."""
    registry: Named[str] = Column(Text)
    """It need not be one of the catalogue's."""
    name: Named[str] = Column(Text)
    version: Named[str | None] = Column(Text)
    """Null if the file does not say it: folders, git."""
    source: Named[str] = Column(Text)
    folder: Named[str | None] = Column(Text)
    """Of a workspace."""
    licence: Named[str | None] = Column(Text)
    deprecated: Named[str | None] = Column(Text)


project_packages = Table(
    "project_packages", METADATA, ProjectPackageColumns, CheckConstraint(SOURCES, name="source")
)
"""A package in a lock file of a project, in one version; workspaces, too."""


class ProjectDependencyColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    project_id: Named[UUID] = Column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    position: Named[int] = Column(Integer)
    """Among what the project declares, from 0."""
    workspace: Named[str] = Column(Text)
    """Folder of the manifest; empty for the project's own."""
    path: Named[str] = Column(Text)
    """Of the manifest."""
    line: Named[int] = Column(Integer)
    """From 1; 0 if unknown."""
    registry: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    declared_name: Named[str | None] = Column(Text)
    version_range: Named[str] = Column(Text)
    dependency_type: Named[str] = Column(Text)
    source_field: Named[str] = Column(Text)
    source: Named[str] = Column(Text)
    condition: Named[str | None] = Column(Text)
    """Where it applies: a marker, an `if`."""
    locked_id: Named[UUID | None] = Column(
        Key, ForeignKey("project_packages.id", ondelete="SET NULL")
    )


project_dependencies = Table(
    "project_dependencies",
    METADATA,
    ProjectDependencyColumns,
    CheckConstraint(SOURCES, name="source"),
    CheckConstraint(TYPES, name="dependency_type"),
)
"""A dependency that a manifest of a project declares, and what is locked for it."""


class ProjectEdgeColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    project_id: Named[UUID] = Column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    dependent_id: Named[UUID] = Column(Key, ForeignKey("project_packages.id", ondelete="CASCADE"))
    dependency_id: Named[UUID] = Column(Key, ForeignKey("project_packages.id", ondelete="CASCADE"))
    version_range: Named[str] = Column(Text)
    """Empty if the lock file does not say it."""
    dependency_type: Named[str] = Column(Text)
    declared_name: Named[str | None] = Column(Text)


project_edges = Table(
    "project_edges",
    METADATA,
    ProjectEdgeColumns,
    CheckConstraint(TYPES, name="dependency_type"),
)
"""One locked package uses another, as the lock file has it and not as it would be resolved today."""
