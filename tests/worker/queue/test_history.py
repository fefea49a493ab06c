"""How long history is kept: whole chains, the oldest first, and never what is under way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.rows import add_account, add_request, add_watcher
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import first_uuid7, uuid7
from tgtui.data.requests import health
from tgtui.data.requests.health import prune_history, queue_health
from tgtui.data.storage.database import Database

DAYS = 90
OLD = timedelta(days=DAYS + 1)


def add(database: Database, name: str, age: timedelta = OLD, **values: object) -> UUID:
    moment = clock.now() - age
    id = UUID(int=first_uuid7(moment).int + int(uuid7()) % 1_000_000)
    usual = {"id": id, "status": "completed", "created_at": moment, "updated_at": moment}
    return database.write_now(add_request, name, **{**usual, **values})


def left(database: Database) -> set[str]:
    while database.write_now(prune_history, days=DAYS):
        pass
    return set(database.read_now(lambda s: s.scalars(select(REQUESTS.c.package_name)).all()))


def test_history_is_kept_for_the_settings_time(database: Database) -> None:
    for status in ("completed", "failed", "cancelled"):
        add(database, f"old-{status}", status=status)
    add(database, "young", timedelta(days=DAYS - 1))
    assert left(database) == {"young"}


def test_a_chain_goes_whole_or_not_at_all(database: Database) -> None:
    gone = add(database, "gone")
    add(database, "gone-too", root_request_id=gone, source_request_id=gone, is_auto_queued=True)
    stays = add(database, "stays")
    add(database, "at-work", root_request_id=stays, is_auto_queued=True, status="pending")
    late = add(database, "late")
    add(database, "ended-lately", timedelta(days=1), root_request_id=late, is_auto_queued=True)
    assert left(database) == {"stays", "at-work", "late", "ended-lately"}


def test_what_waits_is_never_forgotten_however_old(database: Database) -> None:
    for status in ("pending", "fetching"):
        add(database, status, 10 * OLD, status=status)
    assert left(database) == {"pending", "fetching"}


def test_a_long_chain_goes_in_short_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = add(database, "root")
    for number in range(5):
        add(database, f"p{number}", root_request_id=root, is_auto_queued=True)
    monkeypatch.setattr(health, "PRUNED_AT_ONCE", 2)
    assert database.write_now(prune_history, days=DAYS)
    names = database.read_now(lambda s: s.scalars(select(REQUESTS.c.package_name)).all())
    assert len(names) == 4
    assert "root" in names
    assert left(database) == set()


def test_who_followed_goes_with_the_request(database: Database) -> None:
    ada = database.write_now(add_account)
    database.write_now(add_watcher, add(database, "old"), ada)
    assert left(database) == set()


def test_health_counts_what_is_due_and_how_long_it_has_been(database: Database) -> None:
    assert database.read_now(queue_health) == health.QueueHealth(0, 0, 0, 0)
    add(database, "due", timedelta(minutes=10), status="pending")
    add(database, "waits", timedelta(minutes=60), status="pending", retry_after=clock.now() + OLD)
    add(database, "at-work", timedelta(minutes=90), status="fetching")
    found = database.read_now(queue_health)
    assert (found.pending, found.fetching, found.due) == (2, 1, 1)
    assert 600 <= found.oldest_due_s < 660
