"""jsr's files: listed with checksums, fetched one by one, and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.file_server import FileServer
from tgtui.registries.archives.files import Limits, NoSuchFile
from tgtui.registries.base import BadSignature, Malformed, NotFound, TooLarge
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.jsr.files import UNCHECKED, JsrFiles

README = b"# \xc3\x85 path"
NAME, META = "@std/path", "/@std/path/1.0.0_meta.json"


def file(body: bytes) -> dict[str, Any]:
    return {"size": len(body), "checksum": f"sha256-{hashlib.sha256(body).hexdigest()}"}


@pytest.fixture
def server() -> Iterator[FileServer]:
    manifest = {
        "/README.md": file(README),
        "/mod.ts": file(b"export {}"),
        "/a b.ts": {"size": 1, "checksum": "md5-00"},
        "/../x": file(b""),
        "/odd": ["x"],
        "/large": {"size": 1 << 40, "checksum": file(b"")["checksum"]},
    }
    files = {
        META: json.dumps({"manifest": manifest}).encode(),
        "/@std/path/1.0.0/README.md": README,
        "/@std/path/1.0.0/mod.ts": b"export {evil}",
    }
    with FileServer(files) as running:
        yield running


@pytest.fixture
async def files(server: FileServer, tmp_path: Path) -> AsyncIterator[JsrFiles]:
    cache = DocumentCache(tmp_path)
    made = JsrFiles(f"{server.url}/", cache, Limits(), authorization=lambda url: None)
    yield made
    await made.aclose()


async def test_lists_files_by_the_versions_document(files: JsrFiles) -> None:
    listing = await files.listing(NAME, "1.0.0")
    assert [(each.path, each.note) for each in listing.files] == [
        ("README.md", ""),
        ("a b.ts", UNCHECKED),
        ("large", ""),
        ("mod.ts", ""),
    ]
    assert (listing.packed_bytes, listing.entries) == (None, 4)


async def test_reads_a_file_once_and_compares_it(files: JsrFiles, server: FileServer) -> None:
    readme = await files.readme(NAME, "1.0.0")
    assert (readme.path, readme.text, readme.origin, readme.proof) == (
        "README.md",
        "# Å path",
        "file",
        "sha256",
    )
    assert server.asked() == [META, "/@std/path/1.0.0/README.md"]
    server.is_down = True
    assert (await files.readme(NAME, "1.0.0")).text == readme.text
    assert server.asked() == []


@pytest.mark.parametrize(
    ("path", "error"),
    [("mod.ts", BadSignature), ("a b.ts", Malformed), ("large", TooLarge), ("x", NoSuchFile)],
)
async def test_what_can_not_be_shown_is_told(
    files: JsrFiles, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await files.text(NAME, "1.0.0", path)


async def test_a_version_without_changelog_or_manifest(files: JsrFiles, server: FileServer) -> None:
    with pytest.raises(NoSuchFile, match="no changelog"):
        await files.changelog(NAME, "1.0.0")
    with pytest.raises(NotFound):
        await files.listing(NAME, "2.0.0")
    server.files[META.replace("1.0.0", "3.0.0")] = b"[]"
    with pytest.raises(Malformed):
        await files.listing(NAME, "3.0.0")
    server.files[META.replace("1.0.0", "4.0.0")] = b"{}"
    assert (await files.listing(NAME, "4.0.0")).files == ()
