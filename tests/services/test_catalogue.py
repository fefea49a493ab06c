"""The composition root: opened it is migrated, filled once and knows who is there; what it can't do is a sentence."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from tests.support.apart import told_apart
from tests.support.fake_registry import FakeRegistry
from tests.support.working import PACKAGES, REQUESTS, VERSIONS
from tgtui.basics.errors import DatabaseError, UsageError
from tgtui.basics.settings import NpmSettings, Settings
from tgtui.data.access.limits import RequestRefused
from tgtui.data.models.tables import package_request_chains, package_tags, tags
from tgtui.data.requests.lists import chain_row
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import seeds
from tgtui.data.upkeep.migrate import upgrade
from tgtui.services.catalogue import Catalogue
from tgtui.services.opening import prepare_database
from tgtui.services.requests import AskedFor
from tgtui.syntax.reference import parse_reference

pytestmark = pytest.mark.full_on("postgresql")

WAIT_S = 60.0


@pytest.fixture
def settings(database_url: str, fake_registry: FakeRegistry, tmp_path: Path) -> Settings:
    """Of a database that is empty, or not there yet, and the fake registry."""
    return Settings(
        database_url=database_url,
        data_dir=str(tmp_path / "home"),
        npm=NpmSettings(registry=fake_registry.url),
    )


@pytest.fixture
async def catalogue(settings: Settings) -> AsyncIterator[Catalogue]:
    opened = await Catalogue.open(settings)
    yield opened
    await opened.close()


async def rows(catalogue: Catalogue, table: Any) -> list[Any]:
    return list(await catalogue.database.read(lambda s: s.execute(table.select()).all()))


async def cancel_seeds(catalogue: Catalogue) -> None:
    await catalogue.database.write(
        lambda s: s.execute(REQUESTS.update().values(status="cancelled"))
    )


async def until(catalogue: Catalogue, name: str, status: str) -> Any:
    """The newest request for a package once it has that status."""
    changed = asyncio.Event()
    ends = [catalogue.activity.subscribe(changed.set), catalogue.changes.subscribe(changed.set)]
    async with asyncio.timeout(WAIT_S):
        while True:
            found = [r for r in await rows(catalogue, REQUESTS) if r.package_name == name]
            newest = max(found, key=lambda row: row.id, default=None)
            if newest is not None and newest.status == status:
                break
            await changed.wait()
            changed.clear()
    for end in ends:
        end()
    return newest


async def test_opened_for_the_first_time_it_is_migrated_and_filled(catalogue: Catalogue) -> None:
    packages = await rows(catalogue, PACKAGES)
    assert {"react", "vue", "express", "hono"} <= {row.name for row in packages}
    assert len(packages) >= 4 + 12
    assert {row.last_fetch_success for row in packages} == {None}
    requests = await rows(catalogue, REQUESTS)
    assert sorted(row.package_name for row in requests) == sorted(row.name for row in packages)
    assert {(row.status, row.is_auto_queued) for row in requests} == {("pending", False)}
    chains = await rows(catalogue, package_request_chains)
    assert {row.id for row in chains} == {row.id for row in requests}
    names = {row.name for row in await rows(catalogue, tags)}
    assert {"frontend", "backend", "database", "testing", "devops"} <= names
    tagged = {row.package_id for row in await rows(catalogue, package_tags)}
    assert tagged == {row.id for row in packages}


def test_the_first_packages_have_names_their_registry_accepts_and_tags_that_exist() -> None:
    names = [name for name, _tags in seeds.PACKAGES]
    assert len(names) == len(set(names))
    assert {parse_reference(name).registry for name in names} == {"npm", "pypi"}
    known = {name for name, _color, _description in seeds.TAGS}
    assert {tag for _name, tags in seeds.PACKAGES for tag in tags} == known


async def test_opened_again_it_is_filled_no_second_time(settings: Settings) -> None:
    for _ in range(2):
        opened = await Catalogue.open(settings)
        assert len(await rows(opened, PACKAGES)) == len(seeds.PACKAGES)
        assert len(await rows(opened, REQUESTS)) == len(seeds.PACKAGES)
        await opened.close()


async def test_several_that_open_at_once_fill_it_once(settings: Settings) -> None:
    opened = await asyncio.gather(*(Catalogue.open(settings) for _ in range(3)))
    assert len(await rows(opened[0], PACKAGES)) == len(seeds.PACKAGES)
    assert len(await rows(opened[0], REQUESTS)) == len(seeds.PACKAGES)
    assert len({one.principal.account_id for one in opened}) == 1
    for one in opened:
        await one.close()


async def test_a_program_that_ended_between_migrating_and_filling_is_made_up_for(
    settings: Settings, database_url: str
) -> None:
    engine = open_engine(parse_url(database_url))
    upgrade(engine)
    engine.dispose()
    opened = await Catalogue.open(settings)
    assert len(await rows(opened, PACKAGES)) == len(seeds.PACKAGES)
    await opened.close()


async def test_whoever_opens_it_has_an_account_and_may_everything(catalogue: Catalogue) -> None:
    principal = catalogue.principal
    assert principal.can("authenticated")
    assert principal.can("admin")
    assert principal.display_name


async def test_asking_and_working_fills_it(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    await cancel_seeds(catalogue)
    fake_registry.add_package("a", {"0.9.0": {}, "1.0.0": {"dependencies": {"@s/b": "^1"}}})
    fake_registry.add_package("@s/b")
    catalogue.start_worker()
    assert catalogue.start_worker() is catalogue.start_worker()
    asked = await catalogue.requesting.ask("pkg:npm/a")
    assert asked.is_new
    await until(catalogue, "@s/b", "completed")
    versions = {row.version: row for row in await rows(catalogue, VERSIONS)}
    assert versions["1.0.0"].dependencies_fetched_at is not None
    with pytest.raises(RequestRefused, match="can be fetched again after"):
        await catalogue.requesting.refresh("npm", "a")
    again = await catalogue.requesting.refresh("npm", "a", force=True)
    assert again.is_new
    await until(catalogue, "a", "completed")
    assert len(fake_registry.requests_for("a")) == 2


async def test_a_name_npm_would_not_accept_is_refused_before_anything_happens(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    before = len(await rows(catalogue, REQUESTS))
    with pytest.raises(UsageError, match="npm would not accept"):
        await catalogue.requesting.ask("npm:Not A Name")
    assert len(await rows(catalogue, REQUESTS)) == before
    assert fake_registry.requests == []


async def test_a_failed_request_can_be_tried_again_and_a_pending_one_cancelled(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    await cancel_seeds(catalogue)
    asked = await catalogue.requesting.ask("a")
    await catalogue.new_worker().run(until_empty=True)
    failed = await until(catalogue, "a", "failed")
    assert failed.id == asked.request_id
    fake_registry.add_package("a")
    retried = await catalogue.requesting.retry(asked.request_id)
    await catalogue.new_worker().run(until_empty=True)
    assert (await until(catalogue, "a", "completed")).id == retried.request_id
    pending = await catalogue.requesting.ask("b")
    await catalogue.requesting.cancel(pending.request_id)
    await until(catalogue, "b", "cancelled")
    with pytest.raises(RequestRefused, match="nothing to cancel"):
        await catalogue.requesting.cancel(pending.request_id)
    c = await catalogue.requesting.ask("c")
    assert (await catalogue.requesting.cancel_chain(c.chain_id)).ended == 1


async def test_several_are_asked_for_as_one_chain_and_what_failed_of_it_is_tried_again(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    await cancel_seeds(catalogue)
    fake_registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    fake_registry.add_package("b")
    asked, late = await catalogue.requesting.ask_all(["a", "late"])
    assert isinstance(asked, AskedFor)
    assert isinstance(late, AskedFor)
    await catalogue.new_worker().run(until_empty=True)
    chain = await catalogue.database.read(chain_row, asked.chain_id)
    assert chain is not None
    assert (chain.roots, chain.total, chain.completed, chain.failed) == (2, 3, 2, 1)
    fake_registry.add_package("late")
    assert (await catalogue.requesting.retry(asked.request_id)).queued == 1
    await catalogue.new_worker().run(until_empty=True)
    chain = await catalogue.database.read(chain_row, asked.chain_id)
    assert chain is not None
    assert (chain.completed, chain.failed, chain.is_settled) == (3, 0, True)


async def test_a_version_that_is_opened_is_loaded_next(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    await cancel_seeds(catalogue)
    fake_registry.add_package("a", ["1.0.0", "2.0.0"])
    await catalogue.requesting.ask("a")
    await catalogue.new_worker().run(until_empty=True)
    versions = {row.version: row for row in await rows(catalogue, VERSIONS)}
    await catalogue.requesting.want_version(versions["1.0.0"].id)
    await catalogue.requesting.open_package("npm", "a")
    await catalogue.new_worker().run(until_empty=True)
    versions = {row.version: row for row in await rows(catalogue, VERSIONS)}
    assert versions["1.0.0"].dependencies_fetched_at is not None


async def test_offline_the_first_packages_wait_and_nothing_fails(
    settings: Settings, fake_registry: FakeRegistry
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    offline = msgspec.structs.replace(
        settings, npm=NpmSettings(registry=f"http://127.0.0.1:{port}/")
    )
    opened = await Catalogue.open(offline)
    await opened.new_worker().run(until_empty=True)
    requests = await rows(opened, REQUESTS)
    assert {row.status for row in requests} == {"pending"}
    assert {row.attempt_count for row in requests} == {0}
    (outage,) = [each for each in opened.activity.outages.values() if each.registry == "npm"]
    assert (outage.registry, outage.host) == ("npm", f"http://127.0.0.1:{port}")
    assert "can't be reached" in outage.reason
    said = [row.error_message for row in requests if row.error_message]
    assert said
    assert all("can't be reached" in message for message in said)
    await opened.close()


async def test_no_more_connections_are_opened_than_the_settings_say(
    settings: Settings, fake_registry: FakeRegistry
) -> None:
    names = [f"p{number}" for number in range(12)]
    for name in names:
        fake_registry.add_package(name)
    one = msgspec.structs.replace(settings.npm, connections=1)
    catalogue = await Catalogue.open(msgspec.structs.replace(settings, npm=one))
    npm = catalogue.registries.get("npm")
    await asyncio.gather(*(npm.fetch(name, max_age=0) for name in names))
    await catalogue.close()
    assert len(fake_registry.requests) == len(names)
    assert fake_registry.connections == 1


async def test_a_wrong_registry_address_is_said_and_nothing_fails(settings: Settings) -> None:
    wrong = msgspec.structs.replace(settings, npm=NpmSettings(registry="ftp://nowhere"))
    opened = await Catalogue.open(wrong)
    await opened.new_worker().run(until_empty=True)
    assert {row.status for row in await rows(opened, REQUESTS)} == {"pending"}
    (outage,) = [each for each in opened.activity.outages.values() if each.registry == "npm"]
    assert "is not an https" in outage.reason
    await opened.close()


async def test_closing_while_work_is_under_way_hands_it_back(
    settings: Settings, fake_registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgtui.worker.runner.STOP_GRACE_S", 0.01)
    opened = await Catalogue.open(settings)
    await cancel_seeds(opened)
    fake_registry.add_package("stuck")
    gate = fake_registry.hang("stuck")
    await opened.requesting.ask("stuck")
    opened.start_worker()
    await gate.arrived()
    await asyncio.wait_for(opened.close(), WAIT_S)
    again = await Catalogue.open(settings)
    (request,) = [row for row in await rows(again, REQUESTS) if row.package_name == "stuck"]
    assert (request.status, request.attempt_count) == ("pending", 0)
    gate.open()
    await again.close()


async def test_the_worker_begins_after_what_comes_first(
    catalogue: Catalogue, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("a")
    await cancel_seeds(catalogue)
    await catalogue.requesting.ask("a")
    before: list[int] = []

    async def after() -> None:
        before.append(len(fake_registry.requests))

    catalogue.start_worker(after=after)
    await until(catalogue, "a", "completed")
    assert before == [0]


@pytest.mark.parametrize("is_left", [False, True])
async def test_what_comes_first_holds_up_neither_the_worker_nor_the_end(
    settings: Settings,
    fake_registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
    is_left: bool,
) -> None:
    monkeypatch.setattr("tgtui.worker.runner.AFTER_S", WAIT_S if is_left else 0.01)
    fake_registry.add_package("a")
    opened = await Catalogue.open(settings)
    await cancel_seeds(opened)
    await opened.requesting.ask("a")
    begun, never = asyncio.Event(), asyncio.Event()

    async def after() -> None:
        begun.set()
        await never.wait()

    opened.start_worker(after=after)
    await begun.wait()
    if not is_left:
        await until(opened, "a", "completed")
    await asyncio.wait_for(opened.close(), WAIT_S)
    assert bool(fake_registry.requests) is not is_left


async def test_a_worker_that_broke_down_is_logged_and_everything_else_closed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise LookupError("a bug in the claim")

    opened = await Catalogue.open(settings)
    monkeypatch.setattr("tgtui.worker.runner.Worker._start_due", broken)
    opened.start_worker()
    assert opened.working is not None
    await asyncio.wait([opened.working], timeout=WAIT_S)
    assert not opened.activity.is_running
    await opened.close()
    assert "a bug in the claim" in caplog.text


async def test_closing_what_never_worked_is_quiet(settings: Settings) -> None:
    await (await Catalogue.open(settings)).close()


async def test_a_database_newer_than_the_program_is_refused_with_what_to_do(
    settings: Settings, database_url: str
) -> None:
    opened = await Catalogue.open(settings)
    await opened.close()
    database = Database(open_engine(parse_url(database_url)))
    database.write_now(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(DatabaseError, match=r"newer than this tgtui.*update tgtui"):
        await Catalogue.open(settings)


async def test_an_unreachable_server_is_a_sentence(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    away = msgspec.structs.replace(
        settings, database_url=f"postgresql://nobody@127.0.0.1:{port}/nothing"
    )
    with pytest.raises(DatabaseError, match=r"can't be reached: .*Check TGTUI_DATABASE_URL"):
        await Catalogue.open(away)


OPEN = """
import asyncio, json, os, sys
import sqlalchemy.dialects.sqlite
from tgtui.services.catalogue import Catalogue
from tgtui.basics.errors import TgtuiError
from tgtui.basics.settings import Settings
if os.geteuid() == 0:  # to whom every folder is open; what is imported lazily need not be readable
    os.setgid(65534); os.setuid(65534)
async def main():
    try:
        await (await Catalogue.open(Settings(data_dir=sys.argv[1]))).close()
    except TgtuiError as error:
        print(json.dumps([type(error).__name__, str(error)]))
asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="folders have other permissions there")
@pytest.mark.parametrize("what", ["missing below", "empty"])
def test_a_folder_that_can_not_be_written_is_a_sentence(what: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tgtui-closed-", dir="/tmp"))
    try:
        folder.chmod(0o555)
        data = folder / "data" if what == "missing below" else folder
        kind, sentence = told_apart(OPEN, str(data))
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert kind in {"DatabaseError", "DatabaseReadOnly"}
    assert "TGTUI_DATA_DIR" in sentence


READ = """
import asyncio, json, os, resource, sys
import sqlalchemy.dialects.sqlite
from sqlalchemy import text
from tgtui.basics.settings import Settings
from tgtui.screens.base.status import queue_state
from tgtui.services.catalogue import Catalogue
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
async def main():
    catalogue = await Catalogue.open(Settings(data_dir=sys.argv[1]))
    catalogue.start_worker()
    queue = await catalogue.requesting.queue()
    note = queue_state(catalogue, queue, None).note
    found = len(await catalogue.database.read(lambda s: s.execute(text("SELECT 1 FROM packages")).all()))
    try:
        await catalogue.requesting.ask("npm:zzz")
    except Exception as error:
        refused = type(error).__name__, str(error)
    await catalogue.close()
    print(json.dumps([note, found, refused]))
asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="folders have other permissions there")
def test_a_catalogue_that_can_only_be_read_opens_and_says_so() -> None:
    """Another user's, in a folder that can't be written: no file beside the catalogue can be made."""
    folder = Path(tempfile.mkdtemp(prefix="tgtui-closed-", dir="/tmp"))
    try:
        prepare_database(Settings(data_dir=str(folder))).database.close()
        (folder / "catalogue.sqlite3").chmod(0o444)
        folder.chmod(0o555)
        note, packages, refused = told_apart(READ, str(folder))
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert "you have no permission" in note
    assert note.endswith("The catalogue can be read, not changed.")
    assert packages == len(seeds.PACKAGES)
    assert "you have no permission" in refused[1]
