"""apt: what is read of a repository, and when the network is asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.apt_archive import COMPRESS, archive, packages, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.base import NotFound, Unreachable


class TestReading:
    async def test_a_package_with_its_suite_and_text(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(
            packages(
                stanza("rake", "1:2.0-1", Description="a tool", Homepage="https://rake.example/")
            )
        )
        async with adapter(mirror, tmp_path) as apt:
            fetched = await apt.fetch("rake", max_age=3600)
            document = fetched.document
            assert (document.name, document.description) == ("rake", "a tool")
            assert document.homepage == "https://rake.example/"
            assert [v.version for v in document.versions] == ["1:2.0-1"]
            assert document.dist_tags == {"garden": "1:2.0-1"}
            assert not fetched.from_cache

    @pytest.mark.parametrize("ending", COMPRESS)
    async def test_every_compression(self, mirror: FileServer, tmp_path: Path, ending: str) -> None:
        mirror.files = archive(packages(stanza("rake")), ending=ending)
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1

    async def test_within_the_interval_nothing_is_asked(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake"), stanza("handle")))
        clock = Clock()
        async with adapter(mirror, tmp_path, clock=clock) as apt:
            await apt.fetch("rake", max_age=1)
            mirror.asked()
            clock.now += timedelta(hours=11)
            assert (await apt.fetch("handle", max_age=1)).from_cache
            assert mirror.asked() == []

    async def test_another_program_uses_the_same_index(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake")))
        async with adapter(mirror, tmp_path) as apt:
            await apt.index(max_age=0)
        mirror.asked()
        async with adapter(mirror, tmp_path) as other:
            assert len(await other.index(max_age=1)) == 1
        assert mirror.asked() == []

    async def test_after_the_interval_an_unchanged_suite_costs_one_conditional_request(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake")))
        clock = Clock()
        async with adapter(mirror, tmp_path, clock=clock) as apt:
            first = await apt.index(max_age=0)
            mirror.asked()
            clock.now += timedelta(hours=13)
            again = await apt.index(max_age=1)
            assert mirror.asked() == ["/debian/dists/garden/InRelease"]
            assert again.digest == first.digest
            assert again.confirmed_at > first.confirmed_at

    async def test_without_validators_an_unchanged_suite_is_recognised(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.use_etag = False
        mirror.files = archive(packages(stanza("rake")))
        async with adapter(mirror, tmp_path) as apt:
            await apt.index(max_age=0)
            mirror.asked()
            await apt.index(max_age=0)
            assert mirror.asked() == ["/debian/dists/garden/InRelease"]

    async def test_offline_an_index_that_is_there_is_used_unless_the_network_is_asked_for(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake")))
        clock = Clock()
        async with adapter(mirror, tmp_path, clock=clock) as apt:
            await apt.index(max_age=0)
            mirror.is_down = True
            clock.now += timedelta(days=3)
            assert len(await apt.index(max_age=1)) == 1
            with pytest.raises(Unreachable):
                await apt.index(max_age=0)

    async def test_several_suites_make_one_index_and_a_held_back_one_waits(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake", "1.0"), stanza("hoe", "1.0")))
        mirror.files |= archive(packages(stanza("rake", "1.1")), suite="garden-updates")
        mirror.files |= archive(
            packages(stanza("hoe", "2.0")), suite="garden-backports", NotAutomatic="yes"
        )
        lines = [
            f"deb [trusted=yes] {mirror.url}/debian {suite} main"
            for suite in ("garden", "garden-updates", "garden-backports")
        ]
        apt = AptAdapter(AptSettings(sources=lines, architectures="amd64"), tmp_path, now=Clock())
        rake = (await apt.fetch("rake", max_age=0)).document
        assert rake.dist_tags == {"garden": "1.0", "garden-updates": "1.1"}
        hoe = (await apt.fetch("hoe", max_age=1)).document
        assert hoe.dist_tags == {"garden": "1.0", "garden-backports": "2.0", "latest": "1.0"}
        await apt.aclose()

    async def test_not_found_says_where_and_who_provides_it(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("exim", Provides="mail-agent")))
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(NotFound, match="is not in garden"):
                await apt.fetch("rake", max_age=0)
            with pytest.raises(NotFound, match=r"virtual package of garden; .* apt:exim"):
                await apt.fetch("mail-agent", max_age=1)
