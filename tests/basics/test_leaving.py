"""What is begun while a signal comes. Whole programs that leave are in `tests/cli/test_leaving.py`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tgtui.basics.leaving import TERMINATE, Left, unbroken


@pytest.fixture
def leaves() -> Iterator[None]:
    """SIGTERM makes this process leave, whatever started it."""

    def leave(number: int, _frame: object) -> None:
        raise Left(number)

    kept = signal.signal(TERMINATE, leave)
    yield
    signal.signal(TERMINATE, kept)


def stop_while_beginning(begun: list[str]) -> None:
    with unbroken():
        os.kill(os.getpid(), TERMINATE)
        begun.append("known")
    begun.append("after")


@pytest.mark.usefixtures("leaves")
def test_a_signal_acts_when_what_was_begun_is_known() -> None:
    begun: list[str] = []
    with pytest.raises(Left):
        stop_while_beginning(begun)
    with pytest.raises(Left):
        os.kill(os.getpid(), TERMINATE)
    assert begun == ["known"]
