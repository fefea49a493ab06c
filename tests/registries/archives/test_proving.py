"""Which hash proves a file, and which of its files is the README."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.npm_archive import sri
from tgtui.registries.archives.choosing import find_changelog, find_readme
from tgtui.registries.archives.integrity import of_hex, stated

BODY = b"an archive"
SHA1 = hashlib.sha1(BODY).hexdigest()


@pytest.mark.parametrize(
    ("dist", "algorithm"),
    [
        ({"integrity": sri(BODY), "shasum": SHA1}, "sha512"),
        ({"integrity": f"{sri(BODY, 'sha1')} {sri(BODY, 'sha384')}?a=b"}, "sha384"),
        ({"integrity": f"md5-{'A' * 22}== {sri(BODY, 'sha256')}"}, "sha256"),
        ({"shasum": SHA1.upper()}, "sha1"),
        ({"integrity": "", "shasum": SHA1}, "sha1"),
        ({"integrity": ["sha512-x"], "shasum": SHA1}, "sha1"),
        ({"integrity": f"{sri(b'another')}  {sri(BODY)}"}, "sha512"),
    ],
)
def test_the_strongest_hash_counts(dist: dict[str, object], algorithm: str) -> None:
    integrity = stated(dist)
    assert integrity is not None
    assert integrity.algorithm == algorithm
    assert integrity.matches(BODY)
    assert not integrity.matches(BODY + b"!")


@pytest.mark.parametrize(
    "dist",
    [{}, {"integrity": "sha512-AAAA"}, {"integrity": "md5-x", "shasum": SHA1[1:]}, {"shasum": 1}],
)
def test_what_can_not_be_read_proves_nothing(dist: dict[str, object]) -> None:
    assert stated(dist) is None


def test_a_weaker_hash_that_fits_is_no_excuse() -> None:
    integrity = stated({"integrity": f"{sri(b'another')} {sri(BODY, 'sha1')}", "shasum": SHA1})
    assert integrity is not None
    assert not integrity.matches(BODY)


def test_reads_hexadecimal_digests() -> None:
    integrity = of_hex("sha256", hashlib.sha256(BODY).hexdigest())
    assert integrity is not None
    assert integrity.matches(BODY)
    assert of_hex("sha256", "00") is of_hex("md5", "0" * 32) is of_hex("sha256", "é") is None


@pytest.mark.parametrize(
    ("paths", "readme"),
    [
        (["README", "README.md", "readme.markdown"], "README.md"),
        (["README.de.md", "README.md"], "README.md"),
        (["README.de.md", "README"], "README.de.md"),
        (["README", "README.txt"], "README"),
        (["Readme.rst", "readme.js"], "Readme.rst"),
        (["docs/README.md", "index.js", "readme-old.md"], None),
        ([], None),
    ],
)
def test_chooses_the_readme_as_npm_does(paths: list[str], readme: str | None) -> None:
    assert find_readme(paths) == readme


@pytest.mark.parametrize(
    ("paths", "changelog"),
    [
        (["History.md", "CHANGELOG.md"], "CHANGELOG.md"),
        (["CHANGELOG", "Changelog.md"], "Changelog.md"),
        (["lib/CHANGELOG.md", "CHANGES.txt"], "CHANGES.txt"),
        (["history.js", "changelog.json"], None),
    ],
)
def test_chooses_the_changelog(paths: list[str], changelog: str | None) -> None:
    assert find_changelog(paths) == changelog
