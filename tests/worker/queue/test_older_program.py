"""A program that is older than the database it works on stops by itself, and says what to do."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from tests.support.working import Workplace
from tgtui.basics.errors import SchemaChanged
from tgtui.worker import runner


async def test_a_worker_stops_when_a_newer_program_has_migrated_the_database(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_GRACE_S", 0.01)
    place.registry.add_package("a")
    gate = place.registry.hang("a")
    await place.ask("a")
    worker = place.worker()
    working = asyncio.create_task(worker.run())
    await gate.arrived()
    await place.change(text("UPDATE alembic_version SET version_num = '9999'"))
    await place.ask("b")
    worker.wake()
    with pytest.raises(SchemaChanged, match=r"schema 9999.*update tgtui and restart it"):
        await asyncio.wait_for(working, 30)
    gate.open()
    # Nothing was claimed any more, and what was under way is handed back as if never claimed.
    for name in ("a", "b"):
        request = await place.request(name)
        assert (request.status, request.attempt_count) == ("pending", 0)
