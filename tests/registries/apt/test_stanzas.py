"""Packages files and .sources files are split and read as apt's tag file reader does (recorded from apt 2.6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.apt_archive import archive, packages, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.apt.archive.stanzas import parse_stanza, stanza_texts
from tgtui.registries.apt.configuration.sources import parse_deb822, read_sources

AA, BB, CC = stanza("aa"), stanza("bb"), stanza("cc", Depends="x,\n y (>= 1)")
PLAIN = f"{AA}\n{BB}\n{CC}"
READ_BY_APT = {
    "plain": (PLAIN, ["aa", "bb", "cc"]),
    "CR LF": (PLAIN.replace("\n", "\r\n"), ["aa", "bb", "cc"]),
    "several CR": (PLAIN.replace("\n", "\r\r\n"), ["aa", "bb", "cc"]),
    "a mixture": (f"{AA}\r\n{BB}\r\r\n{CC}", ["aa", "bb", "cc"]),
    "no end of the last line": (PLAIN.rstrip(), ["aa", "bb", "cc"]),
    "many empty lines": (f"\n{AA}\n\n\n{BB}\n\n{CC}\n\n\n", ["aa", "bb", "cc"]),
    "many empty lines of CR LF": (f"{AA}\n\n\n{BB}\n\n".replace("\n", "\r\n"), ["aa", "bb"]),
    "lines of blanks": (f"{AA} \n{BB}\t\n{CC}", ["cc"]),
    "a comment at the end of an entry": (f"{AA}# hello: x\n\n{BB}", ["aa", "bb"]),
    "names of fields in any case": (f"{AA.replace('Package', 'pACKAGE')}\n{BB}", ["aa", "bb"]),
    "a field twice": (f"{AA}Package: dd\n\n{BB}", ["dd", "bb"]),
    "blanks around a name": ("Package : aa \nVersion:1\nArchitecture:\tamd64\n", ["aa"]),
    "a value in the next line": ("Package:\n bb\nVersion: 1\nArchitecture: amd64\n", ["bb"]),
}


@pytest.mark.parametrize("kind", READ_BY_APT)
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_entries_end_where_they_end_for_apt(kind: str, step: int) -> None:
    text, expected = READ_BY_APT[kind]
    body = text.encode()
    pieces = (body[at : at + step] for at in range(0, len(body), step))
    assert [parse_stanza(found, 0, 500).name for found in stanza_texts(pieces)] == expected


def test_no_value_keeps_an_end_of_line() -> None:
    (text,) = stanza_texts(iter([CC.replace("\n", "\r\n").encode()]))
    found = parse_stanza(text, 0, 500)
    assert (found.version, found.depends) == ("1.0", "x,\n y (>= 1)")


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    texts = stanza_texts(iter([b"\xef\xbb\xbf" + PLAIN.encode()]))
    assert [parse_stanza(text, 0, 500).name for text in texts] == ["aa", "bb", "cc"]


def test_yes_is_every_word_that_apt_knows_for_it() -> None:
    told = stanza("aa", Essential="YES", Protected="1", Priority="Required")
    found = parse_stanza(told.encode(), 0, 500)
    assert (found.is_essential, found.is_important, found.priority) == (True, True, 5)


async def test_a_repository_written_on_windows_is_read_whole(
    mirror: FileServer, tmp_path: Path
) -> None:
    mirror.files = archive(PLAIN.replace("\n", "\r\n").encode())
    path = "/debian/dists/garden/InRelease"
    mirror.files[path] = mirror.files[path].replace(b"\n", b"\r\n")
    async with adapter(mirror, tmp_path) as apt:
        index = await apt.index(max_age=0)
        assert [document.name for document in index.documents()] == ["aa", "bb", "cc"]


async def test_entries_that_apt_joins_are_told(mirror: FileServer, tmp_path: Path) -> None:
    mirror.files = archive(f"{AA} \n{BB}".encode())
    async with adapter(mirror, tmp_path) as apt:
        index = await apt.index(max_age=0)
        assert len(index) == 1
        assert "no empty line separates aa, bb; as for apt, only bb is read" in index.problems[0]


async def test_an_index_that_was_read_otherwise_is_made_anew_at_once(
    mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.files = archive(PLAIN.encode())
    with monkeypatch.context() as patched:
        for module in ("adapter", "archive.fetch"):
            patched.setattr(f"tgtui.registries.apt.{module}.READING", 1)
        async with adapter(mirror, tmp_path) as apt:
            before = await apt.index(max_age=0)
            mirror.asked()
    async with adapter(mirror, tmp_path) as apt:
        after = await apt.index(max_age=3600)
        # A catalogue that has imported the former compares everything.
        assert after.digest != before.digest
        assert mirror.asked()


class TestArchitectures:
    async def test_packages_of_others_are_left_out(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(
            packages(
                stanza("mine"),
                stanza("any", Architecture="all"),
                stanza("foreign", Architecture="i386"),
                stanza("strange", Architecture="riscv64", Provides="mail"),
                "Package: none\nVersion: 1\n",
                stanza("reader", Depends="strange | mine, mail"),
            )
        )
        async with adapter(mirror, tmp_path, architectures="amd64 i386") as apt:
            index = await apt.index(max_age=0)
            names = [document.name for document in index.documents()]
            assert names == ["any", "foreign", "mine", "reader"]
            reader = index.document("reader")
            assert reader is not None
            edges = index.resolve(reader.dependencies_of("1.0"))
            assert [edge.declared.name for edge in edges] == ["mine", "mail"]
            assert edges[1].version is None
            assert any("none without an architecture" in problem for problem in index.problems)

    async def test_the_one_index_of_a_flat_repository_may_hold_all(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        body = packages(stanza("tool", "1"), stanza("tool", "2", Architecture="arm64"))
        files = archive(body, ending="", Acquire_By_Hash="no")
        text = files["/debian/dists/garden/InRelease"].replace(b"main/binary-amd64/", b"")
        mirror.files = {"/flat/InRelease": text, "/flat/Packages": body}
        source = f"deb [trusted=yes] {mirror.url}/flat ./"
        settings = AptSettings(sources=source, architectures="amd64")
        apt = AptAdapter(settings, tmp_path, now=Clock())
        document = (await apt.fetch("tool", max_age=0)).document
        assert [version.version for version in document.versions] == ["1"]
        await apt.aclose()


class TestSources:
    TEXT = (
        "Types: deb\nURIs: https://mirror.example\nSuites: one\nComponents: main\n\n"
        "# Another\nTypes: deb\nURIs: https://mirror.example\n# of it\nSuites: two\n three\nComponents: main"
    )

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
    def test_every_stanza_counts_however_lines_end(self, end: str) -> None:
        found = parse_deb822(self.TEXT.replace("\n", end), "x.sources")
        assert [source.suite for source in found] == ["one", "two", "three"]
        assert {source.components for source in found} == {("main",)}

    def test_a_line_of_blanks_does_not_end_a_stanza(self) -> None:
        found = parse_deb822(self.TEXT.replace("\n\n", "\n \n"), "x.sources")
        assert [source.suite for source in found] == ["two", "three"]

    def test_the_last_of_equal_fields_counts(self) -> None:
        found = parse_deb822(
            self.TEXT.replace("Suites: one", "Suites: one\nSuites: four"), "x.sources"
        )
        assert found[0].suite == "four"

    def test_lists_are_read_however_lines_end(self, tmp_path: Path) -> None:
        lines = ["\ufeffdeb https://a.example one main", "# no", "deb https://b.example two main"]
        (tmp_path / "sources.list").write_text("\r\n".join(lines), encoding="utf-8")
        assert [source.suite for source in read_sources(folder=tmp_path)] == ["one", "two"]

    def test_a_sharp_in_an_option_is_no_comment(self, tmp_path: Path) -> None:
        line = "deb [signed-by=/keys/no#1.gpg] https://a.example one main # the first]"
        (tmp_path / "sources.list").write_text(line)
        (source,) = read_sources(folder=tmp_path)
        assert (source.signed_by, source.components) == ("/keys/no#1.gpg", ("main",))
