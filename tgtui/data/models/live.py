"""How queries leave out what is deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from tgtui.data.models.tables import packages


def deleted_packages() -> Any:
    """For `NOT IN`: few ids, from an index of their own. A join would look up each package."""
    gone = packages.alias()  # else it would be taken for the packages of the outer query
    return select(gone.c.id).where(gone.c.deleted_at.is_not(None))


def is_here(package_id: Any) -> ColumnElement[bool]:
    """The package with this id is not deleted."""
    here: ColumnElement[bool] = package_id.not_in(deleted_packages())
    return here
