"""Reads a database's schema back from its own catalogue, in one spelling for both databases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Inspector, inspect, text

from tgtui.data.models.search import FULL_TEXT

TYPES = {
    "postgresql": {
        "UUID": "uuid",
        "TEXT": "text",
        "TIMESTAMP": "timestamp",
        "BOOLEAN": "boolean",
        "INTEGER": "integer",
        "BIGINT": "bigint",
        "BYTEA": "bytes",
        "DATE": "date",
        "DOUBLE_PRECISION": "double",
    },
    "sqlite": {
        "BLOB": "bytes",
        "TEXT": "text",
        "TIMESTAMP": "timestamp",
        "BOOLEAN": "boolean",
        "INTEGER": "integer",
        "BIGINT": "bigint",
        "DATE": "date",
        "DOUBLE": "double",
    },
}

POSTGRESQL_INDEXES = """
    SELECT c.relname AS name, t.relname AS on_table, i.indisunique AS is_unique,
           array(SELECT pg_get_indexdef(i.indexrelid, k, true)
                        || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END
                        || CASE WHEN i.indoption[k - 1] = 1 THEN ' NULLS LAST' ELSE '' END
                 FROM generate_series(1, i.indnkeyatts) AS k) AS keys,
           pg_get_expr(i.indpred, i.indrelid) AS predicate
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_class AS t ON t.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'idx%'
"""
POSTGRESQL_CHECKS = """
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
SQLITE_INDEX = re.compile(
    r"CREATE (?P<unique>UNIQUE )?INDEX \w+ ON (?P<table>\w+) \((?P<keys>.*?)\)(?: WHERE (?P<where>.*))?"
)


@dataclass(frozen=True)
class LiveSchema:
    """What the database says it has; `alembic_version` left out."""

    columns: dict[str, dict[str, str]]
    """Table to column to `uuid not null`; a key is `bytes` on SQLite."""
    primary_keys: dict[str, list[str]]
    foreign_keys: dict[str, str]
    """`table.column -> table` to what happens on deletion."""
    unique: dict[str, str]
    checks: dict[str, frozenset[str]]
    """`table.column` to the values it may have."""
    indexes: dict[str, str]
    defaults: list[str]
    """Columns with a database default."""


def read_schema(connection: Connection) -> LiveSchema:
    dialect = connection.dialect.name
    inspector = inspect(connection)
    tables = [
        name
        for name in inspector.get_table_names()
        # SQLite shows the tables of its full-text indexes.
        if name != "alembic_version" and not name.startswith(FULL_TEXT)
    ]
    columns = {table: inspector.get_columns(table) for table in tables}
    return LiveSchema(
        columns={
            table: {column["name"]: _kind(column, dialect) for column in columns[table]}
            for table in tables
        },
        primary_keys={
            table: inspector.get_pk_constraint(table)["constrained_columns"] for table in tables
        },
        foreign_keys=dict(_foreign_keys(inspector, tables)),
        unique={
            str(unique["name"]): f"{table} ({', '.join(unique['column_names'])})"
            for table in tables
            for unique in inspector.get_unique_constraints(table)
        },
        checks=dict(_checks(connection, inspector, tables)),
        indexes=_sqlite_indexes(connection)
        if dialect == "sqlite"
        else _postgresql_indexes(connection),
        defaults=[
            f"{table}.{column['name']}"
            for table in tables
            for column in columns[table]
            if column["default"] is not None or "identity" in column or "computed" in column
        ],
    )


def _kind(column: Any, dialect: str) -> str:
    assert not getattr(column["type"], "timezone", False)
    name = TYPES[dialect][type(column["type"]).__name__]
    return name if column["nullable"] else f"{name} not null"


def _foreign_keys(inspector: Inspector, tables: list[str]) -> list[tuple[str, str]]:
    return [
        (
            f"{table}.{', '.join(key['constrained_columns'])} -> {key['referred_table']}",
            key["options"].get("ondelete", "no action").lower(),
        )
        for table in tables
        for key in inspector.get_foreign_keys(table)
    ]


def _checks(
    connection: Connection, inspector: Inspector, tables: list[str]
) -> list[tuple[str, frozenset[str]]]:
    if connection.dialect.name == "postgresql":
        found = [(row[0], row[1]) for row in connection.execute(text(POSTGRESQL_CHECKS))]
    else:
        found = [
            (table, check["sqltext"])
            for table in tables
            for check in inspector.get_check_constraints(table)
        ]
    rows = []
    for table, condition in found:
        column = re.search(r"(\w+) (?:IN|= ANY) \(", condition)
        assert column is not None, condition
        rows.append((f"{table}.{column[1]}", frozenset(re.findall(r"'(\w+)'", condition))))
    return rows


def _sqlite_indexes(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    )
    indexes = {}
    for name, statement in rows:
        found = SQLITE_INDEX.fullmatch(statement)
        assert found is not None, statement
        unique = "unique " if found["unique"] else ""
        where = f" WHERE {found['where']}" if found["where"] else ""
        keys = found["keys"].replace('"', "")  # which some names need: key
        # As PostgreSQL calls it.
        indexes[name] = f"{unique}{found['table']} ({keys}){where}".replace("instr(", "strpos(")
    return indexes


def _postgresql_indexes(connection: Connection) -> dict[str, str]:
    indexes = {}
    for row in connection.execute(text(POSTGRESQL_INDEXES)):
        unique = "unique " if row.is_unique else ""
        where = f" WHERE {_plain(row.predicate)}" if row.predicate else ""
        keys = ", ".join(row.keys).replace("::text", "")
        keys = keys.replace("COALESCE", "coalesce")
        keys = re.sub(r"'?-1'?(?:::(?:integer|bigint))+", "-1", keys)
        indexes[row.name] = f"{unique}{row.on_table} ({keys}){where}"
    return indexes


def _plain(condition: str) -> str:
    """PostgreSQL's spelling of a condition back to the one it was given."""
    condition = condition.replace("::text", "").removeprefix("(").removesuffix(")")
    if " AND " in condition:
        parts = condition.split(" AND ")
        condition = " AND ".join(part.removeprefix("(").removesuffix(")") for part in parts)
    return re.sub(r"(\w+) = ANY \(ARRAY\[(.*)\]\)", r"\1 IN (\2)", condition)
