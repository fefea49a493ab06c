"""A proxy before the run's PostgreSQL, and patience so short that a test is quick."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests.support.proxy import Proxy, be_quick
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch)


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    with Proxy(make_url(postgres_url)) as proxy:
        yield proxy


@pytest.fixture
def far(quick: None, proxy: Proxy, postgres_url: str) -> Iterator[Database]:
    """The empty database through the proxy."""
    opened = Database(open_engine(parse_url(proxy.url(postgres_url))))
    yield opened
    opened.close()


@pytest.fixture
def near(postgres_url: str) -> Iterator[Database]:
    """The same without it, as another program sees it."""
    opened = Database(open_engine(parse_url(postgres_url)))
    yield opened
    opened.close()
