"""Shared by all models: names of constraints, column types, partial indexes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, LargeBinary, MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase

from tgtui.data.storage.types import Key, UtcTimestamp

NAMING_CONVENTION = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

# PostgreSQL compares text by locale unless told otherwise, and then no index serves a prefix.
FoldedText = Text().with_variant(Text(collation="C"), "postgresql")


def where(condition: str) -> dict[str, Any]:
    """A partial index on both databases. Queries must spell the condition with literals to use it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Base(DeclarativeBase):
    """The metadata that the migrations are compared with."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {
        UUID: Key(),
        datetime: UtcTimestamp(),
        date: Date(),
        str: Text(),
        bytes: LargeBinary(),
    }
