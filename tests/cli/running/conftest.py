"""What tests of running programs share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.databases import migrate
from tests.support.rows import add_tag
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url


@pytest.fixture
def known_url(
    postgres_template: Callable[[str, Callable[[str], None]], str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """A catalogue that is known already, so that it gets no requests of its own; workers tell their health each second."""
    url = postgres_template("migrated", migrate)
    near = Database(open_engine(parse_url(url)))
    near.write_now(add_tag)
    near.close()
    monkeypatch.setenv("TGTUI_WORKER_HEALTH_SECONDS", "1")
    return url
