"""apt: what it takes for an index to be used, and what is refused."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.apt_archive import COMPRESS, MADE, archive, packages, release, served, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tests.support.places import RECORDINGS
from tgtui.registries.base import BadSignature, Malformed, RegistryError, TooLarge

pytestmark = pytest.mark.usefixtures("built_here")

RECORDED = RECORDINGS / "apt"
needs_gpgv = pytest.mark.skipif(
    shutil.which("gpgv") is None, reason="gpgv, which checks signatures, is not on this machine"
)


class TestVerification:
    @needs_gpgv
    @pytest.mark.parametrize("keyring", ["keyring.gpg", "keyring.asc"])
    async def test_a_suite_that_is_signed_with_the_key_of_its_source(
        self, mirror: FileServer, tmp_path: Path, keyring: str
    ) -> None:
        mirror.files = signed()
        async with adapter(mirror, tmp_path, options=f"signed-by={RECORDED / keyring}") as apt:
            assert (await apt.fetch("rake", max_age=0)).document.description == "a garden tool"

    @needs_gpgv
    async def test_a_signature_of_another_key_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = signed()
        stranger = f"signed-by={RECORDED / 'stranger.gpg'}"
        async with adapter(mirror, tmp_path, options=stranger) as apt:
            with pytest.raises(BadSignature, match="signed with the key 2F3CB590CD439B2B"):
                await apt.index(max_age=0)

    @needs_gpgv
    async def test_a_changed_text_is_refused(self, mirror: FileServer, tmp_path: Path) -> None:
        mirror.files = signed()
        path = "/debian/dists/garden/InRelease"
        mirror.files[path] = mirror.files[path].replace(b"Origin: Test", b"Origin: Best")
        options = f"signed-by={RECORDED / 'keyring.gpg'}"
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match="signature is wrong"):
                await apt.index(max_age=0)

    @needs_gpgv
    async def test_text_outside_the_signature_is_never_read(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = signed()
        path = "/debian/dists/garden/InRelease"
        mirror.files[path] = b"Codename: evil\n\n" + mirror.files[path]
        options = f"signed-by={RECORDED / 'keyring.gpg'}"
        async with adapter(mirror, tmp_path, options=options) as apt:
            index = await apt.index(max_age=0)
            assert [suite.name for suite in index.suites] == ["garden"]

    @needs_gpgv
    async def test_without_a_signature_it_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake")))
        options = f"signed-by={RECORDED / 'keyring.gpg'}"
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match="no signature that is trusted"):
                await apt.index(max_age=0)

    async def test_without_gpgv_it_says_what_to_install(
        self, mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        mirror.files = signed()
        async with adapter(mirror, tmp_path, options="signed-by=/nowhere.gpg") as apt:
            with pytest.raises(BadSignature, match="sudo apt install gpgv"):
                await apt.index(max_age=0)

    async def test_an_expired_suite_is_refused_and_what_was_there_is_kept(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        clock = Clock()
        until = (clock.now + timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S UTC")
        mirror.files = archive(packages(stanza("rake")), Valid_Until=until)
        async with adapter(mirror, tmp_path, clock=clock) as apt:
            await apt.index(max_age=0)
            clock.now += timedelta(days=2)
            with pytest.raises(BadSignature, match="has expired on 2026-02-02"):
                await apt.index(max_age=1)
            known = apt.known_index()
            assert known is not None
            assert len(known) == 1

    async def test_an_older_suite_is_refused(self, mirror: FileServer, tmp_path: Path) -> None:
        mirror.files = archive(packages(stanza("rake", "2.0")))
        async with adapter(mirror, tmp_path) as apt:
            await apt.index(max_age=0)
            older = MADE - timedelta(days=1)
            mirror.files = archive(packages(stanza("rake", "1.0")), made=older)  # type: ignore[arg-type]
            with pytest.raises(BadSignature, match="is older than the one"):
                await apt.index(max_age=0)
            assert (await apt.fetch("rake", max_age=1)).document.versions[0].version == "2.0"

    async def test_a_suite_that_changes_its_origin_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake", "2.0")))
        async with adapter(mirror, tmp_path) as apt:
            await apt.index(max_age=0)
            mirror.files = archive(packages(stanza("rake", "3.0")), Origin="Elsewhere")
            with pytest.raises(BadSignature, match="its Origin has changed"):
                await apt.index(max_age=0)

    async def test_an_index_that_is_not_the_one_listed_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake")), ending="")
        for path in list(mirror.files):
            if "Packages" in path or "by-hash" in path:
                mirror.files[path] = packages(stanza("fake"))
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(BadSignature, match="does not match the hash"):
                await apt.index(max_age=0)
            assert apt.known_index() is None


class TestBadInput:
    @pytest.mark.parametrize("ending", [ending for ending in COMPRESS if ending])
    async def test_a_bomb_ends_at_the_size_that_is_listed(
        self, mirror: FileServer, tmp_path: Path, ending: str
    ) -> None:
        name = f"main/binary-amd64/Packages{ending}"
        body = COMPRESS[ending](b"a\n\n" * (1 << 20))
        listed = {name: body, "main/binary-amd64/Packages": b"x" * 1000}
        mirror.files = served("garden", release(listed), {name: body})
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(TooLarge, match=r"main/amd64: the index is larger than .*unpacked"):
                await apt.index(max_age=0)

    async def test_a_package_that_depends_on_itself_is_kept(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(packages(stanza("rake", Depends="rake (>= 1)")))
        async with adapter(mirror, tmp_path) as apt:
            index = await apt.index(max_age=0)
            document = index.document("rake")
            assert document is not None
            (edge,) = index.resolve(document.dependencies_of("1.0"))
            assert (edge.declared.name, edge.version) == ("rake", "1.0")

    @pytest.mark.parametrize("ending", [ending for ending in COMPRESS if ending])
    @pytest.mark.parametrize("kind", ["other", "cut", "followed"])
    async def test_what_is_damaged_is_refused(
        self, mirror: FileServer, tmp_path: Path, ending: str, kind: str
    ) -> None:
        whole = COMPRESS[ending](packages(stanza("rake")))
        body = {"other": b"nothing of the kind", "cut": whole[:-9], "followed": whole + b"junk"}[
            kind
        ]
        files = {f"main/binary-amd64/Packages{ending}": body}
        mirror.files = served("garden", release(files), files)
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(Malformed, match="the index is damaged"):
                await apt.index(max_age=0)

    @pytest.mark.parametrize("ending", [".xz", ".zst", ".gz", ".bz2"])
    async def test_several_streams_in_a_row_are_one_file(
        self, mirror: FileServer, tmp_path: Path, ending: str
    ) -> None:
        halves = packages(stanza("rake"), ""), packages(stanza("hoe"))
        body = b"".join(COMPRESS[ending](half) for half in halves)
        files = {f"main/binary-amd64/Packages{ending}": body}
        mirror.files = served("garden", release(files), files)
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 2

    async def test_a_window_larger_than_the_memory_allowed_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        # magic number, a frame without a size and with a window of 2^31 bytes, one empty last block
        body = bytes.fromhex("28b52ffd 00 a8 010000")
        files = {"main/binary-amd64/Packages.zst": body}
        mirror.files = served("garden", release(files), files)
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(Malformed, match="not zstd"):
                await apt.index(max_age=0)

    async def test_a_release_without_hashes_is_refused(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = {"/debian/dists/garden/InRelease": b"<html>Sign in</html>"}
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(RegistryError, match="no indexes with SHA-256"):
                await apt.index(max_age=0)


def signed() -> dict[str, bytes]:
    """The recorded archive, signed with the key in keyring.gpg."""
    body = (RECORDED / "Packages").read_bytes()
    assert hashlib.sha256(body).hexdigest().encode() in (RECORDED / "InRelease").read_bytes()
    text = (RECORDED / "InRelease").read_bytes()
    return served("garden", text, {"main/binary-amd64/Packages": body})
