"""The sizes of all versions, for those who weigh very many trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Connection, func, or_, select

from tgtui.data.models.facts import package_facts
from tgtui.data.storage.sql import hexadecimal
from tgtui.data.versions.facts import details_of
from tgtui.versions.npm.platform import Platform

ROWS_AT_ONCE = 20_000
RESTRICTIONS = ('"os":', '"cpu":', '"libc":')
"""One of them is in the details of a version that is not for every platform."""

VersionSize: TypeAlias = tuple[str, int | None, bool]
"""A version's id, 32 hexadecimal digits; its bytes unpacked, None if they are unknown; whether it is for other
platforms only."""


def read_sizes(
    connection: Connection, platform: Platform, keep: Callable[[list[VersionSize]], object]
) -> None:
    """Of all versions of which something is known; `keep` gets portions of them."""
    f = package_facts.c
    is_restricted = or_(*(f.details.contains(word, autoescape=True) for word in RESTRICTIONS))
    elsewhere = {
        key.lower()
        for key, details in connection.execute(
            select(hexadecimal(f.id), f.details).where(is_restricted)
        )
        if not _is_admitted(details, platform)
    }
    rows = connection.execute(
        select(hexadecimal(f.id), func.coalesce(f.measured_size, f.unpacked_size))
    )
    for some in rows.partitions(ROWS_AT_ONCE):
        told = [(key.lower(), size) for key, size in some]
        keep([(key, size, key in elsewhere) for key, size in told])


def _is_admitted(details: str, platform: Platform) -> bool:
    said = details_of(details)
    return platform.admits(said.os, said.cpu, said.libc)
