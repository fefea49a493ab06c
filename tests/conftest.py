"""Fixtures every test may use: a home of its own, a database of its own, no network."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from tests.support.isolation import isolate_environment, refuse_network
from tests.support.postgres import Databases, PostgresServer
from tgtui.basics.files.paths import sqlite_url as file_url

# What is imported and collected lives as long as the process: looking through it for garbage finds none.
gc.disable()

pytest_plugins = [
    "tests.support.databases",
    "tests.support.fixtures",
    "tests.support.login_fixtures",
    "tests.support.mass",
    "tests.support.node",
    "tests.support.postgres15",
    "tests.support.opt_in",
    "tests.support.pgbouncer",
    "tests.support.statements",
    "tests.support.team",
    "tests.support.unprivileged",
]

SERVER: pytest.StashKey[PostgresServer] = pytest.StashKey()

_homes = count()

# No deadline: a busy machine fails no promise. In CI the same examples every time.
settings.register_profile("tgtui", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tgtui")


def pytest_configure(config: pytest.Config) -> None:
    """The process that owns the run makes the server's folder and moves home; xdist's workers inherit both."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[SERVER] = PostgresServer(Path(given["postgres"]))
        return
    server = config.stash[SERVER] = PostgresServer.create()
    config.add_cleanup(server.stop)
    home = tempfile.mkdtemp(prefix="tgtui-home-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    isolate_environment(patch, Path(home))


def pytest_collection_finish() -> None:
    """Code and tests live as long as the process: looking through them for garbage is a fifth of a run's work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


def pytest_sessionfinish() -> None:
    """pytest looks for garbage five times at the end, to tell of what was left open: what is still in use needs no
    second look."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are cores: tests wait for programs, servers and screens much of their time."""
    return 2 * (os.cpu_count() or 2)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: tell a worker where the run's server is."""
    node.workerinput["postgres"] = str(node.config.stash[SERVER].folder)


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A command decides where this process logs to; tests after it read the log themselves."""
    log = logging.getLogger("tgtui")
    kept = log.propagate, list(log.handlers), log.level
    yield
    for handler in log.handlers:
        handler.close()
    log.propagate, log.handlers, log.level = kept


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home folder, and an environment without the developer's settings."""
    # Not by `mktemp`, which looks through the folders of every test before.
    home = tmp_path_factory.getbasetemp() / f"home-{next(_homes)}"
    home.mkdir()
    isolate_environment(monkeypatch, home)
    return home


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Only this machine can be reached; an attempt at anything else fails the test."""
    with pytest.MonkeyPatch.context() as patch:
        yield from refuse_network(patch)


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The run's PostgreSQL server, started when the first test needs it."""
    with Databases(request.config.stash[SERVER]) as databases:
        yield databases


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with postgres_databases.fresh() as url:
        yield url


@pytest.fixture
def postgres_template(
    postgres_databases: Databases,
) -> Iterator[Callable[[str, Callable[[str], None]], str]]:
    """`postgres_template(name, prepare)`: the URL of a copy of a database `prepare(url)` filled once."""
    with ExitStack() as copies:

        def copy(name: str, prepare: Callable[[str], None]) -> str:
            template = postgres_databases.template(name, prepare)
            return copies.enter_context(postgres_databases.copy(template))

        yield copy


@pytest.fixture
def sqlite_template(
    request: pytest.FixtureRequest, sqlite_url: str
) -> Callable[[str, Callable[[str], None]], str]:
    """`sqlite_template(name, prepare)`: the URL of a copy of a file `prepare(url)` filled once in the run."""
    server = request.config.stash[SERVER]

    def copy(name: str, prepare: Callable[[str], None]) -> str:
        kept = server.folder / f"{name}.sqlite3"
        with server.lock(kept.name):
            if not kept.exists():
                unfinished = kept.with_suffix(".new")
                unfinished.unlink(missing_ok=True)
                prepare(file_url(unfinished))
                unfinished.rename(kept)
        database = make_url(sqlite_url).database
        assert database is not None
        shutil.copyfile(kept, database)
        return sqlite_url

    return copy


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that does not exist yet, in a folder that does."""
    return file_url(tmp_path / "catalogue.sqlite3")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs twice: on SQLite and on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url
