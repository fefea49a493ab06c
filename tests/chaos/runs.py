"""Sets the stage for one scenario, lets it happen, and says how it went."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL

from tests.chaos import scenarios
from tests.chaos.arena import Arena, NeverHappened
from tests.chaos.disk import Disk, small_disk
from tests.chaos.scenarios import Scenario
from tests.chaos.stores import PostgresStore, SqliteStore, Store
from tests.support.databases import migrate
from tests.support.postgres import DURABLE, Databases, PostgresServer

SCENARIOS: dict[str, Scenario] = {
    "kill": scenarios.kill,
    "stop": scenarios.stop,
    "pause": scenarios.pause,
    "cut": scenarios.cut,
    "restart": scenarios.restart,
    "full": scenarios.full,
    "registry": scenarios.registry,
    "crowd": scenarios.crowd,
}
ONLY_ON = {"cut": "postgresql", "restart": "postgresql", "full": "sqlite"}
"""A file has no connection and no server; a server's disk is not ours to fill."""


@dataclass(frozen=True, slots=True)
class Report:
    """How one run went."""

    scenario: str
    database: str
    seed: int
    seconds: float
    problems: list[str]
    figures: Counter[str]
    folder: Path
    """With the log of every program; kept where there are problems."""


def databases_of(scenario: str, wanted: str) -> list[str]:
    """Those of `sqlite`, `postgresql` or `both` that the scenario is about."""
    asked = ["sqlite", "postgresql"] if wanted == "both" else [wanted]
    return [name for name in asked if ONLY_ON.get(scenario, name) == name]


def run(
    scenario: str,
    database: str,
    *,
    seed: int,
    rounds: int,
    packages: int,
    workers: int = 3,
    is_patient: bool = True,
    databases: Databases | None = None,
) -> Report:
    """One scenario on one database. `databases` makes those on PostgreSQL; without it a server is started.

    `is_patient` False shortens what takes long by its nature.
    """
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"tgtui-chaos-{scenario}-"))
    with contextlib.ExitStack() as stack:
        place = _postgresql(scenario, databases) if database == "postgresql" else None
        ground = stack.enter_context(place or _sqlite(scenario, folder))
        arena = stack.enter_context(
            Arena(
                ground.store,
                folder,
                seed=seed,
                packages=packages,
                workers=workers,
                is_patient=is_patient,
                server=ground.server,
                disk=ground.disk,
            )
        )
        try:
            arena.ask(*arena.closure.roots)
            SCENARIOS[scenario](arena, rounds)
            arena.finish()
        except (NeverHappened, subprocess.SubprocessError, psycopg.Error) as error:
            arena.problems.append(f"{type(error).__name__}: {error}")
        arena.check()
        report = Report(
            scenario,
            database,
            seed,
            time.monotonic() - started,
            arena.problems,
            arena.figures,
            folder,
        )
    if not report.problems:
        shutil.rmtree(folder)
    return report


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a run stands on."""

    store: Store
    server: PostgresServer | None = None
    disk: Disk | None = None


@contextlib.contextmanager
def _sqlite(scenario: str, folder: Path) -> Iterator[_Ground]:
    if scenario != "full":
        yield _Ground(SqliteStore(folder))
        return
    place = folder / "disk"
    place.mkdir()
    with small_disk(place) as disk:
        yield _Ground(SqliteStore(place), disk=disk)


@contextlib.contextmanager
def _postgresql(scenario: str, databases: Databases | None) -> Iterator[_Ground]:
    with contextlib.ExitStack() as stack:
        server = None
        if databases is not None and scenario != "restart":
            template = databases.template("migrated", migrate)
            url = stack.enter_context(databases.fresh(template))
        else:
            server = PostgresServer.create(DURABLE)
            stack.callback(server.stop)
            url = _new_database(server.own_url())
        store = PostgresStore(url)
        stack.callback(store.close)
        yield _Ground(store, server)


def _new_database(administrative: URL) -> str:
    plain = administrative.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE chaos TEMPLATE template0")
    return administrative.set(database="chaos").render_as_string(hide_password=False)
