"""Why what a project names is not in the catalogue: by the last request for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select

from tgtui.data.models.tables import package_requests
from tgtui.data.storage.sql import slices
from tgtui.data.views.projects import Absence

Name = tuple[str, str]
"""Registry and name."""


def absences(connection: Connection, names: Collection[Name]) -> dict[Name, Absence]:
    """Of those that anyone ever asked for."""
    r = package_requests.c
    by_registry: dict[str, list[str]] = defaultdict(list)
    for registry, name in sorted(names):
        by_registry[registry].append(name)
    found: dict[Name, Absence] = {}
    for registry, some_names in by_registry.items():
        for some in slices(some_names):
            last = (
                select(r.package_name, r.status, r.error_code, r.error_message)
                .where(r.registry == registry, r.package_name.in_(some))
                .order_by(r.id)
            )
            for row in connection.execute(last):  # the last one of a name replaces those before
                found[registry, row.package_name] = _absence(*row[1:])
    return found


def _absence(status: str, code: str | None, message: str | None) -> Absence:
    if status in ("pending", "fetching"):
        return Absence("awaited")
    if status == "failed" and code == "not_found":
        return Absence("unknown", message)
    return Absence("failed", message) if status == "failed" else Absence()
