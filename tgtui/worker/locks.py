"""Locks that separate transactions that write a package from those that write edges to it."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from sqlalchemy import Connection, text

from tgtui.data.views.requests import Target

LOCK_SPACE = 0x7467_7475
"""First key of PostgreSQL's advisory locks: 'tgtu' in ASCII."""
BUCKETS = 256
"""Packages share locks, so that one with thousands of dependencies does not fill the server's lock table."""

# One statement, in the order of the buckets, so that two can't wait for each other.
_LOCK = text(
    "SELECT CASE WHEN is_own THEN pg_advisory_xact_lock(:space, bucket)::text"
    " ELSE pg_advisory_xact_lock_shared(:space, bucket)::text END"
    " FROM unnest(CAST(:buckets AS integer[]), CAST(:own AS boolean[])) AS lock (bucket, is_own)"
)
_LOCK_ALL = text(
    "SELECT pg_advisory_xact_lock(:space, bucket)::text"
    " FROM generate_series(0, CAST(:last AS integer)) AS bucket"
)


def lock_packages(
    connection: Connection, own: Iterable[Target], targets: Iterable[Target] = ()
) -> None:
    """Until the transaction ends no other one writes a package of `own`, an edge to it, or a target.

    Parents of one package don't wait for each other. SQLite has one writer anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    mine = set(map(_bucket, own))
    buckets = sorted(mine.union(map(_bucket, targets)))
    if buckets:
        are_own = [bucket in mine for bucket in buckets]
        given = {"space": LOCK_SPACE, "buckets": buckets, "own": are_own}
        connection.execute(_LOCK, given).all()


def lock_every_package(connection: Connection) -> None:
    """Until the transaction ends no other one writes a package: for an import, which writes thousands at once."""
    if connection.dialect.name != "sqlite":
        connection.execute(_LOCK_ALL, {"space": LOCK_SPACE, "last": BUCKETS - 1}).all()


def _bucket(package: Target) -> int:
    """The bucket of a package, the same in every program."""
    registry, name = package
    return crc32(f"{registry}:{name}".encode("utf-8", "surrogatepass")) % BUCKETS
