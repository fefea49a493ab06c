"""An upgrade that is killed at any statement has changed nothing, and goes through when it is run again."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import Connection, text

from tests.support import rows
from tests.support.apart import told_apart
from tests.support.mass import mass
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import downgrade, schema_state, upgrade
from tgtui.versions.npm.semver import sort_key
from tgtui.versions.sorting import sort_text

VERSIONS = 300
OF = "SELECT version, sort_key FROM package_versions ORDER BY sort_key, version"
KILLED = """
import json, os, signal, sys
import alembic.command, alembic.config, alembic.runtime.migration, alembic.script
from sqlalchemy import event
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade
from tgtui.versions import sorting

url, every = sys.argv[1], int(sys.argv[2])

def upgrade_until(number):
    count = 0

    def step(*_args):
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    made = sorting.sort_text

    def converting(key):
        if key.startswith(b"middle"):
            step()
        return made(key)

    sorting.sort_text = converting
    engine = open_engine(parse_url(url))
    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(engine, moment, step)
    upgrade(engine)
    os._exit(0)

killed, number, is_killed = 0, 1, True
while is_killed:
    pid = os.fork()
    if pid == 0:
        try:
            upgrade_until(number)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    is_killed = os.WIFSIGNALED(status)
    assert is_killed or status == 0
    killed += is_killed
    number += every
print(json.dumps(killed))
"""
"""Kills one upgrade after the other, each further on, until one is through: how many."""


@pytest.mark.full_on("postgresql")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="children that are killed are forked")
@pytest.mark.parametrize("every", mass(30, full=[4]))
def test_killed_at_any_step_it_starts_again_without_loss(database_url: str, every: int) -> None:
    """Each of them starts from what the one before left: all as it was, or the last would fail."""
    engine = open_engine(parse_url(database_url))
    upgrade(engine)
    with engine.begin() as connection:
        expected = fill(connection)
    downgrade(engine, "0016")
    engine.dispose()
    assert told_apart(KILLED, database_url, str(every)) >= 3
    assert schema_state(engine) == "current"
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text(OF))] == expected
    engine.dispose()


def fill(connection: Connection) -> list[tuple[str, str]]:
    """Many versions; what is expected of them."""
    package = rows.add_package(connection, "a")
    keys = {f"1.{number}.0": sort_text(sort_key(f"1.{number}.0")) for number in range(VERSIONS)}
    keys["0.0.0"] = sort_text(b"middle")
    for version, key in keys.items():
        rows.add_version(connection, package, version, sort_key=key)
    return sorted(keys.items(), key=lambda pair: pair[1])
