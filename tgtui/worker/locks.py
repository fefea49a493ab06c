"""Locks that separate transactions that write a package from those that write edges to it."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCK_SPACE = 0x7467_7475
"""First key of PostgreSQL's advisory locks: 'tgtu' in ASCII."""
BUCKETS = 256
"""Packages share locks, so that one with thousands of dependencies does not fill the server's lock table."""

# One statement, in the order of the buckets, so that two can't wait for each other.
_LOCK = text(
    "SELECT pg_advisory_xact_lock_shared(:space, bucket)::text"
    " FROM unnest(CAST(:lower AS integer[])) AS bucket"
    " UNION ALL SELECT pg_advisory_xact_lock(:space, :own)::text"
    " UNION ALL SELECT pg_advisory_xact_lock_shared(:space, bucket)::text"
    " FROM unnest(CAST(:upper AS integer[])) AS bucket"
)
_LOCK_ALL = text(
    "SELECT pg_advisory_xact_lock(:space, bucket)::text"
    " FROM generate_series(0, CAST(:last AS integer)) AS bucket"
)

_LOCK_OWNED = text(
    "SELECT pg_advisory_xact_lock(:space, bucket)::text FROM unnest(CAST(:own AS integer[])) AS bucket"
)


def lock_packages(
    session: Session, own: tuple[str, str], targets: Iterable[tuple[str, str]] = ()
) -> None:
    """Until the transaction ends no other one writes `own` (registry, name), an edge to it, or a target.

    Parents of one package don't wait for each other. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    mine = _bucket(own)
    others = sorted({_bucket(target) for target in targets} - {mine})
    session.execute(
        _LOCK,
        {
            "space": LOCK_SPACE,
            "lower": [bucket for bucket in others if bucket < mine],
            "own": mine,
            "upper": [bucket for bucket in others if bucket > mine],
        },
    ).all()


def lock_owned(session: Session, packages: Iterable[tuple[str, str]]) -> None:
    """`lock_packages` for several at once, none of which gets an edge."""
    buckets = sorted({_bucket(package) for package in packages})
    if buckets and session.get_bind().dialect.name != "sqlite":
        session.execute(_LOCK_OWNED, {"space": LOCK_SPACE, "own": buckets}).all()


def lock_every_package(session: Session) -> None:
    """Until the transaction ends no other one writes a package: for an import, which writes thousands at once."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(_LOCK_ALL, {"space": LOCK_SPACE, "last": BUCKETS - 1}).all()


def _bucket(package: tuple[str, str]) -> int:
    """The bucket of a package, the same in every program."""
    registry, name = package
    return crc32(f"{registry}:{name}".encode("utf-8", "surrogatepass")) % BUCKETS
