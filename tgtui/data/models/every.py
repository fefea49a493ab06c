"""Every table by name, whatever else the program has imported: one is known only once its module is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table

from tgtui.data.models import (  # noqa: F401 - they make the tables
    advisories,
    environments,
    facts,
    insights,
    personal,
    projects,
    search,
    settings,
    tables,
)
from tgtui.data.models.base import METADATA

TABLES: Mapping[str, Table] = METADATA.tables
