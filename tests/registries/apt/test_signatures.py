"""Which signatures count: next to what apt 2.6 took of the same files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.registries.apt.test_verification import RECORDED, needs_gpgv
from tests.support.apt_archive import served
from tests.support.apt_mirror import adapter
from tests.support.file_server import FileServer
from tgtui.registries.base import BadSignature

pytestmark = [needs_gpgv, pytest.mark.usefixtures("built_here")]
RECORDING: dict[str, Any] = json.loads((RECORDED / "signatures.json").read_text())
SIGNATURES: dict[str, dict[str, Any]] = RECORDING["signatures"]
FOLDER = "/debian/dists/garden"
REASONS = {
    "SHA1": "uses a weak digest",
    "RIPEMD160": "uses a weak digest",
    "expired-key": "the key it was signed with has expired",
    "expsig": "the signature has expired",
    "revoked-key": "the key it was signed with was revoked",
    "wrong": "the signature is wrong",
    "good-and-wrong": "the signature is wrong",
    "missing-key": "the keyring of its source does not have",
}


@pytest.fixture
def options(tmp_path: Path) -> str:
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(base64.b64decode(RECORDING["keyring"]))
    return f"signed-by={keyring}"


def apart(signature: bytes) -> dict[str, bytes]:
    """The recorded archive with a Release file and its signature beside it."""
    files = served(
        "garden", b"", {"main/binary-amd64/Packages": (RECORDED / "Packages").read_bytes()}
    )
    del files[f"{FOLDER}/InRelease"]
    text = RECORDING["release"].encode()
    return {**files, f"{FOLDER}/Release": text, f"{FOLDER}/Release.gpg": signature}


@pytest.mark.parametrize("name", SIGNATURES)
async def test_what_apt_takes_is_taken_and_what_it_refuses_is_refused(
    mirror: FileServer, tmp_path: Path, options: str, name: str
) -> None:
    mirror.files = apart(SIGNATURES[name]["signature"].encode())
    async with adapter(mirror, tmp_path, options=options) as apt:
        if SIGNATURES[name]["is_taken"]:
            assert len(await apt.index(max_age=0)) == 2
        else:
            with pytest.raises(BadSignature, match=REASONS.get(name, "the source is not used")):
                await apt.index(max_age=0)


async def test_a_weak_digest_is_refused_in_an_in_release_too(
    mirror: FileServer, tmp_path: Path, options: str
) -> None:
    mirror.files = {f"{FOLDER}/InRelease": RECORDING["in_release_SHA1"].encode()}
    async with adapter(mirror, tmp_path, options=options) as apt:
        with pytest.raises(BadSignature, match="uses a weak digest, such as SHA-1"):
            await apt.index(max_age=0)


@pytest.mark.parametrize("signer", ["expired", "revoked"])
async def test_a_good_signature_counts_only_if_its_own_key_is_the_one_that_is_asked_for(
    mirror: FileServer, tmp_path: Path, options: str, signer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "trusted.gpg.d"
    trusted.mkdir()
    (tmp_path / "keyring.gpg").rename(trusted / "keyring.gpg")
    monkeypatch.setattr(
        "tgtui.registries.apt.archive.signature.verified_text.__defaults__", (tmp_path,)
    )
    key = {
        "expired": "80848FD6BAFCC14C4DCC606C617A76FCCF6B69AB",
        "revoked": "EAE5A69BE236447FD6D5F034F6387E1AAE50FB5B",
    }[signer]
    mirror.files = apart(SIGNATURES[f"good-and-{signer}-key"]["signature"].encode())
    async with adapter(mirror, tmp_path, options=f"signed-by={key}") as apt:
        with pytest.raises(BadSignature, match="no signature that is trusted"):
            await apt.index(max_age=0)


class TestApart:
    async def test_a_changed_release_is_refused(
        self, mirror: FileServer, tmp_path: Path, options: str
    ) -> None:
        mirror.files = apart(SIGNATURES["SHA512"]["signature"].encode())
        text = mirror.files[f"{FOLDER}/Release"]
        mirror.files[f"{FOLDER}/Release"] = text.replace(b"Origin: Test", b"Origin: Best")
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match="the signature is wrong"):
                await apt.index(max_age=0)

    async def test_without_its_signature_it_is_refused(
        self, mirror: FileServer, tmp_path: Path, options: str
    ) -> None:
        mirror.files = apart(b"")
        del mirror.files[f"{FOLDER}/Release.gpg"]
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match=r"neither InRelease nor Release\.gpg"):
                await apt.index(max_age=0)

    async def test_a_binary_signature_is_refused_as_apt_does(
        self, mirror: FileServer, tmp_path: Path, options: str
    ) -> None:
        lines = SIGNATURES["SHA512"]["signature"].splitlines()[2:-2]
        mirror.files = apart(base64.b64decode("".join(lines)))
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match="gpg --armor"):
                await apt.index(max_age=0)

    async def test_only_a_missing_in_release_leads_to_it(
        self, mirror: FileServer, tmp_path: Path, options: str
    ) -> None:
        mirror.files = apart(SIGNATURES["SHA512"]["signature"].encode())
        mirror.files[f"{FOLDER}/InRelease"] = b"<html>Sign in</html>"
        async with adapter(mirror, tmp_path, options=options) as apt:
            with pytest.raises(BadSignature, match="no signature that is trusted"):
                await apt.index(max_age=0)

    async def test_unchanged_it_makes_no_new_index(
        self, mirror: FileServer, tmp_path: Path, options: str
    ) -> None:
        mirror.files = apart(SIGNATURES["SHA512"]["signature"].encode())
        async with adapter(mirror, tmp_path, options=options) as apt:
            first = await apt.index(max_age=0)
            mirror.asked()
            again = await apt.index(max_age=0)
            assert again.file.path == first.file.path
            names = ("InRelease", "Release", "Release.gpg")
            assert mirror.asked() == [f"{FOLDER}/{name}" for name in names]
