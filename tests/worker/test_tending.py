"""What happens beside the queue: interactions are stored in the end, and the index follows."""

from __future__ import annotations

from sqlalchemy import select

from tests.support import rows
from tgtui.data.models.tables import package_interactions
from tgtui.data.search.index import is_stale
from tgtui.data.storage.database import Database
from tgtui.worker.tending import Tending


def kinds(database: Database) -> list[str]:
    query = select(package_interactions.c.kind).order_by(package_interactions.c.kind)
    return list(database.read_now(lambda connection: connection.scalars(query).all()))


async def test_what_was_noted_is_stored_by_the_end(database: Database) -> None:
    ada = database.write_now(rows.add_account)
    package = database.write_now(rows.add_package, "x")
    tending = Tending(database, ada, records=True, indexes=True)
    tending.start()
    tending.note("view", package)
    tending.note("view", package)
    tending.note_request("npm", "x")
    await tending.stop()
    assert kinds(database) == ["request", "view"]
    assert not database.read_now(is_stale)


async def test_nothing_is_recorded_where_that_is_switched_off(database: Database) -> None:
    ada = database.write_now(rows.add_account)
    package = database.write_now(rows.add_package, "x")
    tending = Tending(database, ada, records=False, indexes=False)
    tending.start()
    tending.note("view", package)
    tending.note_request("npm", "x")
    await tending.stop()
    assert kinds(database) == []
    assert database.read_now(is_stale), "another program sees to the index"


async def test_a_package_asked_for_before_it_was_there_counts_when_it_comes(
    database: Database,
) -> None:
    ada = database.write_now(rows.add_account)
    tending = Tending(database, ada, records=True, indexes=True)
    tending.note_request("npm", "later")
    database.write_now(rows.add_package, "later")
    tending.start()
    await tending.stop()
    assert kinds(database) == ["request"]
