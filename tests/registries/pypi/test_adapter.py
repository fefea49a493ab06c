"""The adapter: pages in both forms, metadata however it can be had, credentials, and bad answers as sentences."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.registries.pypi.conftest import adapter, environment, members
from tests.support.http_thread import Reply
from tests.support.python_index import PythonIndex, metadata_of
from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import (
    FetchedDocument,
    Forbidden,
    InvalidName,
    Malformed,
    NotFound,
    RegistryError,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.configuration.indexes import read_index_config
from tgtui.versions.pypi.rules import PypiRules
from tgtui.versions.rules import NotPicked

WRONG_PARTS = [
    Reply(206, b"x" * 10, {"Content-Range": "bytes 0-9/10"}),
    Reply(206, b"x" * 10, {"Content-Range": "bytes 5-14/1000"}),
    Reply(206, b"x" * 10, {"Content-Range": "bytes 0-9/*"}),
    Reply(206, b"x" * 10),
]
"""From a host that promised parts."""


async def fetched(folder: Path, index: PythonIndex, name: str = "f") -> FetchedDocument:
    async with adapter(folder, index.index) as pypi:
        return await pypi.fetch(name, max_age=0)


@pytest.mark.parametrize("is_json", [True, False])
async def test_versions_are_told_from_both_forms_of_a_page(
    index: PythonIndex, tmp_path: Path, is_json: bool
) -> None:
    index.serves_json = is_json
    index.add("f", "1.0.0", python=">=2.7,<4")
    index.add("f", "2.0", yanked="it is <broken>")
    index.add("f", "2.0", kind="tar.gz", yanked="it is <broken>")
    index.add("f", "3.0", python=">=3.99")
    index.add("f", "1.5rc1", yanked=True)
    index.add("f", "2004d", kind="tar.gz")
    document = (await fetched(tmp_path, index)).document
    assert [v.version for v in document.versions] == ["3.0", "2.0", "1.5rc1", "1.0.0", "2004d"]
    yanked = {v.version: v.yank_message for v in document.versions if v.is_yanked}
    # A page in HTML has `data-yanked`, whose emptiness says no reason.
    assert yanked == {"2.0": "it is <broken>", "1.5rc1": None}
    assert document.dist_tags == {"latest": "1.0.0"}
    dated = [v.version for v in document.versions if v.published_at is not None]
    assert len(dated) == (5 if is_json else 0)


async def test_what_a_version_says_of_itself(index: PythonIndex, tmp_path: Path) -> None:
    said = (
        "Summary: Does things.", "License-Expression: MIT", "Keywords: one,two", "Author: Ann <a@b.c>",
        "Project-URL: Source Code, https://github.com/ann/f", "Home-page: https://f.example/",
        "Classifier: Typing :: Typed",
    )  # fmt: skip
    index.add("f", "1.0", metadata=metadata_of("f", "1.0", ("x>=1",), (), ">=3.8", *said))
    async with adapter(tmp_path, index.index) as pypi:
        found = await pypi.fetch("F", max_age=0)
        edges = await pypi.load(found, ["1.0"])
        document, facts = found.document, found.document.facts_of("1.0")
    assert (document.name, document.description) == ("f", "Does things.")
    assert document.homepage == "https://f.example/"
    assert document.repository == "https://github.com/ann/f"
    assert (facts.licence, facts.keywords, facts.author) == ("MIT", ("one", "two"), "Ann")
    assert (facts.engines, facts.has_types) == ((("python", ">=3.8"),), True)
    assert facts.download_size == len(index.files["f-1.0-py3-none-any.whl"])
    assert [(e.name, e.range, e.type) for e in edges["1.0"]] == [("x", ">=1", "runtime")]


async def test_edges_of_extras_and_of_other_platforms_are_none_that_an_install_follows(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add(
        "f", "1.0", "A_a[Fast,x]>=1", "b; extra == 'socks'", "c; sys_platform == 'nowhere'",
        "d<2; python_version > '3' and extra == 'more'", extras=["socks", "more"],
    )  # fmt: skip
    async with adapter(tmp_path, index.index) as pypi:
        found = await pypi.fetch("f", max_age=0)
        edges = (await pypi.load(found, ["1.0"]))["1.0"]
    told = [(e.name, e.declared_name, e.range, e.type, e.source_field) for e in edges]
    assert told == [
        ("a-a", "a-a[fast,x]", ">=1", "runtime", "requires"),
        ("b", None, "", "peer", "extra socks"),
        ("c", None, '; sys_platform == "nowhere"', "peer", "elsewhere"),
        ("d", None, '<2; python_version > "3" and extra == "more"', "peer", "extra more"),
    ]


async def test_a_requirement_that_pip_refuses_is_an_edge_that_nothing_resolves(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("f", "1.0", "pytz==2011k", "Foo_x[y]>=1.0.*; os_name == 'posix'", "b >= 1.*; extra == 'x'", "???")  # fmt: skip
    async with adapter(tmp_path, index.index) as pypi:
        found = await pypi.fetch("f", max_age=0)
        edges = (await pypi.load(found, ["1.0"]))["1.0"]
    told = [(e.name, e.range, e.source_field) for e in edges]
    assert told == [
        ("pytz", "==2011k", "requires"),
        ("foo-x", ">=1.0.*; os_name == 'posix'", "requires"),
    ]
    rules = PypiRules().index(["2011.1", "1.0"], {}, (), {})
    reasons = [rules.pick(wanted, None) for _name, wanted, _field in told]
    assert [each.reason for each in reasons if isinstance(each, NotPicked)] == [
        "'==2011k' is no version specifier (PEP 440).",
        "'>=1.0.*' is no version specifier (PEP 440).",
    ]


class TestMetadata:
    @pytest.mark.parametrize("is_large", [False, True])
    async def test_the_end_of_a_wheel_is_enough(
        self, index: PythonIndex, tmp_path: Path, is_large: bool
    ) -> None:
        index.add("root", "1.0", "x", is_large=is_large)
        index.add("x", "1.0")
        found = await environment(tmp_path, index.index)
        assert members(found) == "root==1.0 x==1.0"
        spans = [span for path, span in index.asked if path.startswith("/files/root")]
        assert spans[0] == "bytes=-65536"
        assert len(spans) == (2 if is_large else 1)

    async def test_announced_metadata_is_taken_and_checked(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.announces = True
        index.add("root", "1.0", "x")
        index.add("x", "1.0")
        assert members(await environment(tmp_path, index.index)) == "root==1.0 x==1.0"
        assert [path for path in index.paths() if path.startswith("/files/")] == [
            "/files/root-1.0-py3-none-any.whl.metadata",
            "/files/x-1.0-py3-none-any.whl.metadata",
        ]
        index.projects["root"][0]["text"] = "something else"
        body = json.loads(index._reply(_request("/simple/root/")).body)
        body["files"][0]["core-metadata"] = {"sha256": "0" * 64}
        index.pages["root"] = json.dumps(body).encode()
        assert members(await environment(tmp_path / "2", index.index)) == "root==1.0 x==1.0"

    async def test_a_whole_wheel_is_read_where_no_part_is_granted(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.grants_ranges = False
        index.add("root", "1.0", "x", is_large=True)
        index.add("x", "1.0")
        assert members(await environment(tmp_path, index.index)) == "root==1.0 x==1.0"

    @pytest.mark.parametrize("reply", [Reply(416), Reply(501), *WRONG_PARTS])
    @pytest.mark.parametrize("kind", ["py3-none-any.whl", "tar.gz"])
    async def test_a_whole_file_is_read_where_a_part_is_refused_or_another_one_comes(
        self, index: PythonIndex, tmp_path: Path, reply: Reply, kind: str
    ) -> None:
        index.to_parts = reply
        index.add("root", "1.0", "x", kind=kind)
        index.add("x", "1.0")
        assert members(await environment(tmp_path, index.index)) == "root==1.0 x==1.0"

    async def test_a_source_archive_counts_where_no_build_decides_what_it_needs(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        needs, more = ("Requires-Dist: x",), ("Dynamic: Summary", "Dynamic: Requires-Dist")
        head = "Metadata-Version: 2.2\nName: f\n"
        for minor, said in enumerate(((*needs, more[0]), (*needs, *more), (more[1].lower(),))):
            lines = [f"Version: 1.{minor}", *said]
            index.add("f", f"1.{minor}", kind="tar.gz", metadata=head + "\n".join(lines) + "\n")
        index.add("f", "1.9", kind="tar.gz", metadata=head.replace("2.2", "2.1") + "Version: 1.9\n")
        async with adapter(tmp_path, index.index) as pypi:
            found = await pypi.fetch("f", max_age=0)
            edges = await pypi.load(found, ["1.0", "1.1", "1.2", "1.9"])
            unknown = [v for v in edges if found.document.facts_of(v).warnings]
        assert {v: [e.name for e in of] for v, of in edges.items() if v not in unknown} == {
            "1.0": ["x"]
        }
        assert unknown == ["1.1", "1.2", "1.9"]

    @pytest.mark.parametrize(
        "folders", [(), ("f-2.0.dist-info", "F-2.0.dist-info"), ("vendored/f-2.0.dist-info",)]
    )
    async def test_a_wheel_without_metadata_of_its_own_is_passed_over(
        self, index: PythonIndex, tmp_path: Path, folders: tuple[str, ...]
    ) -> None:
        index.add("root", "1.0", "f")
        index.add("f", "1.0")
        index.add("f", "2.0", folders=folders)
        assert members(await environment(tmp_path, index.index)) == "f==1.0 root==1.0"

    async def test_of_two_folders_that_of_the_wheel_counts(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0", folders=("other-9.dist-info", "root-1.0.dist-info"))
        assert members(await environment(tmp_path, index.index)) == "root==1.0"

    async def test_it_is_kept_and_not_asked_for_again(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0")
        await environment(tmp_path, index.index)
        index.paths()
        await environment(tmp_path, index.index)
        assert index.paths() == ["/simple/root/"]

    async def test_a_version_that_can_not_be_read_is_loaded_with_the_reason(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("f", "1.0", kind="tar.gz", metadata="Metadata-Version: 1.1\nName: f\n")
        async with adapter(tmp_path, index.index) as pypi:
            found = await pypi.fetch("f", max_age=0)
            assert await pypi.load(found, ["1.0"]) == {"1.0": ()}
            (why,) = found.document.facts_of("1.0").warnings
        assert why.startswith("What pypi:f==1.0 needs is unknown")


class TestBadAnswers:
    async def test_what_is_absent_is_not_found(self, index: PythonIndex, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="pypi:f is not in the registry"):
            await fetched(tmp_path, index)

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"", Malformed),
            (b"Sign in", Malformed),
            (b"{", Malformed),
            (b"[]", Malformed),
            (b'{"name": "other", "files": []}', Malformed),
            (b'{"name": "f", "files": 3}', Malformed),
            (b"<html>Sign in</html>", NotFound),
            (b'{"name": "f", "files": []}', NotFound),
        ],
    )
    async def test_an_answer_that_is_no_page(
        self, index: PythonIndex, tmp_path: Path, body: bytes, error: type[RegistryError]
    ) -> None:
        index.pages["f"] = body
        with pytest.raises(error, match="pypi:f"):
            await fetched(tmp_path, index)

    async def test_a_file_that_can_not_be_read_leaves_the_others(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("f", "1.0")
        body = json.loads(index._reply(_request("/simple/f/")).body)
        body["files"] += [3, {"filename": 5}, {"filename": "f-9.whl", "url": "::"}]
        body["files"] += [
            {"filename": "../f-3.0.tar.gz", "url": "file:///etc/passwd", "hashes": {}}
        ]
        index.pages["f"] = json.dumps(body).encode()
        document = (await fetched(tmp_path, index)).document
        assert [v.version for v in document.versions] == ["1.0"]

    @pytest.mark.parametrize("base", ["/files/", "../../files/", "{url}/files/", "http://["])
    async def test_a_page_with_a_base(self, index: PythonIndex, tmp_path: Path, base: str) -> None:
        name = index.add("root", "1.0", "x")
        index.add("x", "1.0")
        index.pages["root"] = (
            f'<!DOCTYPE html><base href="{base.format(url=index.url)}"><base href="/nowhere/">'
            f'<a href="http://[#">x</a><a href="{name}#sha256=">{name}</a>'
        ).encode()
        if base == "http://[":
            with pytest.raises(NotFound, match="pypi:root has no version on the index"):
                await fetched(tmp_path, index, "root")
        else:
            assert members(await environment(tmp_path, index.index)) == "root==1.0 x==1.0"

    async def test_a_quarantined_project_is_said_to_be(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.pages["f"] = (
            b'{"name": "f", "files": [], "project-status": {"status": "quarantined"}}'
        )
        with pytest.raises(NotFound, match="quarantined"):
            await fetched(tmp_path, index)

    async def test_a_name_that_can_not_be_is_refused_before_it_is_asked_for(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        for bad in ("../f", "a b", "f[", ""):
            with pytest.raises(InvalidName):
                await fetched(tmp_path, index, bad)
        assert index.asked == []

    async def test_an_index_that_needs_a_login_says_so_and_gets_it_from_its_address(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0")
        index.login = "Basic " + base64.b64encode(b"ann:secret").decode()
        with pytest.raises(Forbidden, match="needs a login"):
            await fetched(tmp_path, index, "root")
        told = index.index.replace("//", "//ann:secret@", 1)
        assert members(await environment(tmp_path, told)) == "root==1.0"

    async def test_the_rest_goes_on_where_one_index_has_none(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0")
        with PythonIndex() as empty:
            found = await environment(tmp_path, empty.index, index.index)
        assert members(found) == "root==1.0"


async def test_the_first_index_that_has_a_name_is_the_only_one_as_with_uv(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("f", "1.0")
    with PythonIndex() as second:
        second.add("f", "2.0")
        env = {"UV_INDEX": index.index, "UV_DEFAULT_INDEX": second.index}
        config = read_index_config(PypiSettings(), env=env, folder=tmp_path, home=tmp_path)
        pypi = PypiAdapter(config, PypiSettings(), DocumentCache(tmp_path / "cache"))
        document = (await pypi.fetch("f", max_age=0)).document
        await pypi.aclose()
    assert [v.version for v in document.versions] == ["1.0"]


def _request(path: str):  # type: ignore[no-untyped-def]
    from tests.support.http_thread import Request

    return Request("GET", path, {})


class TestSeveralIndexes:
    async def test_a_name_on_two_indexes_is_warned_of_and_says_which_one_a_version_is_from(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0", "acme-tools")
        index.add("acme-tools", "1.0")
        with PythonIndex() as public:
            public.add("acme-tools", "9.9", "stealer")
            public.add("stealer", "1.0")
            here, there = (each.index.removeprefix("http://") for each in (index, public))
            found = await environment(tmp_path, index.index, public.index)
            async with adapter(tmp_path, index.index, public.index) as pypi:
                fetched = await pypi.fetch("acme-tools", max_age=0)
                await pypi.load(fetched, ["9.9"])
                said = fetched.document.facts_of("9.9").warnings
        # Both are on one machine here: the address tells them apart by more than the host.
        assert members(found) == "acme-tools==9.9 root==1.0 stealer==1.0"
        assert len(found.notes) == 1
        assert found.notes == said
        assert said[0] == (
            f"acme-tools is on two indexes, {here} and {there}: pip takes the highest version of all,"
            f" whoever published it. 9.9 is from {there}."
        )

    async def test_a_mirror_of_the_same_files_and_a_folder_of_ones_own_are_not_warned_of(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        with PythonIndex() as mirror:
            for each in (index, mirror):
                each.add("root", "1.0")
            index.add("root", "2.0")
            found = await environment(tmp_path, index.index, mirror.index)
        assert (members(found), found.notes) == ("root==2.0", ())

    async def test_of_one_version_on_two_indexes_the_file_of_the_later_is_the_one(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("f", "1.0", "first", yanked=True)
        index.add("f", "2.0", yanked=True)
        with PythonIndex() as second:
            second.add("f", "1.0", "second")
            async with adapter(tmp_path, index.index, second.index) as pypi:
                fetched = await pypi.fetch("f", max_age=0)
                edges = await pypi.load(fetched, ["1.0"])
            yanked = {each.version: each.is_yanked for each in fetched.document.versions}
        assert [edge.name for edge in edges["1.0"]] == ["second"]
        assert yanked == {"1.0": False, "2.0": True}
