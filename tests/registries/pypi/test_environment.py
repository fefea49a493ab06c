"""An environment is what pip would install: on small indexes, whose answers are pip's own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.registries.pypi.cases import CASES
from tests.registries.pypi.conftest import environment, members
from tests.support.python_index import PythonIndex, metadata_of
from tgtui.registries.pypi.resolving import environment as resolving
from tgtui.versions.pypi.order import parsed

PIP = os.environ.get("TGTUI_TEST_PIP", "")


@pytest.mark.parametrize("case", CASES)
async def test_as_pip(case: str, index: PythonIndex, tmp_path: Path) -> None:
    fill, expected = CASES[case]
    fill(index)
    found = await environment(tmp_path, index.index)
    plain = " ".join(f"{m.name}=={m.version}" for m in found.members)
    assert (plain or None) == expected, found
    assert (found.error is None) == (expected is not None)


@pytest.mark.pip
@pytest.mark.parametrize("case", CASES)
def test_pip_itself_says_so(case: str, index: PythonIndex, tmp_path: Path) -> None:
    if not PIP:
        pytest.skip("TGTUI_TEST_PIP names no pip")
    fill, expected = CASES[case]
    fill(index)
    report = tmp_path / "report.json"
    asked = ["--isolated", "--no-cache-dir", "--disable-pip-version-check", "--retries=0"]
    asked += ["install", "--dry-run", "--ignore-installed"]
    done = subprocess.run(
        [PIP, *asked, "--report", str(report), "-q", "--index-url", index.index, "root"],
        capture_output=True,
        text=True,
        check=False,
    )
    if expected is None:
        assert done.returncode
        return
    assert not done.returncode, done.stderr
    told = [each["metadata"] for each in json.loads(report.read_text())["install"]]
    installed = {(each["name"], parsed(each["version"])) for each in told}
    wanted = {(n, parsed(v)) for n, _sign, v in (each.partition("==") for each in expected.split())}
    assert installed == wanted


class TestWords:
    async def test_a_conflict_names_who_asks_for_what(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        CASES["nothing goes together"][0](index)
        found = await environment(tmp_path, index.index)
        assert found.error == (
            "pip finds no versions that go together: a 1.0 depends on w>=2; b 1.0 depends on w<2."
        )

    async def test_what_there_is_is_told_where_nothing_fits(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        CASES["nothing fits"][0](index)
        found = await environment(tmp_path, index.index, python_version="3.12")
        assert found.error == (
            "root 1.0 depends on f>=9, but no version fits: there are 1.0; yanked are 2.0;"
            " for another Python than 3.12.0 are 10.0."
        )

    async def test_an_absent_package_is_named(self, index: PythonIndex, tmp_path: Path) -> None:
        index.add("root", "1.0", "gone>=1")
        found = await environment(tmp_path, index.index)
        assert found.error == ("root 1.0 depends on gone>=1, but pypi:gone is not in the registry.")

    async def test_python_itself_may_be_the_reason(
        self, index: PythonIndex, tmp_path: Path
    ) -> None:
        index.add("root", "1.0", "f")
        index.add("f", "1.0", metadata=metadata_of("f", "1.0", python=">=3.99"))
        found = await environment(tmp_path, index.index, python_version="3.12")
        assert found.error == "Not for Python 3.12.0: f 1.0 needs Python >=3.99."


async def test_what_only_a_build_would_tell_is_said_to_be_unknown(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "1.0", "old", "static")
    index.add("old", "1.0", "x", kind="tar.gz", metadata="Metadata-Version: 1.0\nName: old\nVersion: 1.0\n")  # fmt: skip
    index.add("static", "1.0", "x", kind="tar.gz")
    index.add("x", "1.0")
    found = await environment(tmp_path, index.index)
    assert members(found) == "old==1.0 root==1.0 static==1.0 x==1.0"
    (note,) = found.notes
    assert note == (
        "What pypi:old==1.0 needs is unknown: it comes as source alone, and only a build would tell."
    )


async def test_files_of_two_indexes_are_joined(index: PythonIndex, tmp_path: Path) -> None:
    index.add("root", "1.0", "f", "g")
    index.add("f", "1.0", "x")
    with PythonIndex() as second:
        second.add("f", "2.0")
        second.add("g", "1.0")
        found = await environment(tmp_path, index.index, second.index)
    assert members(found) == "f==2.0 g==1.0 root==1.0"


async def test_another_platform_has_its_own_wheels_and_markers(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "1.0", "f", "x; sys_platform == 'win32'", "y; python_full_version < '3.12.4'")
    index.add("f", "1.0", kind="py3-none-any.whl")
    index.add("f", "2.0", kind="cp312-cp312-win_amd64.whl")
    index.add("f", "3.0", kind="cp312-cp312-manylinux_2_28_x86_64.whl")
    index.add("x", "1.0")
    index.add("y", "1.0")
    here = {"python_version": "3.12.4", "platform": "win_amd64"}
    found = await environment(tmp_path / "1", index.index, **here)
    assert members(found) == "f==2.0 root==1.0 x==1.0"
    assert found.context == "Python 3.12.4 on win_amd64"
    linux = {"python_version": "3.12", "platform": "manylinux_2_28_x86_64"}
    assert members(await environment(tmp_path / "2", index.index, **linux)) == (
        "f==3.0 root==1.0 y==1.0"
    )


async def test_where_python_and_platform_mattered_it_says_so(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "1.0", "f<9", "g", "h", "i", "j", "f; python_version < '3'", "win; os_name == 'nt'")  # fmt: skip
    index.add("f", "1.0", "old[x]; python_version < '3'", "no; extra == 'x'", extras=["x"])
    for version, python in (("2.0", ">=3.13"), ("3.0", ">=3.14"), ("9.0", ">=3.99")):
        index.add("f", version, python=python)
    index.add("f", "4.0", python=">=3.14", yanked=True)
    index.add("f", "5.0rc1", python=">=3.14")
    index.add("g", "1.0")
    index.add("g", "2.0", kind="cp312-cp312-win_amd64.whl")
    index.add("h", "1.0")
    index.add("h", "2.0", metadata=metadata_of("h", "2.0", python="<3.12"))
    index.add("i", "1.0", "more; extra == 'a' and os_name == 'nt'", extras=["a"])
    index.add("j", "1.0", "i[a]")
    index.add("j", "2004d", kind="tar.gz")
    here = {"python_version": "3.12", "platform": "manylinux_2_28_x86_64"}
    found = await environment(tmp_path, index.index, **here)
    assert members(found) == "f==1.0 g==1.0 h==1.0 i==1.0[a] j==1.0 root==1.0"
    assert found.notes == (
        "Older versions because of Python 3.12.0 on manylinux_2_28_x86_64: f 1.0 (3.0 needs Python >=3.14),"
        " g 1.0 (2.0 has no file for it), h 1.0 (2.0 needs Python <3.12).",
    )


async def test_extras_of_the_root_and_of_members_are_told(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "1.0", "f[a]", "x; extra == 'more'", extras=["more"])
    index.add("f", "1.0", "y; extra == 'a'", extras=["a"])
    index.add("x", "1.0")
    index.add("y", "1.0")
    assert members(await environment(tmp_path / "1", index.index)) == "f==1.0[a] root==1.0 y==1.0"
    with_more = await environment(tmp_path / "2", index.index, root="Root[More]")
    assert members(with_more) == "f==1.0[a] root==1.0[more] x==1.0 y==1.0"


async def test_a_version_that_pep_440_refuses_is_never_chosen(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.add("root", "2004d", kind="tar.gz")
    index.add("root", "1.0")
    found = await environment(tmp_path, index.index, root="root==2004d")
    assert found.error == ("pip can't install root 2004d: its version is none that PEP 440 knows.")


async def test_one_request_for_a_page_and_one_for_a_chosen_version(
    index: PythonIndex, tmp_path: Path
) -> None:
    index.announces = True
    for number in range(5):
        index.add(f"p{number}", "1.0", f"p{number + 1}")
        index.add(f"p{number}", "0.9", f"p{number + 1}")
    index.add("p5", "1.0")
    await environment(tmp_path, index.index, root="p0")
    paths = index.paths()
    assert len([path for path in paths if path.startswith("/simple/")]) == 6
    assert len([path for path in paths if path.startswith("/files/")]) == 6


class TestGivenUp:
    async def test_after_too_many_documents(
        self, index: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolving, "MAX_DOCUMENTS", 5)
        for number in range(9):
            index.add(f"f{number}", "1.0", f"f{number + 1}")
        index.add("f9", "1.0")
        found = await environment(tmp_path, index.index, root="f0")
        assert not found.members
        assert found.error == (
            "Given up: it takes more than 5 documents to find what goes together."
        )
        assert len(index.paths()) < 10

    async def test_after_too_many_steps(
        self, index: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolving, "MAX_ROUNDS", 5)
        index.add("root", "1.0", *(f"f{number}" for number in range(9)))
        for number in range(9):
            index.add(f"f{number}", "1.0")
        found = await environment(tmp_path, index.index)
        assert not found.members
        assert found.error == "Given up: after 5 steps nothing was found that goes together."
