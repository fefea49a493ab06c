"""Alembic's entry: runs the migrations on the connection it is given, for both databases."""

from __future__ import annotations

import os
from typing import Any

from alembic import context
from sqlalchemy import Connection

from tgtui.data import models  # noqa: F401  (fills the metadata)
from tgtui.data.base import Base
from tgtui.data.engine import open_engine, parse_url


def run(connection: Connection) -> None:
    """One transaction for all revisions: the caller's when it opened one."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Any = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(parse_url(os.environ["TGTUI_DATABASE_URL"])).connect() as opened:
        run(opened)
        opened.commit()
