"""Packets that are really lost, between two network namespaces of Linux, which are made and removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests.cli.running.test_silent import until
from tests.support.places import ROOT
from tests.support.proxy import Proxy

SPACE, HERE, THERE = "tgtui-test", "10.77.0.1", "10.77.0.2"

pytestmark = [
    pytest.mark.packets,
    pytest.mark.skipif(
        not (sys.platform == "linux" and os.geteuid() == 0 and shutil.which("ip")),
        reason="only root on Linux makes network namespaces, with the command ip",
    ),
]


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
    space: str, known_url: str
) -> None:
    inside = ("ip", "netns", "exec", space)
    with Proxy(make_url(known_url), HERE) as proxy:
        process = subprocess.Popen(
            [*inside, sys.executable, "-m", "tgtui", "--database", proxy.url(known_url), "worker"],
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
