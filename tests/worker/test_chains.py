"""What a worker remembers of chains does not grow with those that others settle."""

from __future__ import annotations

from sqlalchemy import Connection, update

from tests.support.rows import CHAINS, add_request
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.data.storage.database import Database
from tgtui.worker.chains import Chains
from tgtui.worker.ingest.rooms import Bounds


def nothing() -> None:
    """Is told."""


async def test_chains_that_others_settled_are_forgotten(database: Database) -> None:
    chains = Chains(database, Bounds(60, 5_000), on_queued=nothing, on_settled=nothing)

    def queue(connection: Connection) -> None:
        for number in range(5):
            add_request(connection, f"p{number}")

    def settle(connection: Connection) -> None:
        connection.execute(update(REQUESTS).values(status="completed"))
        connection.execute(update(CHAINS).values(settled_at=clock.now()))

    await database.write(queue)
    await chains.look_at_all()
    assert len(chains._open_before) == 5
    await chains.look_at_all()
    assert (len(chains._open_before), len(chains._open)) == (5, 0)
    await database.write(settle)
    await chains.look_at_all()
    assert (chains._open_before, chains._open) == ({}, {})
