"""A worker's sign of life: given after a look at the queue, and only then."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from tgtui.data.requests.signs import signs, signs_of_life
from tgtui.data.storage.database import Database
from tgtui.worker import pulse
from tgtui.worker.pulse import Pulse

LOOKS = 20


def looked_at(connection: Connection) -> list[object]:
    return list(connection.scalars(select(signs.c.looked_at)))


async def test_one_that_hangs_gives_no_further_sign(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.0)
    heart = Pulse(database, "garden:1:abc")
    heart.start()
    for _ in range(LOOKS):
        assert await database.read(looked_at) == []
    heart.looked()
    while not (first := await database.read(looked_at)):
        pass
    for _ in range(LOOKS):
        assert await database.read(looked_at) == first
    heart.looked()
    while await database.read(looked_at) == first:
        pass
    (sign,) = await database.read(signs_of_life)
    assert sign.worker == "garden:1:abc"
    await heart.stop()
    assert await database.read(looked_at) == []


async def test_several_give_each_their_own(database: Database) -> None:
    hearts = [Pulse(database, f"garden:{number}:abc") for number in range(3)]
    for heart in hearts:
        heart.start()
        heart.looked()
    while len(await database.read(signs_of_life)) < len(hearts):
        pass
    for heart in hearts:
        await heart.stop()
    assert await database.read(signs_of_life) == []
