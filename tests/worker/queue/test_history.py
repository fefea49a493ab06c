"""How long history is kept: whole chains, the oldest first, and never what is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from tests.support.rows import CHAINS, add_account, add_chain, add_member, add_request
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.basics.ids import first_uuid7, uuid7
from tgtui.data.requests import health
from tgtui.data.requests.health import prune_history, queue_health
from tgtui.data.storage.database import Database

DAYS = 90
OLD = timedelta(days=DAYS + 1)


def add(database: Database, name: str, age: timedelta = OLD, **values: Any) -> UUID:
    moment = clock.now() - age
    id = UUID(int=first_uuid7(moment).int + int(uuid7()) % 1_000_000)
    usual: dict[str, Any] = {
        "id": id,
        "status": "completed",
        "created_at": moment,
        "updated_at": moment,
    }
    return database.write_now(add_request, name, **{**usual, **values})


def left(database: Database) -> set[str]:
    place = database.write_now(prune_history, days=DAYS)
    while place is not None:
        place = database.write_now(prune_history, days=DAYS, place=place)
    return set(database.read_now(lambda s: s.scalars(select(REQUESTS.c.package_name)).all()))


def test_history_is_kept_for_the_settings_time(database: Database) -> None:
    for status in ("completed", "failed", "cancelled"):
        add(database, f"old-{status}", status=status)
    add(database, "young", timedelta(days=DAYS - 1))
    assert left(database) == {"young"}


def test_a_chain_goes_whole_or_not_at_all(database: Database) -> None:
    gone = add(database, "gone")
    add(database, "gone-too", chain=gone, source_request_id=gone, is_auto_queued=True)
    stays = add(database, "stays")
    add(database, "at-work", chain=stays, is_auto_queued=True, status="pending")
    late = add(database, "late")
    add(database, "ended-lately", timedelta(days=1), chain=late, is_auto_queued=True)
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
        add(database, f"p{number}", chain=root, is_auto_queued=True)
    monkeypatch.setattr(health, "PRUNED_AT_ONCE", 2)
    assert database.write_now(prune_history, days=DAYS)
    names = database.read_now(lambda s: s.scalars(select(REQUESTS.c.package_name)).all())
    assert len(names) == 4
    assert "root" in names
    assert left(database) == set()


def test_what_a_younger_chain_has_too_stays_with_that_one(database: Database) -> None:
    ada = database.write_now(add_account)
    shared = add(database, "shared")
    add(database, "alone", chain=shared, is_auto_queued=True)
    own = database.write_now(add_chain, requested_by=ada, updated_at=clock.now())
    database.write_now(add_member, own, shared, is_root=True)
    assert left(database) == {"shared"}
    chains = database.read_now(lambda s: s.scalars(select(CHAINS.c.id)).all())
    assert chains == [own]


def test_a_request_without_a_chain_goes_too(database: Database) -> None:
    add(database, "old")
    database.write_now(lambda s: s.execute(delete(CHAINS)))
    assert left(database) == set()


def test_health_counts_what_is_due_and_how_long_it_has_been(database: Database) -> None:
    assert database.read_now(queue_health) == health.QueueHealth(0, 0, 0, 0, is_read_only=False)
    add(database, "due", timedelta(minutes=10), status="pending")
    add(database, "waits", timedelta(minutes=60), status="pending", retry_after=clock.now() + OLD)
    add(database, "at-work", timedelta(minutes=90), status="fetching")
    found = database.read_now(queue_health)
    assert (found.pending, found.fetching, found.due) == (2, 1, 1)
    assert 600 <= found.oldest_due_s < 660


def test_old_chains_that_stay_are_looked_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LOOKED_THROUGH", 3)
    staying = {f"stays{number}" for number in range(7)}
    for name in sorted(staying):
        add(database, name, 2 * OLD, status="pending")
    for number in range(4):
        add(database, f"gone{number}")
    without_chain = add(database, "without-chain")
    database.write_now(lambda s: s.execute(delete(CHAINS).where(CHAINS.c.id == without_chain)))
    place = health.Place()
    places = []
    while (next_place := database.write_now(prune_history, days=DAYS, place=place)) is not None:
        places.append(place := next_place)
    assert left(database) == staying
    chains_seen = [each.after for each in places if not each.are_chains_done]
    assert chains_seen == sorted(chains_seen)
    # Three looks at those that stay, one for each chain that goes, one that finds no more, and three at requests.
    assert len(places) <= 3 + 4 + 1 + 3
