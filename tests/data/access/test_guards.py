"""What a role could do to others or say in their name, and what a superuser closes besides."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from tests.data.access.garden import REFUSED, Garden, refused
from tests.support.team import guard
from tgtui.basics.logfields import FIELDS
from tgtui.basics.settings import Settings
from tgtui.data.storage.waits import lock_waits
from tgtui.worker import upkeep
from tgtui.worker.events import Activity
from tgtui.worker.locks import LOCK_SPACE
from tgtui.worker.upkeep import Upkeep

PEOPLE = ("guest", "ada", "cleo", "wren")
PATIENCE_S = 10.0
REQUEST = (
    "INSERT INTO package_requests (id, package_name, registry, requested_by, depth, is_auto_queued, is_forced, priority,"
    " status, attempt_count, created_at, updated_at) VALUES (gen_random_uuid(), 'made-up', 'npm', {}, 0, {}, false, 10,"
    " 'pending', 0, now(), now())"
)


class TestAWorker:
    @pytest.mark.parametrize("is_auto_queued", ["true", "false"])
    def test_asks_in_nobodys_name(self, garden: Garden, is_auto_queued: str) -> None:
        for login in ("ada", "cleo"):
            statement = REQUEST.format(f"'{garden.account(login)}'", is_auto_queued)
            with pytest.raises(REFUSED, match="a request in a person's name is made by tgtui_ask"):
                garden.team.run("wren", statement)
        assert garden.team.run("wren", REQUEST.format("NULL", "true")) == 1

    def test_hands_no_request_to_somebody_else(self, garden: Garden) -> None:
        for who in (f"'{garden.account('bob')}'", "NULL"):
            with pytest.raises(REFUSED, match="in a person's name"):
                garden.team.run(
                    "wren",
                    f"UPDATE package_requests SET requested_by = {who} WHERE id = '{garden.adas}'",
                )
        assert (
            garden.team.run("wren", "UPDATE package_requests SET requested_by = requested_by") > 0
        )

    def test_takes_no_chain_in_somebodys_name_and_hands_none_on(self, garden: Garden) -> None:
        chain = (
            "INSERT INTO package_request_chains (id, requested_by, charges, created_at, updated_at)"
            " VALUES (gen_random_uuid(), {}, 0, now(), now())"
        )
        with pytest.raises(REFUSED, match="in a person's name"):
            garden.team.run("wren", chain.format(f"'{garden.account('ada')}'"))
        assert garden.team.run("wren", chain.format("NULL")) == 1
        with pytest.raises(REFUSED, match="permission denied"):
            garden.team.run("wren", "UPDATE package_request_chains SET requested_by = NULL")

    def test_a_person_who_asks_still_takes_over_what_nobody_asked_for(self, garden: Garden) -> None:
        assert garden.team.run("wren", REQUEST.format("NULL", "true")) == 1
        name = "SELECT package_name FROM package_requests WHERE requested_by IS NULL ORDER BY id DESC LIMIT 1"
        (package,) = garden.team.read("owner", name)
        request = garden.ask("ada", package)
        found = f"SELECT requested_by FROM package_requests WHERE id = '{request}'"
        assert garden.team.read("owner", found) == [garden.account("ada")]


@pytest.mark.parametrize("table", ["packages", "tags"])
class TestAnAdmin:
    @pytest.fixture
    def deleted(self, garden: Garden, table: str) -> str:
        """The condition of a row that Dora deleted."""
        row = garden.package if table == "packages" else garden.tag
        mine = f"deleted_at = now(), deleted_by = '{garden.account('dora')}'"
        assert garden.team.run("dora", f"UPDATE {table} SET {mine} WHERE id = '{row}'") == 1
        return f"WHERE id = '{row}'"

    def test_does_not_rewrite_who_deleted(self, garden: Garden, table: str, deleted: str) -> None:
        cleo, dora = garden.account("cleo"), garden.account("dora")
        for login in ("cleo", "dora"):
            refused(
                garden,
                login,
                f"UPDATE {table} SET deleted_by = '{cleo}' {deleted}",
                f"UPDATE {table} SET deleted_at = now(), deleted_by = '{cleo}' {deleted}",
                f"UPDATE {table} SET deleted_at = now() - interval '1 year' {deleted}",
                f"UPDATE {table} SET deleted_by = NULL {deleted}",
                f"UPDATE {table} SET deleted_at = NULL {deleted}",
            )
        found = f"SELECT deleted_by FROM {table} {deleted}"
        assert garden.team.read("owner", found) == [dora]

    def test_restores_and_deletes_in_its_own_name(
        self, garden: Garden, table: str, deleted: str
    ) -> None:
        restored = f"UPDATE {table} SET deleted_at = NULL, deleted_by = NULL {deleted}"
        assert garden.team.run("cleo", restored) == 1
        refused(
            garden,
            "cleo",
            f"UPDATE {table} SET deleted_by = '{garden.account('dora')}' {deleted}",
            f"UPDATE {table} SET deleted_by = '{garden.account('cleo')}' {deleted}",
        )
        again = f"deleted_at = now(), deleted_by = '{garden.account('cleo')}'"
        assert garden.team.run("cleo", f"UPDATE {table} SET {again} {deleted}") == 1


@pytest.fixture
def closed(garden: Garden) -> Iterator[Garden]:
    """What a superuser applied, after the owner."""
    guard(garden.team.url("owner"))
    guard(garden.team.address)
    yield garden
    garden.team.reopen()


@pytest.mark.parametrize("login", PEOPLE)
class TestWhatASuperuserCloses:
    def test_large_objects(self, closed: Garden, login: str) -> None:
        refused(
            closed,
            login,
            "SELECT lo_create(0)",
            "SELECT lo_creat(-1)",
            "SELECT lo_from_bytea(0, 'x')",
            "SELECT lo_open(1, 131072)",
            "SELECT lo_put(1, 0, 'x')",
            "SELECT lowrite(0, 'x')",
        )

    def test_temporary_tables(self, closed: Garden, login: str) -> None:
        refused(closed, login, "CREATE TEMP TABLE mine (id integer)", "SELECT 1 INTO TEMP mine")

    def test_advisory_locks(self, closed: Garden, login: str) -> None:
        refused(
            closed,
            login,
            "SELECT pg_advisory_lock(1)",
            "SELECT pg_advisory_lock_shared(1)",
            "SELECT pg_try_advisory_lock(1)",
            "SELECT pg_try_advisory_lock(1, 1)",
            "SELECT pg_advisory_unlock_all()",
        )
        if login != "wren":
            refused(closed, login, f"SELECT pg_advisory_xact_lock({LOCK_SPACE}, 1)")
        if login not in {"wren", "cleo"}:
            refused(closed, login, "SELECT pg_advisory_xact_lock(1)")


def test_what_the_program_needs_stays(closed: Garden) -> None:
    team = closed.team
    for login in ("wren", "owner"):
        team.run(login, f"SELECT pg_advisory_xact_lock({LOCK_SPACE}, 1)")
        team.run(login, f"SELECT pg_advisory_xact_lock_shared({LOCK_SPACE}, 1)")
        team.run(login, "SELECT pg_try_advisory_xact_lock(1)")
    for login in ("cleo", "wren", "owner"):
        team.run(login, "SELECT pg_advisory_xact_lock(1)")


def test_a_statement_timeout_is_no_limit_for_who_unsets_it(garden: Garden) -> None:
    """docs/security.md says so."""
    with garden.team.connect("ada") as ada:
        ada.execute("SET statement_timeout = 1")
        ada.execute("SET statement_timeout = 0")
        assert ada.execute("SHOW statement_timeout").fetchone() == ("0",)


@pytest.fixture
def waiting(garden: Garden) -> Iterator[Garden]:
    """A worker waits for a lock that Ada holds."""
    team = garden.team
    team.reopen()
    with team.connect("ada") as ada, team.connect("wren") as wren:
        ada.execute(f"SELECT pg_advisory_lock({LOCK_SPACE}, 1)")
        thread = threading.Thread(target=_lock, args=[wren])
        thread.start()
        yield garden
        ada.execute("SELECT pg_advisory_unlock_all()")
        thread.join(PATIENCE_S)


def _lock(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"SELECT pg_advisory_xact_lock({LOCK_SPACE}, 1)")


async def test_the_worker_says_whom_it_waits_for(
    waiting: Garden, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LONG_WAIT_S", 0.0)
    caplog.set_level(logging.WARNING, "tgtui.worker")
    database = waiting.team.open("wren")
    try:
        duties = Upkeep(database, Activity(), cast(Any, None), cast(Any, None), Settings())
        until = time.monotonic() + PATIENCE_S
        while not caplog.records and time.monotonic() < until:
            await duties.say_waits()
        await duties.say_waits()  # once a minute is enough
    finally:
        database.close()
    (record,) = caplog.records
    assert "waits for a lock" in record.message
    told = record.__dict__[FIELDS]
    assert told["login"] == waiting.team.name("ada")
    assert told["lock"] == "advisory"


def test_a_reader_does_not_see_what_a_worker_waits_for(waiting: Garden) -> None:
    database = waiting.team.open("guest")
    try:
        assert database.read_now(lock_waits, seconds=0.0) == []
    finally:
        database.close()
