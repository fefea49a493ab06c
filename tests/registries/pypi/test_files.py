"""What can be read of a version: the description in its metadata, and the archives that its indexes list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.python_index import PythonIndex, metadata_of
from tgtui.basics.settings import PypiSettings
from tgtui.registries.archives.files import NoSuchFile, NotText
from tgtui.registries.base import NotFound
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.gate import HostGate
from tgtui.registries.pypi.files import PypiFiles, make_files
from tgtui.registries.registration import RegistryOptions


@pytest.fixture
async def files(index: PythonIndex, tmp_path: Path) -> AsyncIterator[PypiFiles]:
    options = RegistryOptions(tmp_path / "cache", pypi=PypiSettings(index=index.index))
    made = make_files(options, DocumentCache(options.cache_folder), HostGate())
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    ("kind", "path", "is_markdown"),
    [
        ("text/markdown; charset=UTF-8; variant=GFM", "README.md", True),
        ("text/x-rst", "README.rst", False),
        ("text/plain", "README.txt", False),
        (None, "README.rst", False),
    ],
)
async def test_the_description_is_the_readme(
    index: PythonIndex, files: PypiFiles, kind: str | None, path: str, is_markdown: bool
) -> None:
    said = (f"Description-Content-Type: {kind}",) if kind else ()
    text = metadata_of("f", "1.0", (), (), None, *said).replace(
        "The long description.", "# Größe\n\nFrom: here"
    )
    index.add("f", "1.0", metadata=text)
    found = await files.readme("f", "1.0")
    assert (found.path, found.is_markdown, found.origin) == (path, is_markdown, "document")
    assert found.text == "# Größe\n\nFrom: here\n"
    index.paths()
    await files.readme("f", "1.0")
    assert index.paths() == []


async def test_the_older_header_is_read_without_its_indents(
    index: PythonIndex, files: PypiFiles
) -> None:
    said = "Description: Title\n        =====\n        \n        Text.\n"
    old = f"Metadata-Version: 1.1\nName: f\nVersion: 1.0\n{said}"
    index.add("f", "1.0", kind="tar.gz", metadata=old)
    assert (await files.readme("f", "1.0")).text.split("\n")[:2] == ["Title", "====="]


async def test_what_has_no_readme_says_so(index: PythonIndex, files: PypiFiles) -> None:
    index.add("f", "1.0", metadata="Metadata-Version: 2.1\nName: f\nVersion: 1.0\n")
    with pytest.raises(NoSuchFile, match="has no README"):
        await files.readme("f", "1.0")
    with pytest.raises(NotFound, match=r"has no version 9\.9"):
        await files.readme("f", "9.9")
    with pytest.raises(NoSuchFile, match="has no changelog"):
        await files.changelog("f", "1.0")
    with pytest.raises(NotText, match="an archive, which is not opened"):
        await files.text("f", "1.0", "f-1.0-py3-none-any.whl")


async def test_the_archives_of_a_version_are_listed_with_tags_hash_and_size(
    index: PythonIndex, files: PypiFiles
) -> None:
    wheel = index.add("f", "1.0.0", kind="cp311-cp311-win_amd64.whl", python=">=3.8")
    source = index.add("f", "1.0.0", kind="tar.gz", yanked="broken")
    index.add("f", "2.0")
    found = await files.listing("f", "1.0.0")
    assert [each.path for each in found.files] == [wheel, source]
    first, second = (each.note for each in found.files)
    assert first.startswith("a wheel for cp311-cp311-win_amd64, Python >=3.8, sha256 ")
    assert second.startswith("a source archive, yanked: broken, sha256 ")
    assert found.unpacked_bytes == len(index.files[wheel]) + len(index.files[source])
    assert found.is_list
    # A version that came since is not in what was kept.
    index.add("f", "3.0")
    assert len((await files.listing("f", "3.0")).files) == 1
    with pytest.raises(NoSuchFile, match="has no files on the index"):
        await files.listing("f", "4.0")
