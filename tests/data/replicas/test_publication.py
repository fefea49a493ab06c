"""The publication has the listed tables and columns, on PostgreSQL 15 as on the newest."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Connection

from tests.support import rows
from tests.support.team import Team
from tgtui.basics.errors import DatabaseError
from tgtui.data.access.published import published
from tgtui.data.replicas.publication import NAME, publish, unpublish, with_requests_now
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import HEAD, downgrade, upgrade

pytestmark = pytest.mark.pg15

NOW = """
    SELECT tablename::text, attnames::text[] FROM pg_publication_tables WHERE pubname = 'tgtui_zero'
"""


def now(team: Team) -> dict[str, set[str]]:
    return {table: {*columns} for table, columns in team.read("owner", NOW)}


def listed(*, with_requests: bool) -> dict[str, set[str]]:
    return {table: {*columns} for table, columns in published(with_requests=with_requests).items()}


def test_it_is_made_changed_and_dropped_and_again_nothing_is_different(team: Team) -> None:
    database = team.open("owner")
    try:
        for with_requests in (False, True, False):
            for is_changed in (True, False):
                made = database.write_now(publish_with, with_requests)
                assert made is is_changed
                assert now(team) == listed(with_requests=with_requests)
                assert database.read_now(with_requests_now) is with_requests
        assert [database.write_now(unpublish) for _ in range(2)] == [True, False]
        assert now(team) == {}
        assert database.read_now(with_requests_now) is None
    finally:
        database.close()


def publish_with(connection: Connection, with_requests: bool) -> bool:
    return publish(connection, with_requests=with_requests).is_changed


def test_what_was_changed_by_hand_is_set_right(team: Team) -> None:
    database = team.open("owner")
    try:
        database.write_now(publish_with, False)
        team.run("owner", f"ALTER PUBLICATION {NAME} ADD TABLE account")
        assert database.write_now(publish_with, False)
    finally:
        database.close()
    assert now(team) == listed(with_requests=False)


def test_what_a_superuser_publishes_is_the_owners(team: Team) -> None:
    superuser = Database(open_engine(parse_url(team.address)))
    owner = team.open("owner")
    try:
        assert superuser.write_now(publish_with, False)
        assert owner.write_now(publish_with, True)
    finally:
        superuser.close()
        owner.close()
    assert now(team) == listed(with_requests=True)


@pytest.mark.parametrize("login", ["ada", "cleo", "wren", "stranger"])
def test_only_the_owner_publishes(team: Team, login: str) -> None:
    if login == "stranger":
        team.run("owner", f"GRANT SELECT ON packages TO {team.name(login)}")
    database = team.open(login)
    try:
        with pytest.raises(DatabaseError, match=f"{team.name('owner')}, can publish them"):
            database.write_now(publish_with, False)
    finally:
        database.close()


def test_an_upgrade_keeps_it_as_this_schema_wants_it(team: Team) -> None:
    database = team.open("owner")
    try:
        downgrade(database.engine, f"{int(HEAD) - 1:04}")
        team.run("owner", f"CREATE PUBLICATION {NAME} FOR TABLE tags (id), package_requests (id)")
        assert upgrade(database.engine)
    finally:
        database.close()
    assert now(team) == listed(with_requests=True)


class TestARowFilter:
    """Deleted packages can't be left out in the publication, and keep their columns listed: why clients ask for it."""

    def test_needs_its_columns_in_the_replica_identity(self, team: Team) -> None:
        database = team.open("owner")
        database.write_now(rows.add_package, "a")
        database.close()
        team.run(
            "owner",
            "CREATE PUBLICATION filtered FOR TABLE packages (id, name, deleted_at) WHERE (deleted_at IS NULL)",
        )
        with pytest.raises(psycopg.Error, match="cannot update table"):
            team.run("owner", "UPDATE packages SET name = 'b'")

    def test_which_is_then_whole_and_takes_no_list_of_columns(self, team: Team) -> None:
        database = team.open("owner")
        database.write_now(rows.add_package, "a")
        database.close()
        team.run("owner", "ALTER TABLE packages REPLICA IDENTITY FULL")
        team.run(
            "owner",
            "CREATE PUBLICATION filtered FOR TABLE packages (id, name, deleted_at) WHERE (deleted_at IS NULL)",
        )
        with pytest.raises(psycopg.Error, match="cannot update table"):
            team.run("owner", "UPDATE packages SET name = 'b'")

    def test_can_use_no_index_because_the_column_may_be_null(self, team: Team) -> None:
        team.run("owner", "CREATE UNIQUE INDEX by_deletion ON packages (id, deleted_at)")
        with pytest.raises(psycopg.Error, match="nullable"):
            team.run("owner", "ALTER TABLE packages REPLICA IDENTITY USING INDEX by_deletion")
