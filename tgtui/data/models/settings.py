"""The table of settings that hold for everyone who works on one catalogue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Named, Table, Text, TypedColumns, UniqueConstraint

from tgtui.data.models.base import METADATA
from tgtui.data.storage.types import Key, UtcTimestamp


class CatalogueSettingColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    name: Named[str] = Column(Text)
    """As in the settings file: `pypi.python_version`."""
    value: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(UtcTimestamp)
    updated_at: Named[datetime] = Column(UtcTimestamp)


catalogue_settings = Table(
    "catalogue_settings", METADATA, CatalogueSettingColumns, UniqueConstraint("name")
)
"""What all workers do in the same way, whatever their own settings are."""
