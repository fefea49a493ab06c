"""The servers that a zero-cache is run against: the tests' own PostgreSQL, and 15, which is the oldest that will do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import PROGRAMS_SETTING, PostgresServer, logical
from tests.support.postgres15 import PROGRAMS


@pytest.fixture(scope="module", params=["usual", "15"])
def replicated(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One of them, running and empty; reached by TCP too."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "15":
            if not PROGRAMS.is_dir():
                pytest.skip(f"PostgreSQL 15 is not in {PROGRAMS}")
            patch.setenv(PROGRAMS_SETTING, str(PROGRAMS))
        server = PostgresServer.create(logical())
        try:
            server.own_url()
            yield server
        finally:
            server.stop()
