"""Alembic's entry: runs the migrations on the connection it is given, for both databases.

Without one, as `dev.py migration` starts it, on the database that TGTUI_DATABASE_URL names.
"""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from tgtui.data.models import insights, search, tables  # noqa: F401  (fill the metadata)
from tgtui.data.models.base import METADATA
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.types import Key, UtcTimestamp

VERSIONS = "alembic_version"


def plain_type(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """A migration written by Alembic names plain types: it must not change when the program's own do."""
    if kind == "type" and isinstance(value, Key):
        return 'sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")'
    if kind == "type" and isinstance(value, UtcTimestamp):
        return "sa.TIMESTAMP()"
    return False


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Full text has tables of its own on SQLite and indexes on PostgreSQL, which no model describes; so has Alembic."""
    is_described = name is not None and not name.startswith((search.FULL_TEXT, VERSIONS))
    return name is None or is_described or kind not in {"table", "index"}


def run(connection: Connection) -> None:
    """One transaction for all revisions: the caller's when it opened one."""
    is_postgresql = connection.dialect.name == "postgresql"
    context.configure(
        connection=connection,
        # Else another program's table of that name, further back in the search_path, would be taken for ours.
        version_table_schema=connection.scalar(text("SELECT current_schema()"))
        if is_postgresql
        else None,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
        render_item=plain_type,
        include_name=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Any = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(parse_url(os.environ["TGTUI_DATABASE_URL"]))
    with engine.connect() as opened:
        run(opened)
        opened.commit()
    engine.dispose()
