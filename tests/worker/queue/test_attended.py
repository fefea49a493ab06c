"""Whether anybody works on the queue: what is told to who waits for another program's worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.basics import clock
from tgtui.data.requests.health import is_unattended
from tgtui.data.requests.outages import record_outage

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("states", "is_alone"),
    [
        ([], False),
        (["completed", "failed"], False),
        (["due"], True),
        (["waits"], False),
        (["due", "held"], False),
        (["due", "left behind"], True),
        (["held"], False),
    ],
)
def test_nobody_works_where_something_is_due_and_nothing_is_held(
    connection: Connection, states: list[str], is_alone: bool
) -> None:
    now = clock.now()
    of_state: dict[str, dict[str, Any]] = {
        "due": {},
        "waits": {"retry_after": now + HOUR},
        "held": {"status": "fetching", "lease_expires_at": now + HOUR, "locked_by": "w"},
        "left behind": {"status": "fetching", "lease_expires_at": now - HOUR, "locked_by": "w"},
    }
    for number, state in enumerate(states):
        rows.add_request(connection, f"p{number}", **of_state.get(state, {"status": state}))
    assert is_unattended(connection) is is_alone


def test_a_registry_that_is_left_alone_is_no_sign_that_nobody_works(connection: Connection) -> None:
    rows.add_request(connection)
    record_outage(
        connection, "npm", "r:443", machine="", reason="Busy.", wait_s=60, backs_off=False
    )
    assert not is_unattended(connection)
