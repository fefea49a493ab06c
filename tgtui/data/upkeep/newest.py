"""The schema of the newest migration in one file, for new SQLite catalogues: with it nobody waits for Alembic and its migrations.

`dev.py schema` writes it from what the migrations make. PostgreSQL has functions, owners and a search path: there the
migrations run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

FILE = "newest.sql"
"""Beside the migrations."""
_FIRST_LINE = "-- Written by `dev.py schema`. Revision "
_STATEMENTS = """
SELECT sql FROM sqlite_master AS made
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND NOT EXISTS (
    SELECT 1 FROM sqlite_master AS virtual
    WHERE virtual.sql LIKE 'CREATE VIRTUAL TABLE%' AND made.name LIKE virtual.name || '~_%' ESCAPE '~'
      AND made.type = 'table'
)
ORDER BY rowid
"""
"""In the order they were made, without what SQLite makes for a full text index."""


def create(connection: Connection, folder: Path, revision: str) -> bool:
    """Make the whole schema, in the caller's transaction. False, and nothing done, if the file has another revision."""
    file = folder / FILE
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if not text.startswith(f"{_FIRST_LINE}{revision}\n"):
        return False
    for statement in _statements(text):
        connection.exec_driver_sql(statement)
    return True


def written(connection: Connection, revision: str) -> str:
    """The file for a database at this revision that holds nothing else."""
    statements = connection.exec_driver_sql(_STATEMENTS).scalars().all()
    stamp = f"INSERT INTO alembic_version (version_num) VALUES ('{revision}')"  # noqa: S608 - ours
    body = "".join(f"{statement.rstrip()};\n\n" for statement in (*statements, stamp))
    return f"{_FIRST_LINE}{revision}\n\n{body}".rstrip() + "\n"


def _statements(text: str) -> Iterator[str]:
    """One after another; a trigger has semicolons of its own."""
    statement = ""
    for line in text.splitlines(keepends=True):
        if line.startswith("--"):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip().removesuffix(";")
            statement = ""
