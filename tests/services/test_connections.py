"""How many connections a program takes of PostgreSQL: what the setting says, and no more, however busy it is."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import Connection, make_url, text

from tests.support.fake_registry import FakeRegistry
from tests.support.team import Team
from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import load_settings
from tgtui.services.catalogue import Catalogue


def connections(team: Team) -> int:
    """Of others to this database."""
    url = make_url(team.address).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("most", [4, 10])
async def test_a_program_takes_as_many_as_the_setting_says(
    team: Team, fake_registry: FakeRegistry, most: int
) -> None:
    for number in range(20):
        fake_registry.add_package(f"p{number}", {"1.0.0": {}})
    settings = load_settings(
        {
            "database_url": team.url("owner"),
            "database_connections": most,
            "npm.registry": fake_registry.url,
        }
    )
    catalogue = await Catalogue.open(settings, is_service=True)
    try:
        at_rest = connections(team)
        await catalogue.requesting.ask_all([f"npm:p{number}" for number in range(20)])
        catalogue.start_worker(only_asked=True)

        def hold(connection: Connection) -> None:
            connection.execute(text("SELECT pg_sleep(0.05)"))

        reads = [catalogue.database.read(hold) for _ in range(40)]
        writes = [catalogue.database.write(hold) for _ in range(40)]
        await asyncio.gather(*reads, *writes)
        # They are kept, so that as many are there as ever were.
        assert at_rest <= await asyncio.to_thread(connections, team) <= most
        assert most - 1 <= await asyncio.to_thread(connections, team)
    finally:
        await catalogue.close()


def test_fewer_than_four_are_refused() -> None:
    with pytest.raises(SettingsError, match="database_connections"):
        load_settings({"database_connections": 3})
