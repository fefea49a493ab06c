"""Sources are asked in batches, only about what may be said; a failure or an odd answer is never taken for clean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.support import rows
from tests.support.advisories import between, record
from tests.support.advisory_server import AdvisoryServer
from tests.support.http_thread import Reply
from tests.worker.advisories.test_importing import affected, known, lib
from tgtui.basics.settings import AdvisorySettings, NpmSettings, Settings
from tgtui.data.models.advisories import advisories, advisory_checks
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.reading import source_states, standing_of
from tgtui.syntax.advisories.evaluation import matcher
from tgtui.syntax.advisories.record import Affected
from tgtui.versions.npm.ranges import satisfies
from tgtui.worker.advisories.npm import ranges_of
from tgtui.worker.advisories.refreshing import Refreshed, Refreshing
from tgtui.worker.events import Activity
from tgtui.worker.upkeep import Upkeep


@pytest.fixture
def server() -> Iterator[AdvisoryServer]:
    with AdvisoryServer() as server:
        yield server


async def ask(
    database: Database, server: AdvisoryServer, source: str = "osv", **more: str
) -> Refreshed:
    settings = Settings(
        npm=NpmSettings(registry=server.url),
        advisories=AdvisorySettings(sources=source, osv=server.url, **more),  # type: ignore[arg-type]
    )
    return await Refreshing(database, settings).run()


def is_checked(connection: Connection, package: UUID) -> bool:
    return standing_of(connection, package, "npm").is_checked


async def test_osv_is_asked_once_and_for_what_is_new(
    database: Database, server: AdvisoryServer
) -> None:
    package = database.write_now(lib, "1.0.0", "2.0.0")
    other = database.write_now(lib, "1.0.0", name="other")
    server.records = {"A": record("A", "lib", *between("0", "2.0.0"))}
    done = await ask(database, server)
    assert (done.asked, done.advisories, done.problems) == (2, 1, ())
    assert database.read_now(affected) == {"lib@1.0.0"}
    assert database.read_now(is_checked, package)
    assert database.read_now(is_checked, other)  # nothing is known of it, and somebody looked
    assert (await ask(database, server)).asked == 0
    database.write_now(lambda c: c.execute(update(advisory_checks).values(as_of=rows.DAY_ONE)))
    server.records["B"] = record("B", "lib", {"introduced": "2.0.0"})
    assert (await ask(database, server)).advisories == 1
    assert server.asked == ["A", "B"]
    assert database.read_now(affected) == {"lib@1.0.0", "lib@2.0.0"}


async def test_pages_are_read_to_the_end(database: Database, server: AdvisoryServer) -> None:
    database.write_now(lib, "1.0.0")
    server.page = 2
    server.records = {f"A{n}": record(f"A{n}", "lib", {"introduced": "0"}) for n in range(5)}
    await ask(database, server)
    assert database.read_now(known) == [f"A{n}" for n in range(5)]


@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(body=b"<html>"),
        Reply(body=b"{}"),
        Reply(body=b'{"results": []}'),
        Reply(drop=True),
        Reply(429, headers={"Retry-After": "1"}),
    ],
)
@pytest.mark.parametrize("source", ["osv", "npm"])
async def test_what_is_no_answer_leaves_it_unchecked(
    database: Database, server: AdvisoryServer, reply: Reply, source: str
) -> None:
    package = database.write_now(lib, "1.0.0")
    server.reply = reply
    done = await ask(database, server, source)
    assert (done.asked, len(done.problems)) == (0, 1)
    assert not database.read_now(is_checked, package)
    (state,) = [each for each in database.read_now(source_states) if each.ecosystem == "npm"]
    assert state.problem == done.problems[0]
    server.reply = None
    assert (await ask(database, server, source)).asked == 1
    assert database.read_now(is_checked, package)


async def test_a_record_that_cant_be_read_leaves_its_package_unchecked(
    database: Database, server: AdvisoryServer
) -> None:
    package, other = database.write_now(lib, "1.0.0"), database.write_now(lib, "1.0.0", name="b")
    bad = record("A", "lib", {"introduced": "0"})
    bad["affected"][0]["versions"] = 3
    server.records = {"A": bad, "B": record("B", "b", {"introduced": "0"})}
    await ask(database, server)
    assert database.read_now(known) == ["B"]
    assert not database.read_now(is_checked, package)
    assert database.read_now(is_checked, other)


async def test_a_worker_asks_by_itself(database: Database, server: AdvisoryServer) -> None:
    database.write_now(lib, "1.0.0")
    server.records = {"MAL-1": record("MAL-1", "lib", {"introduced": "0"})}
    settings = Settings(
        npm=NpmSettings(registry=server.url),
        advisories=AdvisorySettings(sources="osv", osv=server.url),
    )
    nothing = cast(Any, None)
    await Upkeep(database, Activity(), nothing, nothing, settings).refresh_advisories()
    assert database.read_now(affected) == {"lib@1.0.0"}


async def test_private_names_stay_here(
    database: Database, server: AdvisoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lib", "@acme/a", "@own/b", "internal-c"):
        database.write_now(lib, "1.0.0", name=name)
    monkeypatch.setenv("npm_config_@own:registry", "https://registry.example/")
    for source in ("osv", "npm"):
        done = await ask(database, server, source, private="@acme/* internal-*")
        assert (done.asked, done.kept_back) == (1, 3)
    assert set(server.names) == {"lib", "minimist"}


class TestNpm:
    async def test_its_answers_are_judged_for_all_versions(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        database.write_now(lib, "1.0.0", "1.2.0", "2.0.0-beta.1", "2.0.0")
        server.told["lib"] = [
            {
                "id": 7,
                "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
                "title": "Bad",
                "severity": "critical",
                "vulnerable_versions": ">1.0.0 <2.0.0",
            }
        ]
        server.says_gzip = False
        await ask(database, server, "npm")
        assert database.read_now(affected) == {"lib@1.2.0", "lib@2.0.0-beta.1"}
        assert database.read_now(known) == ["GHSA-aaaa-bbbb-cccc"]

    async def test_it_replaces_nobody_elses_words(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        database.write_now(lib, "1.0.0")
        id = "GHSA-aaaa-bbbb-cccc"
        server.records = {id: record(id, "lib", {"introduced": "0"})}
        server.told["lib"] = [{"id": 7, "url": f"https://github.com/advisories/{id}", "title": "X"}]
        await ask(database, server, "npm")
        await ask(database, server, "osv")
        database.write_now(lambda c: c.execute(update(advisory_checks).values(as_of=rows.DAY_ONE)))
        await ask(database, server, "npm")

        def told(connection: Connection) -> list[tuple[str, str | None]]:
            found = connection.execute(select(advisories.c.source, advisories.c.summary))
            return [(row[0], row[1]) for row in found]

        assert database.read_now(told) == [("osv", f"About {id}")]

    async def test_a_registry_that_does_not_offer_it(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        package = database.write_now(lib, "1.0.0")
        server.reply = Reply(405)
        done = await ask(database, server, "npm")
        assert "405" in done.problems[0]
        assert not database.read_now(is_checked, package)

    @pytest.mark.parametrize(
        "text",
        ["<1.2.3", "<=1.2.3", ">1.0.0 <=1.2.3", ">=1.0.0-rc.1 <2", "*", "^1.2.0 || >2.0.0-beta", "1.2.3"],
    )  # fmt: skip
    def test_ranges_as_events_admit_the_same(self, text: str) -> None:
        test = matcher("npm", [Affected(ranges=ranges_of(text))])
        for version in (
            "0.0.0", "0.9.9", "1.0.0-alpha", "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1", "1.2.0",
            "1.2.3-beta", "1.2.3", "1.2.4-0", "1.2.4", "2.0.0-alpha", "2.0.0-beta", "2.0.0-beta.0",
            "2.0.0-beta.1", "2.0.0", "3.0.0",
        ):  # fmt: skip
            expected = satisfies(version, text, include_prerelease=True)
            assert test(version) == expected, (text, version)
