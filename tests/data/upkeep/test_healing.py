"""What migrations repair in catalogues that an older program filled wrongly."""

from __future__ import annotations

import runpy
from datetime import datetime, timedelta

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.basics import clock
from tgtui.data.models.tables import Package, PackageRequest
from tgtui.data.storage.database import Database
from tgtui.data.upkeep.migrate import migrations_folder


def run_again(session: Session, name: str) -> None:
    """The upgrade of one migration, on a catalogue of today."""
    module = runpy.run_path(str(migrations_folder() / "versions" / f"{name}.py"))
    with Operations.context(MigrationContext.configure(session.connection())):
        module["upgrade"]()


def test_times_that_a_wrong_clock_wrote_into_the_future_are_of_today(database: Database) -> None:
    now = clock.now()
    early, late = now - timedelta(days=1), now + timedelta(hours=5)

    def write(session: Session) -> None:
        for name, moment in (("right", early), ("wrong", late)):
            rows.add_package(session, name, last_fetch_success=moment, updated_at=moment)
            rows.add_request(session, name, created_at=moment, updated_at=moment)
        run_again(session, "0016_times")

    def read(session: Session) -> dict[str, set[datetime | None]]:
        packages = session.execute(
            select(Package.name, Package.last_fetch_success, Package.updated_at)
        )
        return {name: set(moments) for name, *moments in packages}

    database.write_now(write)
    found = database.read_now(read)
    assert found["right"] == {early}
    assert all(m and abs(m - now) < timedelta(minutes=10) for m in found["wrong"])
    requests = select(PackageRequest.updated_at).where(PackageRequest.updated_at >= late)
    assert database.read_now(lambda session: session.scalars(requests).all()) == []
