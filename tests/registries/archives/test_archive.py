"""What an archive holds, and which archives are refused."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from tests.support.npm_archive import DEVICES, LINKS, archive, entry, extended, header
from tgtui.registries.archives.archive import ProvenArchive
from tgtui.registries.archives.files import Limits, NoSuchFile, NotText
from tgtui.registries.archives.paths import AT_ROOT, DOTTED, LINK, OTHER, TWICE
from tgtui.registries.base import Malformed, TooLarge

SMALL = Limits(packed=1 << 20, unpacked=1 << 20, text=64)
ODD_NAMES = (
    "/etc/passwd",
    "package/../../x",
    "package\\..\\x",
    "C:/x",
    "package/C:x",
    "package/..",
    "../x",
)


def opened(body: bytes, limits: Limits = SMALL) -> ProvenArchive:
    return ProvenArchive("the archive of npm:a@1.0.0", body, "sha512", limits)


def paths(body: bytes) -> list[str]:
    return [file.path for file in opened(body).listing().installed]


def test_counts_as_npm_does() -> None:
    body = archive(
        [
            header("package/", kind=b"5"),
            entry("package/package.json", b"{}"),
            entry("package/lib/a.js", b"abc"),
            entry("package/link", kind=b"2"),
        ]
    )
    listing = opened(body).listing()
    assert (listing.entries, listing.unpacked_bytes, listing.packed_bytes) == (4, 5, len(body))
    assert [(file.path, file.size) for file in listing.installed] == [
        ("lib/a.js", 3),
        ("package.json", 2),
    ]


def test_drops_the_first_part_of_a_path_whatever_it_is_called() -> None:
    assert paths(archive([entry("node/README.md"), entry("express/index.js")])) == [
        "README.md",
        "index.js",
    ]


def test_the_last_of_one_path_counts_and_both_cases_stay() -> None:
    body = archive(
        [
            entry("package/README.md", b"first"),
            entry("other/README.md", b"second"),
            entry("package/readme.md", b"another"),
        ]
    )
    listing = opened(body).listing()
    assert [(file.path, file.size, file.note) for file in listing.files] == [
        ("README.md", 6, TWICE),
        ("readme.md", 7, ""),
    ]
    assert opened(body).text("README.md").text == "second"
    assert listing.unpacked_bytes == 18


def test_drops_dots_and_says_so() -> None:
    found = opened(archive([entry("./package/./x"), entry("package/./y")])).listing().files
    assert [(file.path, file.note) for file in found] == [("x", DOTTED), ("y", "")]


def test_a_file_beside_the_folder_is_listed_but_not_installed() -> None:
    (file,) = opened(archive([entry("x")])).listing().files
    assert (file.path, file.is_installed, file.note) == ("x", False, AT_ROOT)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_refuses_a_path_that_leads_elsewhere(name: str) -> None:
    body = archive([entry(name, b"secret"), entry("package/x", b"y")])
    listing = opened(body).listing()
    assert [file.path for file in listing.installed] == ["x"]
    refused = listing.files[-1]
    assert not refused.is_installed
    assert refused.note.endswith("refused")
    with pytest.raises(NoSuchFile):
        opened(body).text(name)


@pytest.mark.parametrize("kind", [*LINKS, *DEVICES, b"D", b"Z"])
def test_follows_no_link_and_no_device(kind: bytes) -> None:
    listing = opened(archive([entry("package/README.md", b"", kind)])).listing()
    assert [(file.is_installed, file.note) for file in listing.files] == [
        (False, LINK if kind in LINKS else OTHER)
    ]


def test_reads_names_from_extended_headers() -> None:
    long = "package/" + "é" * 200
    body = archive(
        [
            extended({"path": long, "mtime": "1"}),
            entry("package/short", b"abc"),
            entry("././@LongLink", b"package/" + b"y" * 150 + b"\0", b"L"),
            entry("package/cut", b"d"),
            extended({"comment": "of all"}, b"g"),
            entry("package/z"),
        ]
    )
    assert paths(body) == ["y" * 150, "z", "é" * 200]


def test_shows_names_that_are_not_utf8_apart() -> None:
    assert paths(archive([entry(b"package/\xff"), entry(b"package/\xfe")])) == ["\\xfe", "\\xff"]


def test_reads_a_tar_that_is_not_compressed_and_one_of_several_members() -> None:
    plain = archive({"a": b"1", "b": b"2"}, squeezed=False)
    parts = gzip.compress(plain[:700]) + gzip.compress(b"") + gzip.compress(plain[700:])
    assert paths(plain) == paths(parts) == paths(parts + b"\0" * 100) == ["a", "b"]


def test_one_block_of_zeros_ends_nothing() -> None:
    assert paths(archive([entry("package/a"), b"\0" * 512, entry("package/b")])) == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        archive({"a": b"1"}) + b"garbage",
        archive({"a": b"1" * 5_000})[:-20],
        archive([header("package/a", 10_000), b"short"], squeezed=False),
        archive([header("package/a", stated=b"\xff" * 12)]),
        archive([header("package/a", stated=b"\x80" + b"\xff" * 11)]),
        archive([entry("package/a", kind=b"S")]),
        archive([extended({"GNU.sparse.size": "8000000000"}), entry("package/a")]),
        archive([extended({"size": "-5"}), entry("package/a")]),
        archive([extended({"path": "package/b"}, b"g"), entry("package/a")]),
        archive([entry("PaxHeader", b"99999999 path=x\n", b"x"), entry("package/a")]),
        archive([entry("PaxHeader", b"nonsense", b"x"), entry("package/a")]),
        archive([b"\x01" * 512]),
    ],
    ids=range(14),
)
def test_refuses_what_is_damaged_or_lies(body: bytes) -> None:
    with pytest.raises(Malformed):
        opened(body).listing()


def test_a_folder_that_states_a_size_has_no_body() -> None:
    assert paths(archive([header("package/d/", 4096, b"5"), entry("package/a")])) == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        archive([entry("PaxHeader", b"x" * 70_000, b"x"), entry("package/a")]),
        archive([header("package/a", 1 << 40)]),
        archive([entry("././@LongLink", b"package/" + b"y" * 1_200, b"L"), entry("package/a")]),
        zlib.compress(b"\0" * (2 << 20), 9, 31),
        archive({"a": b"\0" * (2 << 20)}),
    ],
    ids=["header", "size", "path", "zeros", "file"],
)
def test_refuses_what_is_over_a_limit(body: bytes) -> None:
    with pytest.raises((TooLarge, Malformed)):
        opened(body).listing()


@pytest.mark.parametrize("entries", [header("package/a") * 101, entry("x", b"", b"L") * 201])
def test_refuses_too_many_entries(entries: bytes) -> None:
    with pytest.raises(TooLarge):
        opened(archive([entries]), Limits(files=100)).listing()


def test_a_bomb_takes_no_memory() -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    lie = header("PaxHeader", 300 << 20, b"x")
    body = squeeze.compress(lie)
    body += b"".join(squeeze.compress(b"\0" * (1 << 20)) for _ in range(10)) + squeeze.flush()
    zeros = zlib.compress(b"\0" * (16 << 20), 9, 31)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            opened(body, Limits()).listing()
        with pytest.raises(TooLarge):
            opened(archive({"a": b"x"}) + zeros).text("a")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_decodes_text_and_says_what_is_wrong_with_it() -> None:
    body = archive(
        {
            "bom": b"\xef\xbb\xbfhi",
            "latin": b"caf\xe9 au lait",
            "long": b"x" * 100,
            "cut": b"x" * 63 + "é".encode(),
            "image.png": b"\x89PNG\0",
        }
    )
    assert opened(body).text("bom").text == "hi"
    latin = opened(body).text("latin")
    assert latin.text == "caf\N{REPLACEMENT CHARACTER} au lait"
    assert "not UTF-8" in latin.notes[0]
    long = opened(body).text("long")
    assert (len(long.text), long.size, len(long.notes)) == (64, 100, 1)
    assert (
        len(opened(body).text("cut").notes) == 1
    )  # a character was cut in two, which is no mistake
    with pytest.raises(NotText):
        opened(body).text("image.png")
