"""Finishes jobs that have little to write, in one transaction for those that arrive together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.storage.database import Database
from tgtui.worker.locks import lock_packages
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.gathering import Gathering
from tgtui.worker.queue.settling import Ending, as_needed, held_among, settle

Decide = Callable[[Connection], Ending | None]
"""Runs in the transaction, may write, and returns the request's outcome; None leaves it as it is."""


class Finish(Struct, frozen=True):
    """The last step of a job."""

    claim: Claim
    ending: Ending | Decide
    locks_package: bool = False
    """It only reads, and no other transaction writes the package or joins the request meanwhile."""


class Finishing:
    """While one transaction is written the next jobs gather, so a single job does not wait for others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gathering: Gathering[Finish, Ending | None] = Gathering(
            "tgtui-finishing", self._write
        )

    async def finish(
        self, claim: Claim, ending: Ending | Decide, *, locks_package: bool = False
    ) -> Ending | None:
        """The outcome of the request, once it is committed. LeaseLost, DatabaseError, or what `ending` raises."""
        return await self._gathering.put(Finish(claim, ending, locks_package))

    def has(self, claim: Claim) -> bool:
        """Whether its outcome is being written, or waits to be."""
        return any(finish.claim == claim for finish in self._gathering.items())

    async def close(self) -> None:
        """Wait for the current writes."""
        await self._gathering.close()

    async def _write(self, group: Sequence[Finish]) -> list[Ending | Exception | None]:
        ended = await self._database.write(finish_all, group)
        return [
            ended[finish.claim]
            if finish.claim in ended
            else LeaseLost(f"{finish.claim.registry}:{finish.claim.name}")
            for finish in group
        ]


def finish_all(connection: Connection, finishes: Sequence[Finish]) -> dict[Claim, Ending | None]:
    """The outcome of each; one whose lease is lost is missing, and nothing was written for it."""
    lock_packages(
        connection, ((f.claim.registry, f.claim.name) for f in finishes if f.locks_package)
    )
    ended: dict[Claim, Ending | None] = {
        finish.claim: finish.ending for finish in finishes if not callable(finish.ending)
    }
    # Locked in this order: the packages that some write, chains, requests.
    ended.update(_decided(connection, finishes, locks=False))
    ended.update(as_needed(connection, _known(ended)))
    ended.update(_decided(connection, finishes, locks=True))
    lost = settle(connection, _known(ended))
    return {claim: ending for claim, ending in ended.items() if claim not in lost}


def _decided(
    connection: Connection, finishes: Sequence[Finish], *, locks: bool
) -> dict[Claim, Ending | None]:
    """What those decide that are still held; with `locks` their requests stay so until the transaction ends."""
    decided = {
        finish.claim: finish.ending
        for finish in sorted(finishes, key=_package)
        if callable(finish.ending) and finish.locks_package is locks
    }
    held = held_among(connection, tuple(decided), locks=locks)
    return {claim: decide(connection) for claim, decide in decided.items() if claim in held}


def _known(ended: Mapping[Claim, Ending | None]) -> dict[Claim, Ending]:
    return {claim: ending for claim, ending in ended.items() if ending is not None}


def _package(finish: Finish) -> tuple[str, str]:
    return finish.claim.registry, finish.claim.name
