"""Through a real PgBouncer: nothing is kept in a session, whose other transactions may be another program's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, func, make_url, select, text

from tests.data.storage.server.test_session import needed, unlike_ours
from tests.data.storage.test_feed import Told
from tests.support.databases import migrate
from tests.support.fake_registry import FakeRegistry
from tests.support.pgbouncer import SESSIONS, MakePooler
from tests.support.rows import add_tag
from tests.support.team import Team, guard
from tests.support.working import Workplace
from tgtui.basics.errors import DatabaseError, SettingsError
from tgtui.data.access.accounts import ensure_account
from tgtui.data.models import tables
from tgtui.data.requests.asking import ask
from tgtui.data.storage import feed as feed_module
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import READERS, open_engine, parse_url
from tgtui.data.storage.feed import ChangeFeed
from tgtui.data.storage.server.session import LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS

pytestmark = pytest.mark.pooler

TRANSACTIONS = ("pool_mode = transaction", f"default_pool_size = {SESSIONS}")
MODES: dict[str, tuple[str, ...]] = {
    "as installed": (),
    "transactions": TRANSACTIONS,
    "transactions, options dropped": (*TRANSACTIONS, "ignore_startup_parameters = options"),
}
OFTEN = 8
"""More than the five times after which psycopg would prepare a statement."""


def opened(url: str) -> Database:
    return Database(open_engine(parse_url(url)))


@pytest.fixture(params=list(MODES.values()), ids=list(MODES))
def pooled_url(request: pytest.FixtureRequest, postgres_url: str, make_pooler: MakePooler) -> str:
    return make_pooler(postgres_url, *request.param)


@pytest.fixture
def pooled(pooled_url: str) -> Iterator[Database]:
    """A migrated catalogue."""
    migrate(pooled_url)
    database = opened(pooled_url)
    yield database
    database.close()


def left_behind(url: str) -> list[Any]:
    """What each session of the server keeps, as another program's transactions see it."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    kept = []
    held = [psycopg.connect(address, prepare_threshold=None) for _ in range(SESSIONS)]
    for connection in held:
        kept += connection.execute(
            "SELECT pg_backend_pid(), current_setting('statement_timeout'), current_setting('search_path'),"
            " (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_listening_channels()),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
        ).fetchall()
    for connection in held:
        connection.close()
    assert len({pid for pid, *_ in kept}) == len(held)
    return [row[1:] for row in kept]


async def test_two_programs_work_and_leave_nothing_in_the_sessions(
    pooled: Database, pooled_url: str, fake_registry: FakeRegistry, tmp_path: Path
) -> None:
    fake_registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1", "c": "*"}}})
    fake_registry.add_package("b", {"1.0.0": {"dependencies": {"c": "^2"}}})
    fake_registry.add_package("c", {"2.0.0": {}})
    other = opened(pooled_url)
    places = [
        Workplace(each, fake_registry, tmp_path / str(number))
        for number, each in enumerate((pooled, other))
    ]
    await places[0].ask("a")
    await asyncio.gather(*(place.work() for place in places))

    def versions(connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(tables.package_versions)) or 0

    reads = [place.database.read(versions) for place in places for _ in range(OFTEN * READERS)]
    assert set(await asyncio.gather(*reads)) == {3}
    assert await places[1].statuses() == dict.fromkeys("abc", "completed")
    for place in places:
        await place.registries.aclose()
    other.close()
    assert left_behind(pooled_url) == [("0", '"$user", public', 0, 0, 0)] * SESSIONS


async def test_a_program_hears_of_what_another_one_changed(
    pooled: Database, pooled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "SILENCE_S", 3_600.0)  # not by asking anyway
    other, told = opened(pooled_url), Told()
    feed = ChangeFeed(pooled.engine)
    feed.subscribe(told)
    feed.start()
    await told.again()
    await told.after(lambda: other.write_now(add_tag, "news"))
    await feed.stop()
    other.close()


def test_every_transaction_has_the_settings_of_the_address(
    postgres_url: str, pooled_url: str
) -> None:
    with psycopg.connect(
        make_url(postgres_url).set(drivername="postgresql").render_as_string(False)
    ) as connection:
        connection.execute('CREATE SCHEMA "My Garden"')
    url = f'{pooled_url}&options=-c%20search_path%3D"My%5C%20Garden"%20--work-mem%3D7MB'
    migrate(url)
    database = opened(url)

    def settings(connection: Connection) -> Any:
        return connection.execute(
            text(
                "SELECT current_schema(), current_setting('work_mem'), current_setting('statement_timeout'),"
                " current_setting('lock_timeout'), to_regclass('public.packages') IS NULL"
            )
        ).one()

    wanted = (
        "My Garden",
        "7MB",
        f"{STATEMENT_TIMEOUT_MS // 60_000}min",
        f"{LOCK_TIMEOUT_MS // 1_000}s",
        True,
    )
    for _ in range(OFTEN):
        assert database.read_now(settings) == wanted
        assert database.write_now(settings) == wanted
    database.close()
    assert {row[0] for row in left_behind(pooled_url)} == {"0"}


def test_options_that_the_server_refuses_are_a_wrong_setting(pooled_url: str) -> None:
    url = make_url(pooled_url).update_query_dict({"options": "-cnosuch=1"})
    database = opened(url.render_as_string(hide_password=False))
    try:
        with pytest.raises(SettingsError, match=r'is wrong: unrecognized .*"nosuch"'):
            database.read_now(lambda connection: connection.scalar(select(1)))
    finally:
        database.close()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["pool_mode = statement"], r"statement pooling mode\. Set pool_mode = transaction"),
        (
            ["default_pool_size = 1", "query_wait_timeout = 1"],
            r"query_wait_timeout\. End other programs, raise that limit",
        ),
        (["max_client_conn = 1"], r"max_client_conn\)\. End other programs, raise that limit"),
    ],
)
def test_what_a_pooler_refuses_says_what_to_do(
    postgres_url: str, make_pooler: MakePooler, settings: list[str], sentence: str
) -> None:
    database = opened(make_pooler(postgres_url, *settings))

    def twice(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))
        database.read_now(lambda other: other.execute(text("SELECT 1")))

    with pytest.raises(DatabaseError, match=sentence):
        database.read_now(twice)
    database.close()


def test_what_the_program_needs_is_asked_for_in_each_transaction(
    postgres_url: str, pooled_url: str
) -> None:
    unlike_ours(postgres_url)
    database = opened(pooled_url)
    assert database.read_now(needed) == ("read committed", "on")
    database.close()


def test_the_logins_of_a_team_stay_apart(unguarded: Team, make_pooler: MakePooler) -> None:
    logins = [unguarded.name(login) for login in ("owner", "bob", "wren")]
    through = make_pooler(unguarded.address, *TRANSACTIONS, logins=logins)
    guard(unguarded.logins.url(through, "owner"))
    bob = opened(unguarded.logins.url(through, "bob"))
    account = bob.write_now(ensure_account, "postgresql", unguarded.name("bob"), "")
    bob.write_now(ask, "npm", "a", account_id=account)
    wren = opened(unguarded.logins.url(through, "wren"))
    statement = select(tables.package_requests.c.package_name)
    names = wren.read_now(lambda connection: connection.scalars(statement).all())
    assert names == ["a"]
    with pytest.raises(DatabaseError, match="lacks permission"):
        bob.write_now(add_tag, "mine")
    bob.close()
    wren.close()
