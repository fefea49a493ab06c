"""Which files of a folder are read, and which are not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tgtui.basics.errors import UsageError
from tgtui.services.personal.projects import walking
from tgtui.services.personal.projects.graph import LockedGraph, shared_between
from tgtui.services.personal.projects.walking import Reading, read_folder

PACKAGE = '{"name": "x", "dependencies": {"ms": "^2"}}'


def read(folder: Path) -> Reading:
    found = read_folder(folder)
    assert found is not None
    return found


def write(folder: Path, *paths: str, text: str = PACKAGE) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def test_installed_hidden_and_ignored_folders_are_not_walked(tmp_path: Path) -> None:
    write(
        tmp_path,
        "package.json",
        "packages/a/package.json",
        "node_modules/ms/package.json",
        ".git/package.json",
        "dist/package.json",
        "packages/a/out/package.json",
        "packages/a/kept/package.json",
        "env/package.json",
    )
    (tmp_path / ".gitignore").write_text("/dist\nkept/\n")
    (tmp_path / "packages/a/.gitignore").write_text("out\n!kept/\n")
    (tmp_path / "env/pyvenv.cfg").write_text("")
    assert [each.path for each in read(tmp_path).files] == [
        "package.json",
        "packages/a/kept/package.json",
        "packages/a/package.json",
    ]


def test_links_are_no_way_out_and_no_loop(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(tmp_path, "secret.json", text='{"name": "secret"}')
    write(project, "package.json")
    (project / "again").symlink_to(project)
    (project / "package-lock.json").symlink_to(tmp_path / "secret.json")
    (project / "yarn.lock").symlink_to(project / "yarn.lock")
    found = read(project)
    assert [each.path for each in found.files] == ["package-lock.json", "package.json"]
    (problem,) = found.problems
    assert "link out of the project" in problem.message
    assert "secret" not in repr(found)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    write(tmp_path, "package.json")
    write(tmp_path, f"{os.fsdecode(bytes([255, 254]))}/package.json")
    found = read(tmp_path)
    assert [each.path for each in found.files] == ["package.json"]
    (problem,) = found.problems
    assert problem.sentence == "The name of the folder ?? is no text; it was not read."


def test_what_is_too_much_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_FILES", 2)
    write(tmp_path, *(f"p{n}/package.json" for n in range(4)))
    found = read(tmp_path)
    assert len(found.files) == 2
    assert "more than 2 files" in found.problems[0].sentence
    monkeypatch.setattr(walking, "MAX_FILES", 10)
    monkeypatch.setattr(walking, "MAX_DEPTH", 1)
    write(tmp_path, "a/b/c/package.json")
    assert "in each other" in read(tmp_path).problems[0].sentence


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "package.json")
    os.mkfifo(tmp_path / "package-lock.json")
    assert [each.path for each in read(tmp_path).files] == ["package.json"]


def test_nothing_is_read_again_that_did_not_change(tmp_path: Path) -> None:
    write(tmp_path, "package.json")
    found = read(tmp_path)
    assert read_folder(tmp_path, found.digest) is None
    write(tmp_path, "packages/a/package.json")
    assert read_folder(tmp_path, found.digest) is not None


def test_a_folder_without_anything_says_what_would_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no package\.json"):
        read_folder(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        read_folder(tmp_path / "none")


def test_a_machine_is_what_dpkg_and_homebrew_installed(tmp_path: Path) -> None:
    status = (
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n"
        "Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6-2\nDepends: libc6 (>= 2.30)\n"
    )
    write(tmp_path, "var/lib/dpkg/status", text=status)
    receipt = {"runtime_dependencies": [{"full_name": "oniguruma"}], "installed_on_request": True}
    write(tmp_path, "opt/homebrew/Cellar/jq/1.7.1/INSTALL_RECEIPT.json", text=json.dumps(receipt))
    write(tmp_path, "opt/homebrew/Cellar/oniguruma/6.9/INSTALL_RECEIPT.json", text="{}")
    write(tmp_path, "home/me/package.json")
    graph = LockedGraph(read(tmp_path).contents)
    (libc,) = graph.named("libc6")
    assert graph.contents.packages[libc].registry == "apt"
    (oniguruma,) = graph.named("oniguruma")
    ways, has_more = graph.ways(oniguruma, 5)
    assert ([graph.contents.packages[at].label for at in ways[0].packages], has_more) == (
        ["Homebrew here", "jq@1.7.1", "oniguruma@6.9"],
        False,
    )
    assert len(read(tmp_path).files) == 2


def lock(**folders: str) -> str:
    packages = {
        "": {"name": "x", "dependencies": {"a": "1", "b": "1", "ms": "2"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"ms": "1"}},
        "node_modules/a/node_modules/ms": {"version": "1.0.0"},
        "node_modules/b": {"version": "1.0.0", "dependencies": {"ms": "2", "a": "1"}},
        "node_modules/ms": {"version": "2.0.0"},
    }
    return json.dumps({"lockfileVersion": 3, "packages": packages | folders})


def test_why_what_is_there_twice_and_what_two_projects_share(tmp_path: Path) -> None:
    write(tmp_path, "one/package.json", "two/package.json")
    write(tmp_path, "one/package-lock.json", text=lock())
    write(tmp_path, "two/package-lock.json", text=lock().replace('"2.0.0"', '"2.1.0"'))
    one, two = (read(tmp_path / name).contents for name in ("one", "two"))
    graph = LockedGraph(one)
    old = graph.named("ms", version="1.0.0")[0]
    ways, has_more = graph.ways(old, 5)
    assert [[one.packages[at].name for at in way.packages] for way in ways] == [
        ["x", "a", "ms"],
        ["x", "b", "a", "ms"],
    ]
    assert not has_more
    assert graph.ways(old, 1)[1]
    (duplicate,) = graph.duplicates()
    users = {v: [one.packages[at].name for at in used] for v, used in duplicate.versions}
    assert users == {"1.0.0": ["a"], "2.0.0": ["x", "b"]}
    shared = shared_between(one, two)
    assert [(each.name, each.is_same) for each in shared] == [
        ("ms", False),
        ("a", True),
        ("b", True),
    ]
    assert (shared[0].mine, shared[0].others) == (("1.0.0", "2.0.0"), ("1.0.0", "2.1.0"))
