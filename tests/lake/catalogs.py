"""Catalogs to test on: Iceberg's reference catalog, started here, and a real Polaris, named by the environment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.lake.fetched import jars, need

SOURCE = Path(__file__).with_name("ReferenceCatalog.java")
POLARIS = {
    "uri": "TGTUI_TEST_POLARIS_URI",
    "warehouse": "TGTUI_TEST_POLARIS_WAREHOUSE",
    "credential": "TGTUI_TEST_POLARIS_CREDENTIAL",
    "scope": "TGTUI_TEST_POLARIS_SCOPE",
    "realm": "TGTUI_TEST_POLARIS_REALM",
    "access_delegation": "TGTUI_TEST_POLARIS_ACCESS_DELEGATION",
}
"""By setting: the variable that gives it."""


class ReferenceCatalog:
    """A process of Java on a folder; killed and started again it has the same tables and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Of `[analytics]`."""
        return {"uri": f"http://127.0.0.1:{self.port}"}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [
                need("java"),
                "-Xmx256m",
                "-cp",
                f"{jars()}/*",
                str(SOURCE),
                str(self.folder),
                str(self.port),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("port "), "the reference catalog did not start"

    def kill(self) -> None:
        """With no warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


def polaris_settings() -> dict[str, Any]:
    """Of `[analytics]`; skips the test if the environment names no Polaris."""
    given = {
        name: os.environ[variable] for name, variable in POLARIS.items() if os.environ.get(variable)
    }
    if "uri" not in given:
        pytest.skip(f"no Polaris: {POLARIS['uri']} is not set")
    return given


def reference(folder: Path) -> Iterator[ReferenceCatalog]:
    """A fixture's body."""
    jars()
    with ReferenceCatalog(folder) as running:
        yield running


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
