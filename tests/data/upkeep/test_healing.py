"""What migrations repair in catalogues that an older program filled wrongly."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from tests.support import rows
from tgtui.basics import clock
from tgtui.data.models.tables import package_requests, packages
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import downgrade, upgrade


def test_times_that_a_wrong_clock_wrote_into_the_future_are_of_today(
    database: Database, migrated_url: str
) -> None:
    now = clock.now()
    early, late = now - timedelta(days=1), now + timedelta(hours=5)

    def write(connection: Connection) -> None:
        for name, moment in (("right", early), ("wrong", late)):
            rows.add_package(connection, name, last_fetch_success=moment, updated_at=moment)
            rows.add_request(connection, name, created_at=moment, updated_at=moment)

    def read(connection: Connection) -> dict[str, set[datetime | None]]:
        found = connection.execute(
            select(packages.c.name, packages.c.last_fetch_success, packages.c.updated_at)
        )
        return {name: set(moments) for name, *moments in found}

    database.write_now(write)
    engine = open_engine(parse_url(migrated_url))
    downgrade(engine, "0013-1")
    assert upgrade(engine)
    engine.dispose()
    found = database.read_now(read)
    assert found["right"] == {early}
    assert all(m and abs(m - now) < timedelta(minutes=10) for m in found["wrong"])
    requests = select(package_requests.c.updated_at).where(package_requests.c.updated_at >= late)
    assert database.read_now(lambda connection: connection.scalars(requests).all()) == []
