"""Chains of before: each has the id of its root, who followed has one of their own, and all are looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.migrate import schema_state, upgrade

ADA, BOB = UUID(int=1), UUID(int=2)
ROOT, BELOW, GONE, CANCELLED, ORPHAN, FOLLOW = (UUID(int=number) for number in range(10, 16))
TIME = "2026-01-01 12:00:00.000000"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(parse_url(database_url))
    go(opened, "upgrade", "0008")
    yield opened
    opened.dispose()


def go(engine: Engine, direction: Any, revision: str) -> None:
    with migrate._exclusive(engine) as connection:
        migrate._alembic(connection, direction, revision)


def key(engine: Engine, id: UUID | None) -> Any:
    return id.bytes if id is not None and engine.dialect.name == "sqlite" else id


def add(engine: Engine, table: str, **values: Any) -> None:
    given = {
        name: key(engine, value) if isinstance(value, UUID) else value
        for name, value in values.items()
    }
    columns, names = ", ".join(given), ", ".join(f":{name}" for name in given)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({names})"), given)


def add_request(engine: Engine, id: UUID, name: str, root: UUID | None, **values: Any) -> None:
    usual = {
        "id": id,
        "package_name": name,
        "registry": "npm",
        "root_request_id": root,
        "depth": 0,
        "is_auto_queued": root != id,
        "priority": 10,
        "status": "completed",
        "is_forced": False,
        "attempt_count": 1,
        "created_at": TIME,
        "updated_at": TIME,
    }
    add(engine, "package_requests", **{**usual, **values})


def read(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> Any:
        return UUID(bytes=value) if isinstance(value, bytes) else value

    with engine.connect() as connection:
        return [tuple(map(plain, row)) for row in connection.execute(text(statement))]


def fill(engine: Engine) -> None:
    """Ada's chain, which Bob follows; a chain that was cancelled; a request whose root is gone."""
    for id, name in ((ADA, "ada"), (BOB, "bob")):
        add(
            engine, "account", id=id, issuer="local", subject=name, display_name=name,
            created_at=TIME, updated_at=TIME,
        )  # fmt: skip
    add_request(engine, ROOT, "root", ROOT, requested_by=ADA)
    add_request(engine, BELOW, "below", ROOT, status="failed", source_request_id=ROOT)
    add_request(engine, GONE, "gone", GONE, requested_by=BOB)
    cancelled = {"status": "cancelled", "error_code": "chain_cancelled"}
    add_request(engine, CANCELLED, "cancelled", GONE, **cancelled)
    add_request(engine, ORPHAN, "orphan", None, is_auto_queued=True)
    add(
        engine, "package_request_watchers", id=FOLLOW, request_id=ROOT, account_id=BOB,
        created_at=TIME,
    )  # fmt: skip


CHAINS = (
    "SELECT id, requested_by, charges, cancelled_at IS NOT NULL AS is_cancelled, settled_at"
    " FROM package_request_chains ORDER BY id"
)
MEMBERS = (
    "SELECT chain_id, request_id, is_root, cancelled_at IS NOT NULL AS is_cancelled"
    " FROM package_request_members ORDER BY chain_id, request_id"
)


def test_every_request_is_in_a_chain(engine: Engine) -> None:
    fill(engine)
    assert upgrade(engine)
    assert schema_state(engine) == "current"
    assert read(engine, CHAINS) == [
        (ROOT, ADA, 1, False, None),
        (GONE, BOB, 1, True, None),
        (ORPHAN, None, 0, False, None),
        (FOLLOW, BOB, 0, False, None),
    ]
    assert read(engine, MEMBERS) == [
        (ROOT, ROOT, True, False),
        (ROOT, BELOW, False, False),
        (GONE, GONE, True, False),
        (GONE, CANCELLED, False, True),
        (ORPHAN, ORPHAN, True, False),
        (FOLLOW, ROOT, True, False),
        (FOLLOW, BELOW, False, False),
    ]
    kept = read(engine, "SELECT id, source_request_id, status FROM package_requests ORDER BY id")
    assert kept[:2] == [(ROOT, None, "completed"), (BELOW, ROOT, "failed")]


def test_and_back_again(engine: Engine) -> None:
    fill(engine)
    upgrade(engine)
    go(engine, "downgrade", "0008")
    roots = read(engine, "SELECT id, root_request_id FROM package_requests ORDER BY id")
    assert roots == [(ROOT, ROOT), (BELOW, ROOT), (GONE, GONE), (CANCELLED, GONE), (ORPHAN, ORPHAN)]
    followers = read(engine, "SELECT request_id, account_id FROM package_request_watchers")
    assert followers == [(ROOT, BOB)]
    assert upgrade(engine)
    assert len(read(engine, CHAINS)) == 4
