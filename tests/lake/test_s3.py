"""Tables in a store like S3: with credentials of this machine, with those that the catalog gives, and with wrong ones."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lake.fetched import moto
from tests.support.polaris_stand_in import CLIENT, SECRET, WAREHOUSE, PolarisStandIn
from tests.support.postgres import free_port
from tests.support.results import asked, ignore
from tgtui.analytics.clearing import clear
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.exporting.export import export
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import tidy
from tgtui.basics import clock
from tgtui.basics.settings import AnalyticsSettings, Settings
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.lake

KEY, KEPT, REGION = "garden", "of-the-garden", "us-east-1"
BUCKET = "garden"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """Its address; it checks who signs what it is asked."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONPATH": str(moto())}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _listens(port):
            assert process.poll() is None, "it ended"
            time.sleep(0.1)
        made = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")
        urllib.request.urlopen(made).close()
        yield address
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def keys(store: str) -> Mapping[str, str]:
    """As pyiceberg calls them."""
    return {
        "s3.endpoint": store,
        "s3.access-key-id": KEY,
        "s3.secret-access-key": KEPT,
        "s3.region": REGION,
    }


@pytest.fixture
def server(tmp_path: Path, keys: Mapping[str, str]) -> Iterator[PolarisStandIn]:
    with PolarisStandIn(tmp_path / "polaris", f"s3://{BUCKET}/{tmp_path.name}", **keys) as running:
        yield running


@pytest.fixture
def at(server: PolarisStandIn, tmp_path: Path) -> Callable[[str], Place]:
    def place(delegation: str) -> Place:
        given: dict[str, Any] = {
            "uri": server.uri,
            "warehouse": WAREHOUSE,
            "credential": f"{CLIENT}:{SECRET}",
            "access_delegation": delegation,
        }
        chosen = AnalyticsSettings(catalog="rest", **given)
        return place_of(Settings(data_dir=str(tmp_path / "data"), analytics=chosen))

    return place


def use(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    """Credentials of this machine, by the usual variables."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", store)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEPT)
    monkeypatch.setenv("AWS_REGION", REGION)


@pytest.mark.parametrize("delegation", ["none", "vended-credentials"])
def test_tables_are_written_read_tidied_and_dropped(
    server: PolarisStandIn,
    at: Callable[[str], Place],
    store: str,
    keys: Mapping[str, str],
    planted_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    delegation: str,
) -> None:
    if delegation == "none":
        use(monkeypatch, store)
    else:
        server.vended = keys
    with closing(Lake(at(delegation))) as lake:
        for _ in range(2):
            done = export(planted_database, lake, ignore)
        assert asked(lake, "SELECT count(*), count(DISTINCT day) FROM packages") == [(3, 1)]
        assert asked(lake, "SELECT count(*) FROM dependencies WHERE is_followed") == [(2,)]
        files = lake.refresh("packages").inspect.all_files().num_rows
        gone = tidy(lake, done.day, clock.now() + timedelta(days=2), lambda: None)
        assert gone.files > 0
        assert lake.refresh("packages").inspect.all_files().num_rows < files
        assert asked(lake, "SELECT count(*) FROM packages") == [(3,)]
    clear(at(delegation))


def test_a_store_that_is_away_is_said_to_be(
    at: Callable[[str], Place], planted_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, f"http://127.0.0.1:{free_port()}")
    with (
        closing(Lake(at("none"))) as lake,
        pytest.raises(AnalyticsError, match="store of the tables could not be used"),
    ):
        export(planted_database, lake, ignore)
