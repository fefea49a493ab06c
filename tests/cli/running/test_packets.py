"""Packets that are really lost, between two network namespaces of Linux: only where it is asked for, and as root.

`TGTUI_TEST_NAMESPACES=1` asks for it; it makes a namespace and a pair of interfaces, and removes them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Cli
from tests.cli.running.test_silent import until
from tests.support.databases import migrate
from tests.support.places import ROOT
from tests.support.proxy import Proxy
from tests.support.rows import add_tag
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

SPACE, HERE, THERE = "tgtui-test", "10.77.0.1", "10.77.0.2"
IS_ASKED_FOR = os.environ.get("TGTUI_TEST_NAMESPACES") == "1"

pytestmark = pytest.mark.skipif(
    not (IS_ASKED_FOR and sys.platform == "linux" and os.geteuid() == 0 and shutil.which("ip")),
    reason="TGTUI_TEST_NAMESPACES is not 1, or this is not root on Linux",
)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def space() -> Iterator[str]:
    """A namespace whose programs reach this one's as THERE and HERE."""
    ip("netns", "add", SPACE)
    try:
        ip("link", "add", "tgtui0", "type", "veth", "peer", "name", "tgtui1", "netns", SPACE)
        ip("addr", "add", f"{HERE}/24", "dev", "tgtui0")
        ip("link", "set", "tgtui0", "up")
        ip("-n", SPACE, "addr", "add", f"{THERE}/24", "dev", "tgtui1")
        ip("-n", SPACE, "link", "set", "tgtui1", "up")
        ip("-n", SPACE, "link", "set", "lo", "up")
        yield SPACE
    finally:
        ip("netns", "del", SPACE)


def test_a_worker_notices_lost_packets_and_finds_its_database_again(
    space: str,
    bare: Cli,
    postgres_template: Callable[[str, Callable[[str], None]], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres_template("migrated", migrate)
    near = Database(open_engine(parse_url(url)))
    near.write_now(add_tag)
    near.close()
    monkeypatch.setenv("TGTUI_WORKER_HEALTH_SECONDS", "1")
    inside = ("ip", "netns", "exec", space)
    with Proxy(make_url(url), HERE) as proxy:
        process = subprocess.Popen(
            [*inside, sys.executable, "-m", "tgtui", "--database", proxy.url(url), "worker"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(process, "health", database="ok")
        ip("route", "add", "blackhole", f"{THERE}/32")
        try:
            until(process, "health", database="away")
        finally:
            ip("route", "del", "blackhole", f"{THERE}/32")
        until(process, "health", database="ok")
        ip("route", "add", "blackhole", f"{THERE}/32")
        try:
            process.send_signal(signal.SIGTERM)
            _out, _err = process.communicate(timeout=60)
        finally:
            ip("route", "del", "blackhole", f"{THERE}/32")
    assert process.returncode == 0
