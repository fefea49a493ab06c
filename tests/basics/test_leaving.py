"""What is begun while a signal comes. Whole programs that leave are in `tests/cli/test_leaving.py`."""

from __future__ import annotations

import os
import signal

import pytest

from tgtui.basics.leaving import unbroken


def test_a_signal_acts_when_what_was_begun_is_known() -> None:
    begun: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        with unbroken():
            os.kill(os.getpid(), signal.SIGINT)
            begun.append("known")
        begun.append("after")
    assert begun == ["known"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
