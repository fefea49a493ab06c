"""What is known of versions besides their dependencies: licence, sizes, people, platforms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from tgtui.data.models.facts import package_facts
from tgtui.data.storage.sql import slices
from tgtui.data.views.facts import VersionFacts
from tgtui.registries.base import Facts
from tgtui.syntax.licences import NOTHING_SAID, LicenceKind, licence_of

_DETAILS = msgspec.json.Decoder(Facts)
_FACTS = select(*package_facts.columns).where(
    package_facts.c.id.in_(bindparam("ids", expanding=True))
)


def facts_of(connection: Connection, version_ids: Iterable[UUID]) -> dict[UUID, VersionFacts]:
    """Facts by version. One of which nothing was stored has no key: its document was fetched before facts were, or
    it is not loaded."""
    found: dict[UUID, VersionFacts] = {}
    for some in slices(list(dict.fromkeys(version_ids))):
        for row in connection.execute(_FACTS, {"ids": some}):
            found[row.id] = _facts(row)
    return found


def details_of(text: str) -> Facts:
    """What stands in the column `details`; nothing of text that another program damaged."""
    try:
        return _DETAILS.decode(text)
    except msgspec.MsgspecError:
        return Facts()


def _facts(row: Row[*tuple[Any, ...]]) -> VersionFacts:
    kind: LicenceKind = row.licence_kind
    licence = NOTHING_SAID
    if row.licence is not None:
        licence = licence_of(row.licence, row.expression or "", kind)
    is_measured = row.measured_size is not None
    size = row.measured_size if is_measured else row.unpacked_size
    count = row.measured_files if is_measured else row.file_count
    said = msgspec.structs.replace(
        details_of(row.details),
        licence=row.licence,
        download_size=row.download_size,
        unpacked_size=size,
        file_count=count,
    )
    return VersionFacts(row.id, licence, row.download_size, size, count, is_measured, said)
