"""One program on a machine exports at a time: another waits, or yields."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgtui.analytics.errors import Stopped
from tgtui.analytics.lock import Busy, locked
from tgtui.analytics.place import Place

HOLDER = """
import sys
from tgtui.analytics.lock import locked
from tgtui.analytics.place import place_of
from tgtui.basics.settings import Settings
with locked(place_of(Settings(data_dir=sys.argv[1])), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that holds the lock until its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"held\n"
        yield running
        running.kill()


def test_one_waits_for_another_even_if_that_is_killed(
    place: Place, other: subprocess.Popen[bytes]
) -> None:
    waited: list[str] = []

    def waiting() -> None:
        waited.append("once")
        other.kill()
        other.wait()

    with locked(place, waiting):
        assert waited == ["once"]


def test_one_that_yields_says_that_another_exports(
    place: Place, other: subprocess.Popen[bytes]
) -> None:
    held = locked(place, lambda: None, yields=True)
    with pytest.raises(Busy, match="Another program exports already; its results will be here"):
        held.__enter__()
    other.communicate()
    with locked(place, lambda: None, yields=True):
        pass


def test_who_is_told_to_stop_waits_no_longer(place: Place, other: subprocess.Popen[bytes]) -> None:
    def stop() -> None:
        raise Stopped

    held = locked(place, stop)
    with pytest.raises(Stopped):
        held.__enter__()
    assert other.poll() is None, "which still holds it"
