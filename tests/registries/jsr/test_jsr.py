"""jsr: versions and yanks, exact constraints, and where the lossy document stands in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.file_server import FileServer
from tests.support.places import RECORDINGS
from tgtui.registries.base import Malformed, NotFound
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.jsr.adapter import JsrAdapter
from tgtui.registries.jsr.configuration import read_tokens
from tgtui.registries.jsr.document import decode_meta, decode_version_meta, read_specifier

RECORDED: dict[str, Any] = json.loads((RECORDINGS / "jsr" / "documents.json").read_text())
METAS = sorted(path.removesuffix("/meta.json") for path in RECORDED if path.endswith("/meta.json"))
GRAPHS = sorted(path for path in RECORDED if path.endswith("_meta.json"))
SAMPLE = "@tgtui-sample/yanked"


@pytest.fixture
def server() -> Iterator[FileServer]:
    files = {f"/{path}": json.dumps(body).encode() for path, body in RECORDED.items()}
    with FileServer(files) as running:
        yield running


@asynccontextmanager
async def adapter(server: FileServer, folder: Path) -> AsyncIterator[JsrAdapter]:
    made = JsrAdapter(
        f"{server.url}/",
        f"{server.url}/npm/",
        DocumentCache(folder),
        authorization=lambda url: None,
    )
    try:
        yield made
    finally:
        await made.aclose()


@pytest.mark.parametrize("name", METAS)
def test_every_recorded_package_is_read(name: str) -> None:
    found = RECORDED[f"{name}/meta.json"]
    meta = decode_meta(json.dumps(found).encode(), name)
    assert [v.version for v in meta.versions] == list(found["versions"])
    yanked = {version for version, told in found["versions"].items() if told.get("yanked")}
    assert {v.version for v in meta.versions if v.is_yanked} == yanked
    dated = {version for version, told in found["versions"].items() if told.get("createdAt")}
    assert {v.version for v in meta.versions if v.published_at} == dated
    assert meta.latest == found.get("latest")


@pytest.mark.parametrize("path", GRAPHS)
def test_every_specifier_of_every_recorded_version_is_read(path: str) -> None:
    name, _, file = path.rpartition("/")
    body = json.dumps(RECORDED[path])
    found = decode_version_meta(body.encode(), name, file.removesuffix("_meta.json"))
    assert found.dependencies is not None
    wanted = {text for text in _strings(RECORDED[path]) if text.startswith(("jsr:", "npm:"))}
    edges = [read_specifier(text) for text in wanted]
    assert {(e.registry, e.name, e.range) for e in found.dependencies} == {
        (e.registry, e.name, e.range) for e in edges if e is not None
    }


def _strings(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for item in found:
            yield from _strings(item)
    elif isinstance(found, dict):
        for item in found.values():
            yield from _strings(item)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("jsr:@std/path@^1.0.0/posix", ("jsr", "@std/path", "^1.0.0")),
        ("jsr:/@std/path@1", ("jsr", "@std/path", "1")),
        ("jsr:@std/path", ("jsr", "@std/path", "*")),
        ("npm:chalk@5/source/index.js", ("npm", "chalk", "5")),
        ("npm:/@scope/name@^1.2.0", ("npm", "@scope/name", "^1.2.0")),
        ("npm:chalk", ("npm", "chalk", "*")),
        ("npm:chalk@%5E5.0.0", ("npm", "chalk", "^5.0.0")),
        ("node:fs", None),
        ("./mod.ts", None),
        ("https://deno.land/x/mod.ts", None),
        ("jsr:path", None),
        ("jsr:", None),
    ],
)
def test_specifiers(specifier: str, expected: tuple[str, str, str] | None) -> None:
    edge = read_specifier(specifier)
    assert (edge and (edge.registry, edge.name, edge.range)) == expected


class TestAdapter:
    async def test_latest_is_jsrs_own_and_not_npms(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(server, tmp_path) as jsr:
            document = (await jsr.fetch(SAMPLE, max_age=0)).document
            assert document.dist_tags == {"latest": "1.2.0"}
            assert document.description == (
                "Synthetic package made for tests; it does not exist on JSR."
            )
            assert [v.version for v in document.versions if v.is_yanked] == [
                "1.1.0",
                "1.2.1",
                "2.0.0",
            ]

    async def test_constraints_are_exact_where_the_npm_document_has_one_of_each(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            exact = (await jsr.load(fetched, ["1.2.0"]))["1.2.0"]
            of_path = {e.range for e in exact if e.name == "@std/path"}
            assert of_path == {"^0.213.0", "^0.224.0", "~0.218.2"}
            assert {(e.registry, e.range) for e in exact if e.name == "chalk"} == {
                ("npm", "4"),
                ("npm", "5"),
                ("npm", "^5.3.0"),
            }
            lossy = fetched.document.dependencies_of("1.2.0")
            assert [e.range for e in lossy if e.name == "@std/path"] == ["~0.218.2"]

    async def test_a_yanked_version_has_its_dependencies(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            assert [e.name for e in (await jsr.load(fetched, ["1.2.1"]))["1.2.1"]] == ["@std/path"]

    async def test_without_a_module_graph_the_npm_document_answers(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        del server.files[f"/{SAMPLE}/1.2.0_meta.json"]
        server.files[f"/{SAMPLE}/1.0.0_meta.json"] = b'{"manifest": {}, "exports": {}}'
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            loaded = await jsr.load(fetched, ["1.2.0", "1.0.0"])
            assert {e.name for e in loaded["1.2.0"]} >= {"@std/path", "chalk"}
            assert [(e.name, e.range) for e in loaded["1.0.0"]] == [("@std/path", "^0.213.0")]

    async def test_sizes_are_those_of_the_files_a_version_lists(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        files = {"/a.ts": {"size": 100, "checksum": "sha256-x"}, "/README.md": {"size": 23}}
        server.files[f"/{SAMPLE}/1.0.0_meta.json"] = json.dumps({"manifest": files}).encode()
        odd = {"manifest": {"/a.ts": {"size": -1}, "/b.ts": []}}
        server.files[f"/{SAMPLE}/1.2.0_meta.json"] = json.dumps(odd).encode()
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            with pytest.raises(KeyError):
                fetched.document.facts_of("1.0.0")
            await jsr.load(fetched, ["1.0.0", "1.2.0"])
            facts = fetched.document.facts_of("1.0.0")
            assert (facts.unpacked_size, facts.file_count) == (123, 2)
            assert (facts.modules, facts.has_types, facts.install_scripts) == ("esm", True, ())
            assert facts.licence is None
            assert fetched.document.facts_of("1.2.0").unpacked_size is None

    async def test_a_versions_own_document_is_asked_for_once(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            await jsr.load(fetched, ["1.2.0"])
            server.asked()
            again = await jsr.fetch(SAMPLE, max_age=0)
            await jsr.load(again, ["1.2.0"])
            assert server.asked() == [f"/{SAMPLE}/meta.json", "/npm/@jsr/tgtui-sample__yanked"]

    async def test_without_the_npm_document_only_the_description_is_lost(
        self, server: FileServer, tmp_path: Path
    ) -> None:
        del server.files["/npm/@jsr/tgtui-sample__yanked"]
        async with adapter(server, tmp_path) as jsr:
            fetched = await jsr.fetch(SAMPLE, max_age=0)
            assert fetched.document.description is None
            assert (await jsr.load(fetched, ["1.0.0"]))["1.0.0"]

    async def test_never_asks_for_html(self, server: FileServer, tmp_path: Path) -> None:
        async with adapter(server, tmp_path) as jsr:
            await jsr.fetch(SAMPLE, max_age=0)
        assert all("text/html" not in r.headers["accept"] for r in server.requests)

    async def test_not_found_and_malformed(self, server: FileServer, tmp_path: Path) -> None:
        server.files["/@std/html/meta.json"] = b"<html>"
        server.files["/@std/other/meta.json"] = json.dumps(RECORDED["@std/fs/meta.json"]).encode()
        server.files["/@std/none/meta.json"] = b'{"versions": {}}'
        async with adapter(server, tmp_path) as jsr:
            for name, kind in (
                ("@std/gone", NotFound),
                ("@std/html", Malformed),
                ("@std/other", Malformed),
                ("@std/none", NotFound),
            ):
                with pytest.raises(kind):
                    await jsr.fetch(name, max_age=0)


def test_tokens_go_to_their_own_host() -> None:
    tokens = read_tokens("abc@jsr.example;user:word@private.example:8080;nonsense")
    assert tokens["jsr.example"] == "Bearer abc"
    assert tokens["private.example:8080"].startswith("Basic ")
    assert len(tokens) == 2
