"""Graphs of releases, written as arrows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from tests.support import rows

Release = tuple[UUID, UUID]
"""(package id, version id)"""


def graph(connection: Connection, *arrows: str) -> dict[str, Release]:
    """Releases by name, joined by arrows such as `a>b`."""
    releases: dict[str, Release] = {}
    for arrow in arrows:
        source, _, target = arrow.partition(">")
        for name in (source, target):
            if name not in releases:
                releases[name] = rows.add_release(connection, name)
        rows.add_edge(connection, releases[source], target, releases[target])
    return releases
