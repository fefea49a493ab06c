"""Shared by all tables: the metadata, names of constraints, column types, partial indexes."""

from __future__ import annotations

from sqlalchemy import MetaData, Text

METADATA = MetaData(
    naming_convention={
        "ix": "idx_%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""What the migrations are compared with. `every.py` has all its tables."""

# PostgreSQL compares text by locale unless told otherwise, and then no index serves a prefix.
FoldedText = Text().with_variant(Text(collation="C"), "postgresql")
