"""Shortcuts in reading a page, next to the libraries whose work they leave out."""

from __future__ import annotations

import json
from itertools import product
from urllib.parse import urldefrag, urljoin

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion

from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import NotFound
from tgtui.registries.pypi.documents.page import Page, decode_page
from tgtui.registries.pypi.target import target_of

ADDRESS = "https://index.test/simple/foo-bar/"
TARGET = target_of(PypiSettings())
WHEEL = "foo_bar-1.0-py3-none-any.whl"

NAMES = ("foo_bar", "Foo.Bar", "foo__bar", "foo_bar.", "foo_bär")
VERSIONS = ("1.0", "1.0.post1", "1.0+a.b", "1_0", "one")
BUILDS = ("", "-1", "-2b", "-b", "-1-2")
PYTHONS = ("py3", "py2.py3", "PY3", "py3.", "3.py3", "py3.x!")
ABIS = ("none", "abi3.none", ".none")
PLATFORMS = ("any", "any.win32", "any.", "any x")

STARTS = ("https://files.test", "http://index.test", "HTTPS://files.test", "", "//files.test")
STEPS = ("", "/", "/a", "/.", "/..", "/b%20c", "/a b", "/é", "/a\t", ";x", "/~d", "/..a")
ENDS = ("", "#sha256=ab", "?", "?q=1", "?q#f", f"/{WHEEL}")


def page_of(filename: str, url: str) -> Page | None:
    body = json.dumps({"files": [{"filename": filename, "url": url, "hashes": {}}]}).encode()
    try:
        return decode_page(body, "foo-bar", ADDRESS, TARGET)
    except NotFound:
        return None


def by_packaging(filename: str) -> tuple[object, ...] | None:
    """(version, build) of a wheel of ours that can be used here."""
    try:
        name, version, build, tags = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidVersion):
        return None
    is_usable = name == "foo-bar" and any(str(tag) in TARGET.ranks for tag in tags)
    return (version, build) if is_usable else None


def test_a_wheel_is_tried_if_packaging_reads_its_name() -> None:
    usable = 0
    for name, version, build, *tags in product(NAMES, VERSIONS, BUILDS, PYTHONS, ABIS, PLATFORMS):
        filename = f"{name}-{version}{build}-{'-'.join(tags)}.whl"
        page = page_of(filename, f"https://files.test/{filename}")

        tried = [(each.version, each.preference[1]) for each in page.candidates] if page else []

        wanted = by_packaging(filename)
        assert tried == ([wanted] if wanted else []), filename
        usable += len(tried)
    assert usable > 100


def test_an_address_is_what_joining_makes_of_it() -> None:
    for start, *steps, end in product(STARTS, STEPS, STEPS, ENDS):
        url = f"{start}{''.join(steps)}{end}"
        page = page_of(WHEEL, url)

        assert page
        assert page.candidates[0].file.url == urldefrag(urljoin(ADDRESS, url))[0], url
