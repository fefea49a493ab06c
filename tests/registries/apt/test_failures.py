"""apt: one bad source costs only itself, as for apt."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.registries.apt.test_verification import RECORDED, needs_gpgv, signed
from tests.support.apt_archive import MADE, archive, packages, stanza
from tests.support.apt_mirror import Clock
from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.apt.configuration.sources import read_sources
from tgtui.registries.base import BadSignature, NotFound, RegistryError, Unreachable

pytestmark = pytest.mark.usefixtures("built_here")

GOOD = archive(packages(stanza("rake"), stanza("hoe")), suite="garden")
OTHER = archive(packages(stanza("spade"), stanza("rake", "2.0")), suite="orchard")
IN_RELEASE = "/debian/dists/orchard/InRelease"
NOWHERE = "http://127.0.0.1:1"


def made(mirror: FileServer, folder: Path, *lines: str, clock: Clock | None = None) -> AptAdapter:
    sources = [f"deb [trusted=yes] {mirror.url}/debian garden main", *lines]
    settings = AptSettings(sources=sources, architectures="amd64")
    return AptAdapter(settings, folder, now=clock or Clock())


def orchard(mirror: FileServer, options: str = "trusted=yes", uri: str | None = None) -> str:
    return f"deb [{options}] {uri or f'{mirror.url}/debian'} orchard main"


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "options", "reason"),
        [
            ("missing", "trusted=yes", "is not in the registry"),
            ("missing", "signed-by=/k", "neither InRelease nor Release"),
            ("down", "trusted=yes", "can't be reached"),
            ("html", "trusted=yes", "lists no indexes"),
            pytest.param(
                "whole", f"signed-by={RECORDED}/keyring.gpg", "no signature", marks=needs_gpgv
            ),
            pytest.param("whole", "signed-by=/nowhere.gpg", "can't be read", marks=needs_gpgv),
            pytest.param(
                "signed", f"signed-by={RECORDED}/stranger.gpg", "key 2F3C", marks=needs_gpgv
            ),
            pytest.param("whole", "signed-by=nonsense", "neither a file nor", marks=needs_gpgv),
            pytest.param("whole", "signed-by=~no/key", "neither a file nor", marks=needs_gpgv),
            pytest.param("whole", "signed-by=/a\0b", "no file can have that", marks=needs_gpgv),
            pytest.param("whole", "signed-by=/", "can't be read", marks=needs_gpgv),
            ("no name", "trusted=yes", "no file can have the name"),
            ("endless", "trusted=yes", "is not a regular file"),
            ("expired", "trusted=yes", "has expired"),
            ("future", "trusted=yes", "in the future"),
            ("no list", "trusted=yes", "is not in the registry"),
            ("wrong list", "trusted=yes", "does not match the hash"),
            ("empty mirrors", "trusted=yes", "names none that can be read"),
        ],
    )
    async def test_the_others_are_read_and_it_is_told(
        self, mirror: FileServer, tmp_path: Path, kind: str, options: str, reason: str
    ) -> None:
        uri = None
        files = dict(OTHER)
        if kind == "missing":
            files = {}
        elif kind == "down":
            uri = NOWHERE
        elif kind == "html":
            files[IN_RELEASE] = b"<html>Sign in</html>"
        elif kind == "signed":
            files = {path.replace("garden", "orchard"): body for path, body in signed().items()}
        elif kind == "expired":
            files = archive(b"", suite="orchard", Valid_Until="Thu, 01 Jan 2026 12:00:00 UTC")
        elif kind == "future":
            files = archive(b"", suite="orchard", made=MADE + timedelta(days=99))  # type: ignore[arg-type]
        elif kind == "no list":
            files = {IN_RELEASE: OTHER[IN_RELEASE]}
        elif kind == "wrong list":
            files = {**dict.fromkeys(OTHER, b""), IN_RELEASE: OTHER[IN_RELEASE]}
        elif kind == "no name":
            uri = "file:/srv/%00"
        elif kind == "endless":
            uri = "mirror+file:/dev/zero"
        elif kind == "empty mirrors":
            (tmp_path / "mirrors").write_text("# none\n")
            uri = f"mirror+file:{tmp_path}/mirrors"
        mirror.files = {**files, **GOOD}
        apt = made(mirror, tmp_path, orchard(mirror, options, uri))
        index = await apt.index(max_age=0)
        assert [document.name for document in index.documents()] == ["hoe", "rake"]
        (failure,) = index.failures
        assert "orchard" in failure
        assert reason in failure
        assert failure.endswith("None of its packages are in the index")
        assert index.is_partial
        await apt.aclose()

    async def test_if_every_one_fails_all_are_told_and_nothing_is_made(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = {IN_RELEASE: b"<html>"}
        apt = made(mirror, tmp_path, orchard(mirror))
        with pytest.raises(RegistryError) as caught:
            await apt.index(max_age=0)
        assert "garden" in str(caught.value)
        assert "orchard of 127.0.0.1: its Release file lists no indexes" in str(caught.value)
        assert apt.known_index() is None
        await apt.aclose()

    async def test_a_source_of_the_machine_that_is_written_wrongly_is_told(
        self, mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        etc = tmp_path / "etc"
        etc.mkdir()
        lines = (
            f"deb [trusted=yes] {mirror.url}/debian garden main\ndeb nonsense\ndeb cdrom:[x]/ y z\n"
        )
        (etc / "sources.list").write_text(lines)
        defaults = "tgtui.registries.apt.configuration.sources.read_sources.__kwdefaults__"
        monkeypatch.setattr(defaults, {**(read_sources.__kwdefaults__ or {}), "folder": etc})
        mirror.files = GOOD
        apt = AptAdapter(AptSettings(architectures="amd64"), tmp_path, now=Clock())
        index = await apt.index(max_age=0)
        assert len(index) == 2
        assert ["'deb nonsense'" in failure for failure in index.failures] == [True]
        assert ["cdrom:" in problem for problem in index.problems] == [True]
        await apt.aclose()


class TestWhatItGaveBefore:
    @pytest.mark.parametrize("kind", ["down", "html", "older", "wrong list"])
    async def test_stays_while_the_others_change(
        self, mirror: FileServer, tmp_path: Path, kind: str
    ) -> None:
        mirror.files = {**GOOD, **OTHER}
        apt = made(mirror, tmp_path, orchard(mirror))
        assert (await apt.index(max_age=0)).failures == []
        mirror.files |= archive(packages(stanza("rake", "1.5")), suite="garden")
        if kind == "down":
            del mirror.files[IN_RELEASE]
        elif kind == "html":
            mirror.files[IN_RELEASE] = b"<html>"
        elif kind == "older":
            early = MADE - timedelta(days=1)
            mirror.files |= archive(packages(stanza("spade", "0")), suite="orchard", made=early)  # type: ignore[arg-type]
        else:
            changed = archive(packages(stanza("spade", "9")), suite="orchard")
            mirror.files |= dict.fromkeys(changed, b"") | {IN_RELEASE: changed[IN_RELEASE]}
        index = await apt.index(max_age=0)
        assert [document.name for document in index.documents()] == ["rake", "spade"]
        rake = index.document("rake")
        assert rake is not None
        assert rake.dist_tags == {"garden": "1.5", "orchard": "2.0"}
        assert not index.is_partial
        (failure,) = index.failures
        assert failure.endswith("Its packages from the last import stay")
        await apt.aclose()

    async def test_is_missed_if_its_files_are_lost(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = {**GOOD, **OTHER}
        apt = made(mirror, tmp_path, orchard(mirror))
        await apt.index(max_age=0)
        shutil.rmtree(tmp_path / "indexes" / "files")
        del mirror.files[IN_RELEASE]
        index = await apt.index(max_age=0)
        assert index.is_partial
        assert [document.name for document in index.documents()] == ["hoe", "rake"]
        with pytest.raises(Unreachable, match="not all sources could be read: apt: orchard"):
            await apt.fetch("spade", max_age=0)
        early = MADE - timedelta(days=1)
        older = archive(packages(stanza("spade", "0")), suite="orchard", made=early)  # type: ignore[arg-type]
        mirror.files |= older
        assert "is older than the one" in (await apt.index(max_age=0)).failures[0]
        mirror.files |= OTHER
        whole = await apt.index(max_age=0)
        assert (len(whole), whole.failures) == (3, [])
        await apt.aclose()


class TestAgain:
    async def test_a_failed_source_is_asked_again_within_the_interval(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = dict(GOOD)
        clock = Clock()
        apt = made(mirror, tmp_path, orchard(mirror), clock=clock)
        first = await apt.index(max_age=0)
        clock.now += timedelta(seconds=2)
        mirror.asked()
        same = await apt.index(max_age=1)
        assert IN_RELEASE in mirror.asked()
        assert (same.file.path, same.failures) == (first.file.path, first.failures)
        mirror.files |= OTHER
        clock.now += timedelta(seconds=2)
        whole = await apt.index(max_age=1)
        assert (len(whole), whole.failures, whole.is_partial) == (3, [], False)
        assert whole.digest != first.digest
        mirror.asked()
        clock.now += timedelta(seconds=2)
        await apt.index(max_age=1)
        assert mirror.asked() == []
        await apt.aclose()

    async def test_a_whole_index_says_that_a_name_is_not_there(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = {**GOOD, **OTHER}
        apt = made(mirror, tmp_path, orchard(mirror))
        await apt.index(max_age=0)
        mirror.files[IN_RELEASE] = b"<html>"
        with pytest.raises(NotFound):
            await apt.fetch("plough", max_age=0)
        await apt.aclose()

    async def test_files_that_were_deleted_are_fetched_again(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = {**GOOD, **OTHER}
        apt = made(mirror, tmp_path, orchard(mirror))
        await apt.index(max_age=0)
        shutil.rmtree(tmp_path / "indexes" / "files")
        mirror.files |= archive(packages(stanza("rake", "1.5")), suite="garden")
        index = await apt.index(max_age=0)
        assert (len(index), index.failures) == (2, [])
        await apt.aclose()


async def test_a_wrong_signature_is_an_alarm_even_if_it_is_the_only_source(
    mirror: FileServer, tmp_path: Path
) -> None:
    mirror.files = {IN_RELEASE: b"x"}
    settings = AptSettings(sources=orchard(mirror, "signed-by=/nowhere.gpg"), architectures="amd64")
    apt = AptAdapter(settings, tmp_path, now=Clock())
    with pytest.raises(BadSignature):
        await apt.index(max_age=0)
    await apt.aclose()
