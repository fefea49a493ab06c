"""find-links: folders, files and pages beside the indexes, as pip has them."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.registries.pypi.conftest import members
from tests.support.python_index import PythonIndex
from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import NotFound
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.configuration.indexes import IndexConfig, read_index_config


def configured(folder: Path, **env: str) -> IndexConfig:
    told = {"PIP_CONFIG_FILE": os.devnull, **env}
    return read_index_config(PypiSettings(), env=told, folder=folder, home=folder / "home")


def make(folder: Path, config: IndexConfig) -> PypiAdapter:
    return PypiAdapter(config, PypiSettings(), DocumentCache(folder / "cache"))


def put(folder: Path, index: PythonIndex, *names: str) -> Path:
    """The index's files in a folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(index.files[name])
    return folder


async def installed(folder: Path, config: IndexConfig, root: str = "root") -> str:
    pypi = make(folder, config)
    try:
        fetched = await pypi.fetch(root, max_age=0)
        latest = fetched.document.dist_tags["latest"]
        return members(await pypi.environment(fetched, latest, ""))
    finally:
        await pypi.aclose()


async def test_a_folder_has_versions_beside_those_of_the_index(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0")
    with PythonIndex() as other:
        name = other.add("f", "2.0", "g")
        only = other.add("g", "1.0", kind="tar.gz")
        foreign = other.add("ff", "9.0")
        folder = put(tmp_path / "wheels", other, name, only, foreign)
    (folder / "notes.txt").write_text("")
    config = configured(tmp_path, PIP_INDEX_URL=index.index, PIP_FIND_LINKS="wheels")
    assert await installed(tmp_path, config) == "f==2.0 g==1.0 root==1.0"
    assert not [path for path in index.paths() if "f-2" in path or path.startswith("/files/g")]


async def test_without_an_index_the_folder_is_all_there_is(
    index: PythonIndex, tmp_path: Path
) -> None:
    folder = put(tmp_path / "wheels", index, index.add("root", "1.0"))
    env = {"PIP_NO_INDEX": "1", "PIP_INDEX_URL": index.index}
    config = configured(tmp_path, **env, PIP_FIND_LINKS=folder.as_uri())
    assert config.indexes == ()
    assert await installed(tmp_path, config) == "root==1.0"
    assert index.asked == []
    pypi = make(tmp_path, configured(tmp_path, **env))
    with pytest.raises(NotFound, match="no index is asked: PIP_NO_INDEX says no-index"):
        await pypi.fetch("root", max_age=0)
    await pypi.aclose()


async def test_a_page_has_files_of_many_projects_relative_to_itself(
    index: PythonIndex, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0")
    links = f"{index.url}/links {index.url}/absent {tmp_path}/absent"
    with PythonIndex() as empty, caplog.at_level(logging.WARNING):
        config = configured(tmp_path, PIP_INDEX_URL=empty.index, PIP_FIND_LINKS=links)
        assert await installed(tmp_path, config) == "f==1.0 root==1.0"
    assert "find-links: nothing is at 127.0.0.1" in caplog.text
    assert f"there is no folder or file {tmp_path}/absent" in caplog.text


async def test_of_equal_files_that_of_the_index_is_read(index: PythonIndex, tmp_path: Path) -> None:
    name = index.add("root", "1.0", "of-the-index")
    index.add("of-the-index", "1")
    with PythonIndex() as other:
        folder = put(tmp_path / "wheels", other, other.add("root", "1.0", "of-the-folder"))
    config = configured(tmp_path, PIP_INDEX_URL=index.index, PIP_FIND_LINKS=str(folder))
    assert await installed(tmp_path, config) == "of-the-index==1 root==1.0"
    assert f"/files/{name}" in index.paths()


async def test_an_archive_named_by_its_address_and_a_page_on_the_disk(
    index: PythonIndex, tmp_path: Path
) -> None:
    root, f = index.add("root", "1.0", "f"), index.add("f", "1.0")
    put(tmp_path, index, f)
    page = tmp_path / "page.html"
    page.write_text(f'<a href="{f}">f</a>')
    links = f"{index.url}/files/{root} {page}"
    config = configured(tmp_path, PIP_NO_INDEX="true", PIP_FIND_LINKS=links)
    assert await installed(tmp_path, config) == "f==1.0 root==1.0"


async def test_a_page_of_another_machine_names_no_file_of_this_one(
    index: PythonIndex, tmp_path: Path
) -> None:
    put(tmp_path, index, index.add("root", "1.0"))
    address = (tmp_path / "root-1.0-py3-none-any.whl").as_uri()
    index.pages["root"] = f'<a href="{address}">root-1.0-py3-none-any.whl</a>'.encode()
    pypi = make(tmp_path, configured(tmp_path, PIP_INDEX_URL=index.index))
    document = (await pypi.fetch("root", max_age=0)).document
    assert document.dist_tags == {}
    await pypi.aclose()


def test_uvs_find_links_and_flat_indexes_count_with_uvs_indexes(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text(
        'find-links = ["wheels"]\nno-index = true\nallow-insecure-host = ["https://a.example:8", "b.example"]\n'
        'keyring-provider = "subprocess"\nindex = [{ url = "https://c.example/flat", format = "flat" }]\n'
    )
    found = configured(tmp_path, UV_FIND_LINKS="https://d.example/links", SSL_CLIENT_CERT="/c.pem")
    assert found.find_links == (
        "https://d.example/links",
        "https://c.example/flat",
        (tmp_path / "wheels").as_uri(),
    )
    assert (found.indexes, found.keyring) == ((), "subprocess")
    assert found.trust.hosts == ("a.example:8", "b.example")
    assert found.trust.client_cert == Path("/c.pem")
