"""`tgtui worker --check`: whether a worker works on the catalogue, for a probe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from tgtui.basics.formatting import counted
from tgtui.cli.output import emit, emit_json, fields

if TYPE_CHECKING:
    from tgtui.basics.settings import Settings
    from tgtui.data.requests.health import QueueHealth
    from tgtui.data.requests.signs import Sign
    from tgtui.data.views.requests import RegistryOutage

ALIVE_S = 60.0
"""A worker that works looks at the queue several times in this time, whatever there is to do."""
NOT_WORKING = 1
"""Exit code: no worker has looked at the queue within that time."""
NO_CATALOGUE = "There is no catalogue here yet, so no worker works on it: run `tgtui db upgrade`."
OTHER_SCHEMA = "The catalogue is older than this tgtui: run `tgtui db upgrade`."
FORBIDDEN = (
    "This database login may not see workers; check as a worker, an administrator or the owner"
    " (docs/team.md)."
)


class Found(Struct, frozen=True):
    """What is printed as JSON."""

    works: bool
    workers: list[Sign]
    """Those that have looked at the queue within the time that counts."""
    last: Sign | None
    """The latest of all: of one that hangs or was killed, if none works."""
    queue: QueueHealth
    outages: list[RegistryOutage]
    """Hosts that are left alone: what is queued for them waits, and the worker works."""


def check(settings: Settings, *, as_json: bool) -> None:
    """Print it, and exit with NOT_WORKING if no worker works. DatabaseError if the database can't be used."""
    found = _look(settings)
    if found is None:
        sys.exit(NOT_WORKING)
    if as_json:
        emit_json(found)
    else:
        emit(_lines(found))
    if not found.works:
        sys.exit(NOT_WORKING)


def _look(settings: Settings) -> Found | None:
    from tgtui.basics.errors import DatabaseError
    from tgtui.data.access.logins import login_of
    from tgtui.data.requests.health import queue_health
    from tgtui.data.requests.outages import current_outages
    from tgtui.data.requests.signs import signs_of_life
    from tgtui.data.upkeep import migrate
    from tgtui.services.opening import open_database

    database = open_database(settings)
    try:
        if database.file is not None and database.file.is_absent:
            emit([NO_CATALOGUE])
            return None
        state = migrate.schema_state(database.engine)
        if state != "current":
            emit([NO_CATALOGUE if state == "empty" else OTHER_SCHEMA])
            return None
        login = database.read_now(login_of)
        if login.is_restricted and not login.roles & {"worker", "admin"}:
            raise DatabaseError(FORBIDDEN)
        signs = database.read_now(signs_of_life)
        # One of the future is of before a clock was set back: who works gives another one within seconds.
        alive = [sign for sign in signs if abs(sign.seconds) <= ALIVE_S]
        return Found(
            bool(alive),
            alive,
            signs[0] if signs else None,
            database.read_now(queue_health),
            database.read_now(current_outages),
        )
    finally:
        database.close()


def _lines(found: Found) -> Iterator[str]:
    queue = found.queue
    yield from fields(
        [
            *(("worker", f"{each.worker}, {_ago(each)}") for each in found.workers),
            ("queued", f"{queue.pending:,}, of which {queue.due:,} are due"),
            ("fetching", f"{queue.fetching:,}"),
            *(("waits for", f"{each.host}: {each.reason}") for each in found.outages),
        ]
    )
    if found.works:
        yield f"{counted(len(found.workers), 'worker')} at work."
    elif found.last is not None:
        yield (
            f"No worker works: the last, {found.last.worker}, looked at the queue {_ago(found.last)}."
            " It hangs, was killed, or has lost the database; its log says more."
        )
    else:
        yield "No worker works on this catalogue: start `tgtui worker`, or open tgtui."


def _ago(sign: Sign) -> str:
    is_before = sign.seconds >= 0
    return f"{sign.seconds:,.0f} s ago" if is_before else "before a clock was set back"
