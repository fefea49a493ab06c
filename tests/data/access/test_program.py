"""The program itself as each role, on a database that guards itself: it does what it offers, without a complaint."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.apt_archive import stanza
from tests.support.fake_registry import FakeRegistry
from tests.support.team import LOGINS, Team
from tests.worker.imports.test_importing import Make, bring, index_of  # noqa: F401 - a fixture
from tgtui.basics.settings import NpmSettings, Settings
from tgtui.cli.asking.following import follow
from tgtui.data.access.limits import RequestRefused
from tgtui.data.graph.reach import closure_of
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.requests.cancelling import NotYourChain
from tgtui.data.requests.health import prune_history
from tgtui.data.requests.lists import chain_members, chains_page
from tgtui.data.search.results import search_packages
from tgtui.data.tags.reading import list_tags, tags_of
from tgtui.data.upkeep.status import catalogue_counts
from tgtui.identity.roles import NotAllowed
from tgtui.services.catalogue import Catalogue
from tgtui.syntax.query import parse_search
from tgtui.syntax.tag import TagDraft

ROLES = {
    "owner": {"anonymous", "authenticated", "admin", "worker"},
    "cleo": {"anonymous", "authenticated", "admin"},
    "ada": {"anonymous", "authenticated"},
    "guest": {"anonymous"},
    "wren": {"anonymous", "worker"},
}


class Office:
    """Opens the catalogue for the people of a team."""

    def __init__(self, team: Team, registry: FakeRegistry, folder: Path) -> None:
        self.team = team
        self._registry = registry
        self._folder = folder

    def settings(self, login: str) -> Settings:
        return Settings(
            database_url=self.team.url(login),
            data_dir=str(self._folder / login),
            npm=NpmSettings(registry=self._registry.url),
        )

    @asynccontextmanager
    async def open(self, login: str) -> AsyncIterator[Catalogue]:
        catalogue = await Catalogue.open(self.settings(login))
        try:
            yield catalogue
        finally:
            await catalogue.close()

    async def work(self) -> None:
        """As `tgtui worker --once` does."""
        async with self.open("wren") as catalogue:
            await catalogue.new_worker().run(until_empty=True)


@pytest.fixture
def office(
    team: Team, fake_registry: FakeRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Office]:
    """The test fails where anything was logged that somebody should look at."""
    fake_registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    fake_registry.add_package("b", {"1.0.0": {}, "1.1.0": {}})
    with caplog.at_level(logging.WARNING):
        yield Office(team, fake_registry, tmp_path)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize("login", ROLES)
async def test_roles_are_what_the_database_says(office: Office, login: str) -> None:
    async with office.open(login) as catalogue:
        principal = catalogue.principal
        assert principal.roles == ROLES[login]
        assert (principal.account_id is not None) == principal.can("authenticated")
        assert principal.display_name == office.team.name(login)


@pytest.mark.parametrize("login", ROLES)
async def test_everybody_searches_reads_and_walks(office: Office, login: str) -> None:
    async with office.open("ada") as catalogue:
        await catalogue.requesting.ask("npm:a")
    await office.work()
    async with office.open(login) as catalogue:
        read = catalogue.database.read
        for text in (
            "a",
            "",
            "tag:frontend",
            "status:failed",
            "dep:b",
            "-is:deprecated sort:popular",
        ):
            await read(search_packages, parse_search(text))
        similar = await read(search_packages, parse_search("a"))
        assert [row.name for row in similar.rows] == ["a"]
        package_id = await read(find_package, "npm", "a")
        assert package_id is not None
        detail = await read(package_detail, package_id)
        assert detail is not None
        assert detail.state == "ready"
        assert detail.latest is not None
        assert len((await read(closure_of, detail.latest.id)).loaded) == 2
        await read(tags_of, [package_id])
        await read(list_tags)
        counts = await read(catalogue_counts)
        assert counts["packages"] == 2
        await catalogue.requesting.queue()
        await catalogue.searches.own()
        await catalogue.requesting.open_package("npm", "a")
        catalogue.tending.note("view", package_id)


class TestAMember:
    async def test_asks_and_follows_what_the_service_works_on(self, office: Office) -> None:
        async with office.open("ada") as ada:
            asked = await ada.requesting.ask("npm:a")
            queue = await ada.requesting.queue()
            assert (queue.whose, queue.counts.pending) == ("own", 1)
            await office.work()
            done = await follow(
                ada.database,
                ada.changes,
                ada.activity.settled,
                asked.request_id,
                lambda progress: None,
                account_id=ada.principal.account_id,
            )
            assert (done.is_done, done.total, done.shortfalls) == (True, 2, ())
            (chain,) = (
                await ada.database.read(chains_page, account_id=ada.principal.account_id)
            ).rows
            assert (chain.total, chain.completed) == (2, 2)
            assert len(await ada.database.read(chain_members, asked.request_id)) == 1
            assert len(await ada.requesting.history("npm", "a", limit=10)) == 1

    async def test_loads_a_version_it_opens(self, office: Office) -> None:
        async with office.open("ada") as ada:
            await ada.requesting.ask("npm:b")
            await office.work()
            found = await ada.database.read(search_packages, parse_search("b"))
            detail = await ada.database.read(package_detail, found.rows[0].id)
            assert detail is not None
            old = office.team.read(
                "ada", "SELECT id FROM package_versions WHERE version = '1.0.0'"
            )[0]
            await ada.requesting.want_version(old)
            await office.work()
            loaded = "SELECT dependencies_fetched_at IS NOT NULL FROM package_versions"
            assert office.team.read("ada", loaded) == [True, True]

    async def test_keeps_searches_and_counts_for_popularity(self, office: Office) -> None:
        async with office.open("ada") as ada:
            await ada.requesting.ask("npm:b")
            await office.work()
            package_id = await ada.database.read(find_package, "npm", "b")
            assert package_id is not None
            ada.tending.note("view", package_id)
            await ada.searches.save("mine", "react")
            assert [kept.name for kept in await ada.searches.own()] == ["mine"]
            assert await ada.searches.forget("mine")
        noted = "SELECT kind FROM package_interactions ORDER BY kind"
        assert office.team.read("ada", noted) == ["request", "view"]
        async with office.open("wren"):
            pass  # counts what others did as it closes
        assert office.team.read("guest", "SELECT uses FROM package_search") == [2]

    async def test_sees_retries_and_cancels_only_its_own(self, office: Office) -> None:
        async with office.open("bob") as bob:
            his = (await bob.requesting.ask("npm:a")).request_id
            assert (await bob.requesting.queue()).counts.pending == 1
        async with office.open("ada") as ada:
            assert (await ada.requesting.queue()).counts.pending == 0
            assert await ada.requesting.history("npm", "a", limit=10) == []
            for attempt in (ada.requesting.retry(his), ada.requesting.cancel(his)):
                with pytest.raises(RequestRefused, match="belongs to another person"):
                    await attempt
            with pytest.raises(NotYourChain):
                await ada.requesting.cancel_chain(his)
            assert not (await ada.requesting.ask("npm:a")).is_new
            assert (await ada.requesting.queue()).counts.pending == 1
            assert not await ada.requesting.cancel(his)
            assert (await ada.requesting.queue()).counts.pending == 0

    async def test_is_told_of_its_limit_in_words(self, office: Office) -> None:
        async with office.open("ada") as ada:
            for name in ("x", "y", "z"):
                await ada.requesting.ask(f"npm:{name}")
            with pytest.raises(RequestRefused, match="the limit is 3; ask again after"):
                await ada.requesting.ask("npm:w")
            await ada.requesting.ask("npm:x")

    async def test_neither_forces_nor_works(self, office: Office) -> None:
        async with office.open("ada") as ada:
            with pytest.raises(NotAllowed):
                await ada.requesting.ask("npm:a", force=True)
            with pytest.raises(NotAllowed):
                await ada.curating.change_tags([], add=[], remove=[])
            with pytest.raises(NotAllowed):
                ada.import_index("apt")
            assert not ada.principal.can("worker")


async def test_an_admin_sees_all_and_forces(office: Office) -> None:
    async with office.open("ada") as ada:
        hers = (await ada.requesting.ask("npm:a")).request_id
        await office.work()
    async with office.open("cleo") as cleo:
        assert [row.id for row in await cleo.requesting.history("npm", "a", limit=10)] == [hers]
        (chain,) = (await cleo.database.read(chains_page)).rows
        assert chain.root.requested_by == office.team.name("ada")
        assert (await cleo.requesting.ask("npm:a", force=True)).is_new
        assert (await cleo.requesting.queue()).counts.pending == 1
        assert (
            await cleo.requesting.cancel_chain((await cleo.requesting.ask("npm:a")).chain_id)
        ).ended == 1
        package_id = await cleo.database.read(find_package, "npm", "a")
        tag = (await cleo.curating.create_tag(TagDraft("Shiny"))).id
        assert package_id is not None
        tagged = await cleo.curating.change_tags([package_id], add=[tag], remove=[])
        assert tagged.changed == 1
        assert (await cleo.curating.change_tags([package_id], add=[], remove=[tag])).changed == 1


async def test_a_guest_asks_for_nothing(office: Office) -> None:
    async with office.open("guest") as guest:
        assert (await guest.requesting.queue()).whose == "nobody"
        assert await guest.requesting.history("npm", "a", limit=10) == []
        with pytest.raises(NotAllowed):
            await guest.requesting.ask("npm:a")
        with pytest.raises(NotAllowed):
            await guest.searches.save("x", "y")


class TestAWorker:
    async def test_works_through_failures_and_outages(
        self, office: Office, fake_registry: FakeRegistry
    ) -> None:
        async with office.open("ada") as ada:
            await ada.requesting.ask("npm:a")
            gone = (await ada.requesting.ask("npm:gone")).request_id
            await office.work()
            with pytest.raises(RequestRefused, match="is not asked again before"):
                await ada.requesting.retry(gone)
            assert (await ada.requesting.queue()).counts.failed == 1
        async with office.open("wren") as wren:
            assert (await wren.requesting.queue()).whose == "everybody"
        assert office.team.read("wren", "SELECT * FROM package_search_stale") == []

    async def test_forgets_old_history(self, office: Office) -> None:
        async with office.open("ada") as ada:
            await ada.requesting.ask("npm:b")
            await office.work()
        async with office.open("wren") as wren:
            assert await wren.database.write(prune_history, days=-1)
        assert office.team.read("owner", "SELECT * FROM package_requests") == []

    async def test_imports_a_whole_index(self, office: Office, index_of: Make) -> None:  # noqa: F811
        garden = (stanza("shed", "1.0", Depends="rake"), stanza("rake", "1.5"))
        database = office.team.open("wren")
        try:
            assert bring(database, index_of(*garden)).packages == 2
            assert bring(database, index_of(*garden, digest="two")).changed == 0
        finally:
            database.close()
        assert len(office.team.read("guest", "SELECT * FROM package_search")) == 2


def test_the_logins_here_are_those_of_the_team() -> None:
    assert set(ROLES) <= set(LOGINS)
