"""The queue of a run as plain SQL sees it, and the nudges that spare a run its waits."""

from __future__ import annotations

from tests.chaos.processes import Program
from tests.chaos.stores import Store

LONG_AGO = "2020-01-01 00:00:00.000000"
ACTIVE = "status IN ('pending', 'fetching')"
NUDGE_S = 1.0
"""So long a nudge waits for a program's transaction."""


class Queue:
    """Looks at `package_requests`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def completed(self) -> int:
        return self._count("status = 'completed'")

    def is_completed(self, name: str) -> bool:
        return bool(self._count("status = 'completed' AND package_name = ?", name))

    def is_settled(self) -> bool:
        """Nothing waits or is fetched, and the look at each chain, which may queue what it lacks, has been."""
        unsettled = (
            "SELECT 1 FROM package_request_chains WHERE settled_at IS NULL AND cancelled_at IS NULL"
        )
        return not self._store.rows(
            f"SELECT 1 WHERE EXISTS (SELECT 1 FROM package_requests WHERE {ACTIVE})"
            f" OR EXISTS ({unsettled})"
        )

    def held_by(self, program: Program) -> int:
        """Requests whose claim is this program's."""
        return self._count("status = 'fetching' AND locked_by LIKE ?", program.holder)

    def expire(self, program: Program) -> bool:
        """Let its leases have run out, but for rows it is writing; False where it is writing all it holds."""
        changed = self._store.change(
            "UPDATE package_requests SET lease_expires_at = ? WHERE id IN ("
            " SELECT id FROM package_requests WHERE status = 'fetching' AND locked_by LIKE ?"
            f" {self._store.skip_locked})",
            LONG_AGO,
            program.holder,
            patience=NUDGE_S,
        )
        return bool(changed)

    def make_due(self) -> None:
        """Let the time of every request that waits have come."""
        waiting = "status = 'pending' AND retry_after IS NOT NULL"
        if self._count(waiting):
            self._store.change(
                f"UPDATE package_requests SET retry_after = NULL WHERE {waiting}", patience=NUDGE_S
            )

    def _count(self, condition: str, *values: object) -> int:
        rows = self._store.rows(f"SELECT count(*) FROM package_requests WHERE {condition}", *values)
        return int(rows[0][0])
