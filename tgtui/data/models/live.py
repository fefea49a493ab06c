"""How queries leave out what is deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from tgtui.data.models.tables import packages

_gone = packages.alias("gone")  # else it would be taken for the packages of the query around it

DELETED_PACKAGES = select(_gone.c.id).where(_gone.c.deleted_at.is_not(None))
"""For `NOT IN`: few ids, from an index of their own. A join would look up each package."""


def is_here(package_id: Any) -> ColumnElement[bool]:
    """The package with this id is not deleted."""
    here: ColumnElement[bool] = package_id.not_in(DELETED_PACKAGES)
    return here
