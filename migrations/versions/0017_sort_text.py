"""The sort key of versions is text: Zero and other replicas have no bytes, and all compare text (tgtui/versions/sorting.py).

The table is written once. PostgreSQL makes its indexes anew; SQLite's are made when all rows are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from tgtui.versions.sorting import CODES, DIGEST_CHARS, MAX_CHARS, sort_text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE, COLUMN = "package_versions", "sort_key"
OLD, NEW = "sort_key BLOB NOT NULL", "sort_key TEXT NOT NULL"
BYTES = {code: bytes((byte,)) for byte, code in enumerate(CODES)}

_ENCODE = f"""
CREATE FUNCTION tgtui_sort_text(p_key bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
    codes CONSTANT text[] := ARRAY[{", ".join("'" + code.replace("'", "''") + "'" for code in CODES)}];
    made text := '';
BEGIN
    FOR place IN 0 .. length(p_key) - 1 LOOP
        made := made || codes[get_byte(p_key, place) + 1];
    END LOOP;
    IF length(made) > {MAX_CHARS} THEN
        made := left(made, {MAX_CHARS - DIGEST_CHARS}) || left(encode(sha256(p_key), 'hex'), {DIGEST_CHARS});
    END IF;
    RETURN made;
END $body$
"""
_DECODE = f"""
CREATE FUNCTION tgtui_sort_bytes(p_text text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
    codes CONSTANT text[] := ARRAY[{", ".join("'" + code.replace("'", "''") + "'" for code in CODES)}];
    place integer := 1;
    found integer;
    made bytea := '';
BEGIN
    WHILE place <= length(p_text) LOOP
        found := array_position(codes, substr(p_text, place, 1));
        place := place + 1;
        IF found IS NULL THEN
            found := array_position(codes, substr(p_text, place - 1, 2));
            place := place + 1;
        END IF;
        made := made || set_byte('\\x00'::bytea, 0, coalesce(found, 1) - 1);
    END LOOP;
    RETURN made;
END $body$
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _rebuild(OLD, NEW, sort_text)
        return
    op.execute(sa.text(_ENCODE.replace(":", r"\:")))
    op.execute(
        'ALTER TABLE package_versions ALTER COLUMN sort_key TYPE text COLLATE "C"'
        " USING tgtui_sort_text(sort_key)"
    )
    op.execute("DROP FUNCTION tgtui_sort_text")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _rebuild(NEW, OLD, _sort_bytes)
        return
    op.execute(sa.text(_DECODE.replace(":", r"\:")))
    op.execute(
        "ALTER TABLE package_versions ALTER COLUMN sort_key TYPE bytea"
        " USING tgtui_sort_bytes(sort_key)"
    )
    op.execute("DROP FUNCTION tgtui_sort_bytes")


def _rebuild(old: str, new: str, convert: Callable[[Any], Any]) -> None:
    """Copy the table into one whose column is of the other type."""
    connection = op.get_bind()
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.create_function("converted", 1, convert, deterministic=True)
    made = sa.text(
        "SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL"
    )
    statement = connection.scalars(made, {"table": TABLE, "type": "table"}).one()
    indexes = connection.scalars(made, {"table": TABLE, "type": "index"}).all()
    _, _, body = statement.partition("(")
    assert old in body
    columns = [row.name for row in connection.execute(sa.text(f"PRAGMA table_info({TABLE})"))]
    taken = [f"converted({COLUMN})" if name == COLUMN else name for name in columns]
    connection.exec_driver_sql(f"CREATE TABLE {TABLE}_new ({body.replace(old, new)}")
    connection.exec_driver_sql(
        f"INSERT INTO {TABLE}_new ({', '.join(columns)}) SELECT {', '.join(taken)} FROM {TABLE}"  # noqa: S608 - ours
    )
    connection.exec_driver_sql(f"DROP TABLE {TABLE}")
    connection.exec_driver_sql(f"ALTER TABLE {TABLE}_new RENAME TO {TABLE}")
    for index in indexes:
        connection.exec_driver_sql(index)


def _sort_bytes(text: str) -> bytes:
    made = bytearray()
    place = 0
    while place < len(text):
        size = 1 if text[place] in BYTES else 2
        made += BYTES.get(text[place : place + size], b"\0")
        place += size
    return bytes(made)
