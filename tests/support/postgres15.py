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
FOLDERS = (f"{ROOT}/tests/data/access/", f"{ROOT}/tests/worker/queue/")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("pg15") and PROGRAMS.is_dir():
        os.environ[PROGRAMS_SETTING] = str(PROGRAMS)


@pytest.hookimpl(tryfirst=True)  # before `opt_in.py` chooses by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_missing = config.getoption("pg15") and not PROGRAMS.is_dir()
    for item in items:
        if str(item.path).startswith(FOLDERS) and not _is_sqlite(item):
            item.add_marker(pytest.mark.pg15("by its folder"))
        if is_missing and item.get_closest_marker("pg15") is not None:
            item.add_marker(pytest.mark.skip(reason=f"PostgreSQL 15 is not in {PROGRAMS}"))


def _is_sqlite(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and "sqlite" in call.params.values()
