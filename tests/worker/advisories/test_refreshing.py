"""Sources are asked in batches, only about what may be said; a failure or an odd answer is never taken for clean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.support import rows
from tests.support.advisories import between, record
from tests.support.advisory_server import AdvisoryServer
from tests.support.http_thread import Reply
from tests.worker.advisories.test_importing import affected, known, lib
from tgtui.basics.settings import AdvisorySettings, NpmSettings, PypiSettings, Settings
from tgtui.data.models.advisories import advisories, advisory_checks
from tgtui.data.models.tables import package_versions
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.reading import (
    advisory_detail,
    affected_here,
    source_states,
    standing_of,
)
from tgtui.registries.base import Malformed
from tgtui.registries.pypi.configuration.indexes import IndexConfig
from tgtui.syntax.advisories.evaluation import matcher
from tgtui.syntax.advisories.record import Affected
from tgtui.versions.npm.ranges import satisfies
from tgtui.worker.advisories.npm import ranges_of
from tgtui.worker.advisories.pypi import address_of
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
        pypi=PypiSettings(index=f"{server.url}/simple"),
        advisories=AdvisorySettings(sources=source, osv=server.url, **more),  # type: ignore[arg-type]
    )
    return await Refreshing(database, settings).run()


def forget_checks(database: Database) -> None:
    """The packages are due again."""
    database.write_now(lambda c: c.execute(update(advisory_checks).values(as_of=rows.DAY_ONE)))


def is_checked(connection: Connection, package: UUID) -> bool:
    return standing_of(connection, package, "npm").of("1.0.0").is_checked


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
    forget_checks(database)
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


async def test_what_is_withdrawn_is_not_named_any_more(
    database: Database, server: AdvisoryServer
) -> None:
    """OSV leaves it out of its answers, and still has its record, or not."""
    database.write_now(lib, "1.0.0")
    server.records = {
        "A": record("A", "lib", {"introduced": "0"}),
        "B": record("B", "lib", {"introduced": "0"}),
    }
    await ask(database, server)
    forget_checks(database)
    moment = "2026-02-01T00:00:00Z"
    del server.records["B"]
    server.records["A"] = {**server.records["A"], "withdrawn": moment, "modified": moment}
    await ask(database, server)
    assert database.read_now(affected) == set()
    assert database.read_now(known) == ["A"]


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
        forget_checks(database)
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

    async def test_only_versions_it_was_asked_about_are_checked(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        package = database.write_now(lib, "1.0.0", "2.0.0")
        database.write_now(not_in_use, package, "2.0.0")
        await ask(database, server, "npm")
        standing = database.read_now(standing_of, package, "npm")
        assert standing.of("1.0.0").is_checked
        assert not standing.of("2.0.0").is_checked
        assert "only for some versions" in (standing.of("2.0.0").problem or "")
        await ask(database, server, "osv")
        assert database.read_now(standing_of, package, "npm").of("2.0.0").is_checked

    async def test_an_advisory_about_several_packages_keeps_all_of_them(
        self, database: Database, server: AdvisoryServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They may be asked about in different rounds. What it no longer tells goes."""
        monkeypatch.setattr("tgtui.worker.advisories.refreshing.AT_ONCE", 1)
        for name in ("lib", "other"):
            database.write_now(lib, "1.0.0", name=name)
            url = "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"
            server.told[name] = [{"id": 7, "url": url, "vulnerable_versions": "<2.0.0"}]
        await ask(database, server, "npm")
        assert database.read_now(affected) == {"lib@1.0.0", "other@1.0.0"}
        forget_checks(database)
        assert (await ask(database, server, "npm")).advisories == 0
        forget_checks(database)
        del server.told["lib"]
        await ask(database, server, "npm")
        assert database.read_now(affected) == {"other@1.0.0"}
        forget_checks(database)
        del server.told["other"]
        await ask(database, server, "npm")
        assert database.read_now(known) == []

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


def not_in_use(connection: Connection, package: UUID, version: str) -> None:
    """Its dependencies are not stored, so that no tree has it."""
    v = package_versions.c
    connection.execute(
        update(package_versions)
        .where(v.package_id == package, v.version == version)
        .values(dependencies_fetched_at=None)
    )


class TestPypi:
    """An index tells of single versions, without ranges."""

    FLAW: ClassVar[Any] = {"id": "PYSEC-2026-1", "aliases": ["CVE-1"], "fixed_in": ["2.0"], "details": "Bad.\nVery."}  # fmt: skip

    async def test_each_version_is_asked_about(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        package = database.write_now(lib, "1.0", "1.1", "2.0", "0.9", name="lib", registry="pypi")
        database.write_now(not_in_use, package, "1.1")
        taken_back = {"id": "PYSEC-2026-2", "withdrawn": "2026-02-01T00:00:00Z"}
        server.index |= {("lib", "1.0"): [self.FLAW, taken_back], ("lib", "2.0"): []}
        done = await ask(database, server, "pypi")
        assert (done.asked, done.advisories, done.problems) == (1, 1, ())
        assert database.read_now(affected) == {"lib@1.0"}
        standing = database.read_now(standing_of, package, "pypi")
        checked = {v for v in ("0.9", "1.0", "1.1", "2.0") if standing.of(v).is_checked}
        assert checked == {"1.0", "2.0"}  # 1.1 was not asked about, 0.9 the index does not have
        id = database.read_now(advisory_named, "CVE-1")
        assert id is not None
        (here,) = database.read_now(affected_here, id)
        assert here.fixed_in == "2.0"  # of 1.1 nothing is known
        detail = database.read_now(advisory_detail, id)
        assert detail is not None
        (entry,) = detail.affected
        assert (entry.ranges, entry.versions, entry.fixed) == ((), ("1.0",), ("2.0",))
        forget_checks(database)
        server.index["lib", "1.0"] = []
        await ask(database, server, "pypi")
        assert database.read_now(affected) == set()

    @pytest.mark.parametrize("reply", [None, Reply(503), Reply(body=b"{}"), Reply(404)])
    async def test_a_mirror_that_knows_nothing_says_nothing(
        self, database: Database, server: AdvisoryServer, reply: Reply | None
    ) -> None:
        package = database.write_now(lib, "1.0", registry="pypi")
        server.index = {("lib", "1.0"): [], ("jinja2", "2.4.1"): []}
        server.reply = reply
        done = await ask(database, server, "pypi")
        assert (done.asked, len(done.problems)) == (0, 1)
        assert ("counts for nothing" in done.problems[0]) == (reply != Reply(503))
        assert not database.read_now(standing_of, package, "pypi").of("1.0").is_checked

    async def test_private_names_are_not_sent(
        self, database: Database, server: AdvisoryServer
    ) -> None:
        database.write_now(lib, "1.0", name="acme-lib", registry="pypi")
        done = await ask(database, server, "pypi", private="acme-*")
        assert (done.kept_back, server.names) == (1, [])

    def test_its_address_is_beside_the_index(self) -> None:
        none = AdvisorySettings()

        def of(*indexes: str, is_first_only: bool = False, given: AdvisorySettings = none) -> str:
            return address_of(given, IndexConfig(indexes, is_first_only))

        assert of("https://index.example/simple/") == "https://index.example/pypi"
        assert of("https://x.example/", given=AdvisorySettings(pypi="https://y.example")) == "https://y.example"  # fmt: skip
        with pytest.raises(Malformed, match="its JSON interface is"):
            of("https://index.example/root/dev/")
        with pytest.raises(Malformed, match="several indexes"):
            of("https://a.example/simple/", "https://b.example/simple/", is_first_only=True)
