"""The command line in this process and in one of its own, on both databases, against the fake registry."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tests.support.places import ROOT
from tgtui.cli.root import root
from tgtui.data.storage.database import Database

PATIENCE_S = 240
"""After so long a test fails instead of hanging."""


class Cli:
    """Runs commands with the environment of the test."""

    def __call__(self, *args: str) -> Result:
        """In this process; stdout and stderr apart."""
        return CliRunner().invoke(root, args, prog_name="tgtui")

    def json(self, *args: str) -> Any:
        """What a command that succeeds prints with --json."""
        result = self(*args, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def start(self, *args: str, **settings: Any) -> subprocess.Popen[str]:
        """In a process of its own, which the caller ends."""
        with interruptible():
            return subprocess.Popen(
                [sys.executable, "-m", "tgtui", *args],
                cwd=ROOT,
                env=dict(os.environ),
                text=True,
                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings},
            )

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err

    def run(self, *args: str) -> tuple[int, str, str]:
        """`start`, then `finish`."""
        return self.finish(self.start(*args))


@contextmanager
def interruptible(by: int = signal.SIGINT) -> Iterator[None]:
    """A program started here can be interrupted, also where this run can't: one in the background, or under nohup,
    inherits that."""
    is_ctrl_c = by == signal.SIGINT
    kept = signal.signal(by, signal.default_int_handler if is_ctrl_c else signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(by, kept)


@pytest.fixture
def bare(fake_registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """On a machine where tgtui was never started, whose npm registry is the fake one."""
    monkeypatch.setenv("TGTUI_NPM_REGISTRY", fake_registry.url)
    monkeypatch.setenv("TGTUI_PYPI_INDEX", f"{fake_registry.url}/simple/")
    return Cli()


@pytest.fixture
def cli(bare: Cli, migrated_url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """On a catalogue without packages, once on each database. Its one tag keeps it from being filled."""
    database.write_now(rows.add_tag)
    monkeypatch.setenv("TGTUI_DATABASE_URL", migrated_url)
    return bare


@pytest.fixture
def chain(fake_registry: FakeRegistry) -> FakeRegistry:
    """a needs b, b needs c; a has an older version that needs @s/d."""
    needs: list[tuple[str, dict[str, dict[str, Any]]]] = [
        ("a", {"1.0.0": {"dependencies": {"@s/d": "^1"}}, "2.0.0": {"dependencies": {"b": "^1"}}}),
        ("b", {"1.0.0": {"dependencies": {"c": "^1"}}}),
        ("c", {"1.0.0": {}}),
        ("@s/d", {"1.0.0": {}}),
    ]
    for name, versions in needs:
        fake_registry.add_package(name, versions)
    return fake_registry
