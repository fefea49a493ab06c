"""Writes what registries say of versions, where it differs from what is stored, and what archives show."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from tgtui.data.models.facts import package_facts
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import slices
from tgtui.registries.base import Facts
from tgtui.syntax.licences import read_licence

DIGEST_BYTES = 8
COLUMNS = (
    "licence",
    "expression",
    "licence_kind",
    "download_size",
    "unpacked_size",
    "file_count",
    "details",
    "digest",
)
"""What a registry says; the others are measured."""

_ENCODER = msgspec.json.Encoder()
_DIGESTS = select(package_facts.c.id, package_facts.c.digest).where(
    package_facts.c.id.in_(bindparam("ids", expanding=True))
)
CHANGE_FACTS = (
    update(package_facts)
    .where(package_facts.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in COLUMNS})
)


def store_facts(connection: Connection, told: Mapping[UUID, Facts]) -> None:
    """By version. What an archive showed of one stays."""
    rows = {id: values_of(facts) for id, facts in told.items()}
    known: dict[UUID, bytes] = {}
    for some in slices(list(rows)):
        rows_here = connection.execute(_DIGESTS, {"ids": some})
        known.update((id, digest) for id, digest in rows_here)
    bulk_insert(
        connection,
        package_facts,
        [{"id": id, **values} for id, values in rows.items() if id not in known],
    )
    changed = [
        {"of_id": id, **values}
        for id, values in rows.items()
        if id in known and known[id] != values["digest"]
    ]
    if changed:
        connection.execute(CHANGE_FACTS, changed)


def values_of(facts: Facts) -> dict[str, Any]:
    """The columns of what a registry says, in the order of COLUMNS."""
    licence = read_licence(facts.licence or "")
    details = msgspec.structs.replace(
        facts, licence=None, download_size=None, unpacked_size=None, file_count=None
    )
    return {
        "licence": licence.words or None,
        "expression": licence.expression or None,
        "licence_kind": licence.kind,
        "download_size": facts.download_size,
        "unpacked_size": facts.unpacked_size,
        "file_count": facts.file_count,
        "details": _ENCODER.encode(details).decode(),
        "digest": digest_of(_ENCODER.encode(facts)),
    }


def digest_of(encoded: bytes) -> bytes:
    """Of facts as JSON."""
    return blake2b(encoded, digest_size=DIGEST_BYTES).digest()
