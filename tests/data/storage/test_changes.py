"""Hints to other programs: who sends them, and that no one still sends when the database is closed."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event

from tgtui.data.storage import changes
from tgtui.data.storage.changes import Announcer, Topic
from tgtui.data.storage.engine import open_engine, parse_url

WAIT_S = 30.0


def test_closing_waits_for_the_one_that_sends(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its connection is opened when all others are closed, and stays."""
    at_once = partial(threading.Timer, 0)
    monkeypatch.setattr(changes, "PULSE_S", 3_600.0)
    monkeypatch.setattr(threading, "Timer", lambda _wait, call: at_once(call))
    engine = open_engine(parse_url(postgres_url))
    connects, may_connect = threading.Event(), threading.Event()
    announcer = Announcer(engine)
    announcer.tell({"tags"})
    engine.dispose()

    @event.listens_for(engine, "do_connect")
    def wait(*args: Any) -> None:
        connects.set()
        assert may_connect.wait(WAIT_S)

    announcer.tell({"requests"})  # within the pulse: a timer's thread sends it
    assert connects.wait(WAIT_S)
    announcer.tell({"packages"})
    closing = threading.Thread(target=announcer.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    may_connect.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    engine.dispose()


def test_what_is_told_while_another_topic_is_sent_is_sent_as_well(postgres_url: str) -> None:
    engine = open_engine(parse_url(postgres_url))
    sent: list[Topic] = []
    both = threading.Event()
    announcer = Announcer(engine)

    @event.listens_for(engine, "before_cursor_execute")
    def tell_another(_c: Any, _cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "pg_notify" in statement:
            sent.extend(each for each in parameters.values() if each in {"tags", "packages"})
            if len(sent) == 1:
                announcer.tell({"packages"})
            else:
                both.set()

    announcer.tell({"tags"})
    assert both.wait(WAIT_S)
    announcer.close()
    assert sent == ["tags", "packages"]
    engine.dispose()
