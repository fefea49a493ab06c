"""`--pg15` runs what depends most on PostgreSQL's version on PostgreSQL 15: what it guards by itself, and the queue.

Before 16 a role with CREATEROLE reaches what it does not since. These folders, and tests that are marked `pg15`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.postgres import PROGRAMS_SETTING

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
"""Of Debian's package."""
FOLDERS = (ROOT / "tests/data/access", ROOT / "tests/worker/queue")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("tgtui").addoption(
        "--pg15", action="store_true", help="run only the grants and the queue, on PostgreSQL 15"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pg15: runs with --pg15 too.")
    if config.getoption("pg15"):
        if not PROGRAMS.is_dir():
            pytest.exit(f"nothing ran on PostgreSQL 15: it is not in {PROGRAMS}", returncode=0)
        os.environ[PROGRAMS_SETTING] = str(PROGRAMS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("pg15"):
        left = [item for item in items if not _is_wanted(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    if call is not None and "sqlite" in call.params.values():
        return False
    is_in_folder = any(item.path.is_relative_to(folder) for folder in FOLDERS)
    return is_in_folder or item.get_closest_marker("pg15") is not None
