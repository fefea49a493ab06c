"""Triggers of the scratch database that record each change of a request and of a package, in order.

They are no part of the product: `install` puts them into a catalogue that was made for one run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.chaos.stores import Store

TABLES = {"request": "package_requests", "package": "packages"}

POSTGRESQL = """
CREATE TABLE chaos_audit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp, kind text, old jsonb, new jsonb, writer text, xid text
);
CREATE FUNCTION chaos_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_audit (at, kind, old, new, writer, xid) VALUES (
        timezone('utc', clock_timestamp()), TG_ARGV[0], to_jsonb(OLD), to_jsonb(NEW),
        session_user, pg_current_xact_id()::text
    );
    RETURN NULL;
END $$;
"""
SQLITE = """
CREATE TABLE chaos_audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT, kind TEXT, old TEXT, new TEXT, writer TEXT, xid TEXT
);
"""
NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after one statement; None where there was or is none."""

    seq: int
    at: datetime
    """By the database's clock."""
    kind: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    writer: str | None
    """The login that wrote it; None on SQLite, which has none."""
    xid: str | None
    """The transaction; None on SQLite, where the order alone tells."""


def install(store: Store) -> None:
    """Record from now on."""
    if store.kind == "postgresql":
        store.script(POSTGRESQL)
        for kind, table in TABLES.items():
            store.script(
                f"CREATE TRIGGER chaos_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION chaos_record('{kind}')"
            )
        return
    store.script(SQLITE)
    for kind, table in TABLES.items():
        columns = [name for (name,) in store.rows("SELECT name FROM pragma_table_info(?)", table)]
        for event in ("INSERT", "UPDATE", "DELETE"):
            old = "NULL" if event == "INSERT" else _as_json("OLD", columns)
            new = "NULL" if event == "DELETE" else _as_json("NEW", columns)
            store.script(
                f"CREATE TRIGGER chaos_{table}_{event} AFTER {event} ON {table} BEGIN"
                f" INSERT INTO chaos_audit (at, kind, old, new)"
                f" VALUES ({NOW}, '{kind}', {old}, {new}); END"
            )


def read(store: Store) -> list[Change]:
    """Everything recorded, oldest first."""
    rows = store.rows("SELECT seq, at, kind, old, new, writer, xid FROM chaos_audit ORDER BY seq")
    return [
        Change(seq, moment(at), kind, _row(old), _row(new), writer, xid)
        for seq, at, kind, old, new, writer, xid in rows
    ]


def moment(value: Any) -> datetime:
    """A stored time, as both databases write it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _as_json(row: str, columns: Sequence[str]) -> str:
    values = (
        f"CASE typeof({row}.{name}) WHEN 'blob' THEN hex({row}.{name}) ELSE {row}.{name} END"
        for name in columns
    )
    pairs = ", ".join(f"'{name}', {value}" for name, value in zip(columns, values, strict=True))
    return f"json_object({pairs})"


def _row(value: Any) -> dict[str, Any] | None:
    decoded: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return decoded
