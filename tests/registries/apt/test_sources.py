"""apt's sources, keys, logins and proxies are read as sources.list(5), apt_auth.conf(5) and apt.conf(5) describe them."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.registries.apt.test_verification import RECORDED, needs_gpgv, signed
from tests.support.apt_archive import archive, packages, release, served, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.apt.configuration.options import parse_config
from tgtui.registries.apt.configuration.sources import (
    AptSource,
    LeftOut,
    authorization_for,
    parse_deb822,
    parse_line,
    read_authorization,
    read_sources,
)
from tgtui.registries.base import BadSignature

URI = "https://mirror.example/debian"
needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


class TestLines:
    def test_several_components_and_options(self) -> None:
        line = (
            f"deb [ arch=amd64,i386 signed-by=/k.gpg check-valid-until=no ] {URI} bookworm main"
            " contrib # the usual"
        )
        (source,) = parse_line(line, "sources.list")
        assert source == AptSource(
            uri=f"{URI}/",
            suite="bookworm",
            components=("main", "contrib"),
            architectures=("amd64", "i386"),
            signed_by="/k.gpg",
            checks_expiry=False,
        )
        assert source.folder == "dists/bookworm/"

    @pytest.mark.parametrize(
        "line", ["", "  # a note", f"deb-src {URI} bookworm main", f"# deb {URI} bookworm main"]
    )
    def test_what_is_no_binary_source_is_passed_over(self, line: str) -> None:
        assert parse_line(line, "sources.list") == []

    def test_a_flat_repository_has_no_components(self) -> None:
        (source,) = parse_line(f"deb [trusted=yes] {URI} ./", "x")
        assert (source.is_flat, source.is_trusted, source.folder) == (True, True, "")

    def test_architectures_are_added_and_taken_away(self) -> None:
        (less,) = parse_line(f"deb [arch-=i386] {URI} bookworm main", "x")
        assert [less.wants(each) for each in ("amd64", "i386")] == [True, False]
        (more,) = parse_line(f"deb [arch+=i386] {URI} bookworm main", "x")
        assert [more.wants(each) for each in ("amd64", "i386")] == [True, True]

    def test_the_architecture_stands_for_its_variable(self) -> None:
        (source,) = parse_line(f"deb {URI}/$(ARCH) bookworm main", "x")
        assert source.on("arm64").uri == f"{URI}/arm64/"

    @pytest.mark.parametrize(
        "line", ["deb", f"deb {URI}", "debian bookworm", f"deb {URI} bookworm"]
    )
    def test_a_line_that_is_none_is_told(self, line: str) -> None:
        with pytest.raises(SettingsError, match=r"sources\.list"):
            parse_line(line, "sources.list")


class TestStanzas:
    def test_every_uri_with_every_suite(self) -> None:
        text = f"""
# Debian's own
Types: deb deb-src
URIs: {URI} https://other.example/debian/
Suites: bookworm bookworm-updates
Components: main
  contrib
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: No
URIs: https://off.example
Suites: ./
"""
        found = parse_deb822(text, "debian.sources")
        assert [(source.uri, source.suite) for source in found] == [
            (f"{URI}/", "bookworm"),
            (f"{URI}/", "bookworm-updates"),
            ("https://other.example/debian/", "bookworm"),
            ("https://other.example/debian/", "bookworm-updates"),
        ]
        assert {source.components for source in found} == {("main", "contrib")}

    def test_a_key_may_stand_in_the_file(self) -> None:
        key = (RECORDED / "keyring.asc").read_text().strip().replace("\n\n", "\n.\n")
        lines = "\n ".join(["", *key.splitlines()])
        text = f"Types: deb\nURIs: {URI}\nSuites: garden\nComponents: main\nSigned-By:{lines}\n"
        (source,) = parse_deb822(text, "x")
        assert source.signed_by is not None
        assert source.signed_by.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")

    def test_a_stanza_that_is_none_is_told_and_the_others_are_read(self) -> None:
        good = f"Types: deb\nURIs: {URI}\nSuites: garden\nComponents: main\n"
        told: list[LeftOut] = []
        text = f"{good}\nTypes: deb\nURIs: {URI}\n\n{good.replace('Components: main', '')}\n{good}"
        found = parse_deb822(text, "debian.sources", told.append)
        assert [source.suite for source in found] == ["garden", "garden"]
        assert [each.reason for each in told] == [
            "A stanza in debian.sources names no URIs or no Suites.",
            "A source in debian.sources names no component after 'garden'.",
        ]


class TestMachine:
    def test_both_kinds_of_files_are_read_and_others_passed_over(self, tmp_path: Path) -> None:
        parts = tmp_path / "sources.list.d"
        parts.mkdir()
        (tmp_path / "sources.list").write_text(f"deb {URI} one main\n")
        (parts / "b.list").write_text(f"deb {URI} two main\ndeb {URI} one main\n")
        (parts / "c.sources").write_text(
            f"Types: deb\nURIs: {URI}\nSuites: three\nComponents: main\n"
        )
        wrong = [
            "nonsense",
            f"deb {URI} six main",
            "deb [signed-by='/k] https://x.example six main",
            "deb http://me:secret@[::1 six main",
            "deb tor+http://me:secret@mirror.example/ six main",
        ]
        (parts / "wrong.list").write_text("\n".join(wrong))
        (parts / "old.list.save").write_text(f"deb {URI} four main\n")
        (parts / "a b.list").write_text(f"deb {URI} five main\n")
        told: list[LeftOut] = []
        found = read_sources(folder=tmp_path, leave_out=told.append)
        assert [source.suite for source in found] == ["one", "two", "three", "six"]
        assert [each.is_mistake for each in told] == [True, True, True, False]
        assert all("wrong.list" in each.reason for each in told)
        assert not any("secret" in each.reason for each in told)

    def test_without_any_it_says_what_to_set(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"Set apt\.sources"):
            read_sources(folder=tmp_path)

    def test_logins_go_to_their_own_host_and_path(self, tmp_path: Path) -> None:
        (tmp_path / "auth.conf").write_text(
            "machine mirror.example/debian login me password secret # mine\n"
        )
        (tmp_path / "auth.conf.d").mkdir()
        (tmp_path / "auth.conf.d" / "b.conf").write_text(
            "machine http://plain.example\nlogin you\npassword word\n"
        )
        entries = read_authorization(tmp_path)

        def login(url: str) -> str | None:
            header = authorization_for(url, entries)
            return header and base64.b64decode(header.removeprefix("Basic ")).decode()

        assert login(f"{URI}/dists/x") == "me:secret"
        assert login("https://mirror.example/debianother/x") is None
        assert login("http://mirror.example/debian/x") is None
        assert login("https://evil.example/debian/x") is None
        assert login("https://mirror.example:8443/debian/x") is None
        assert login("http://plain.example/x") == "you:word"
        assert login("https://plain.example/x") is None

    def test_apts_proxies_and_expiry(self) -> None:
        config = parse_config(
            'Acquire::http::Proxy "http://proxy.example:3128";\n'
            'Acquire::http::Proxy::near.example "DIRECT";\n'
            'Acquire::ftp::Proxy "http://other.example";\n'
            'Acquire::Check-Valid-Until "false";\n'
        )
        assert config.proxies == {
            "http://": "http://proxy.example:3128",
            "https://": "http://proxy.example:3128",
            "http://near.example": None,
            "https://near.example": None,
        }
        assert not config.checks_expiry
        assert parse_config("").checks_expiry


@needs_gpgv
class TestKeys:
    async def test_a_fingerprint_narrows_the_keys_that_apt_trusts(
        self, mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trusted = tmp_path / "trusted.gpg.d"
        trusted.mkdir()
        shutil.copy(RECORDED / "keyring.gpg", trusted)
        shutil.copy(RECORDED / "stranger.gpg", trusted)
        monkeypatch.setattr(
            "tgtui.registries.apt.archive.signature.verified_text.__defaults__", (tmp_path,)
        )
        mirror.files = signed()
        for signer, is_good in (
            ("2F3CB590CD439B2B", True),
            ("0x2F3CB590CD439B2B!", True),
            ("0000000000000000", False),
        ):
            folder = tmp_path / signer
            async with adapter(mirror, folder, options=f"signed-by={signer}") as apt:
                if is_good:
                    assert len(await apt.index(max_age=0)) > 0
                else:
                    with pytest.raises(BadSignature, match="no signature that is trusted"):
                        await apt.index(max_age=0)

    async def test_a_key_in_the_source_itself(self, mirror: FileServer, tmp_path: Path) -> None:
        mirror.files = signed()
        key = (RECORDED / "keyring.asc").read_text()
        source = AptSource(f"{mirror.url}/debian/", "garden", ("main",), signed_by=key)
        made = AptAdapter(AptSettings(architectures="amd64"), tmp_path, now=Clock())
        made.__dict__["_sources_here"] = [source]
        assert len(await made.index(max_age=0)) > 0
        await made.aclose()

    @needs_shell
    async def test_requests_go_through_apts_proxy(
        self, mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        far = "http://far.example"
        mirror.files = {f"{far}{path}": body for path, body in signed().items()}
        apt_config = tmp_path / "bin" / "apt-config"
        apt_config.parent.mkdir()
        apt_config.write_text(f"#!/bin/sh\necho 'Acquire::http::Proxy \"{mirror.url}\";'\n")
        apt_config.chmod(0o755)
        monkeypatch.setenv("PATH", str(apt_config.parent), prepend=":")
        sources = f"deb [signed-by={RECORDED / 'keyring.gpg'}] {far}/debian garden main"
        settings = AptSettings(sources=sources, architectures="amd64")
        made = AptAdapter(settings, tmp_path, now=Clock())
        assert len(await made.index(max_age=0)) > 0
        assert all(path.startswith(far) for path in mirror.asked())
        await made.aclose()


class TestPlaces:
    async def test_a_repository_on_this_machines_disk(self, tmp_path: Path) -> None:
        root = tmp_path / "srv"
        for path, body in archive(packages(stanza("rake"))).items():
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        settings = AptSettings(
            sources=f"deb [trusted=yes] file:{root}/debian garden main", architectures="amd64"
        )
        made = AptAdapter(settings, tmp_path / "cache", now=Clock())
        first = await made.index(max_age=0)
        assert len(first) == 1
        assert (await made.index(max_age=0)).digest == first.digest
        await made.aclose()

    @pytest.mark.skipif(os.name == "nt", reason="names of POSIX systems")
    @pytest.mark.parametrize("name", ["a?b#c", "[x", "my%20repo", "100%25", "%FF"])
    async def test_it_is_the_folder_that_its_uri_names(self, tmp_path: Path, name: str) -> None:
        """`?` and `#` are signs like others in a `file:` URI, as apt reads it; in a line, `#` begins a comment."""
        root = tmp_path / os.fsdecode(unquote_to_bytes(name))
        for path, body in archive(packages(stanza("rake"))).items():
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        written = name.replace("#", "%23")
        settings = AptSettings(
            sources=f"deb [trusted=yes] file:{tmp_path}/{written}/debian garden main",
            architectures="amd64",
        )
        made = AptAdapter(settings, tmp_path / "cache", now=Clock())
        assert len(await made.index(max_age=0)) == 1
        await made.aclose()

    async def test_several_components_and_architectures_make_one_index(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        files = {
            "main/binary-amd64/Packages": packages(stanza("rake", Depends="lib, tool")),
            "main/binary-i386/Packages": packages(
                stanza("lib", Architecture="i386"),
                stanza("tool", Architecture="i386", Multi_Arch="foreign"),
            ),
            "contrib/binary-amd64/Packages": packages(stanza("hoe")),
        }
        text = release(files, Architectures="amd64 i386")
        mirror.files = served("garden", text, files)
        settings = AptSettings(
            sources=f"deb [trusted=yes] {mirror.url}/debian garden main contrib",
            architectures="amd64 i386",
        )
        made = AptAdapter(settings, tmp_path, now=Clock())
        index = await made.index(max_age=0)
        assert len(index) == 4
        document = index.document("rake")
        assert document is not None
        lib, tool = index.resolve(document.dependencies_of("1.0"))
        assert (lib.version, tool.version) == (None, "1.0")
        assert index.canonical("lib:i386") == "lib"
        await made.aclose()
