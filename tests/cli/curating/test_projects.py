"""`tgtui project`, `outdated` and `why --project`: read, asked for once, assessed; nothing is lost by a broken file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tgtui.data.models.tables import package_request_chains
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.full_on("postgresql")


def lock(versions: dict[str, str], **more: Any) -> str:
    """Everything below the root, each used by it."""
    return json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "": {"name": "web", "dependencies": dict.fromkeys(versions, "^1")},
                **{f"node_modules/{name}": {"version": of} for name, of in versions.items()},
                **more,
            },
        }
    )


def manifest(dependencies: dict[str, str]) -> str:
    return json.dumps({"name": "web", "version": "1.0.0", "dependencies": dependencies}, indent=2)


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "package.json").write_text(manifest({"a": "^1", "b": "^1", "@private/x": "^1"}))
    (folder / "package-lock.json").write_text(
        lock(
            {"a": "1.0.0", "b": "1.0.0", "@private/x": "1.0.0"},
            **{
                "node_modules/a": {"version": "1.0.0", "dependencies": {"c": "^1"}},
                "node_modules/c": {"version": "1.0.0"},
            },
        )
    )
    return folder


@pytest.fixture
def published(fake_registry: FakeRegistry) -> FakeRegistry:
    fake_registry.add_package(
        "a", {"1.0.0": {"dependencies": {"c": "^1"}}, "1.2.0": {}, "2.0.0": {}}
    )
    fake_registry.add_package("b", {"1.0.0": {}})
    fake_registry.add_package("c", {"1.0.0": {"deprecated": "use d"}, "3.0.0": {}})
    return fake_registry


def test_a_project_from_its_folder_to_what_is_outdated(
    cli: Cli, web: Path, published: FakeRegistry, database: Database
) -> None:
    added = cli("project", "add", str(web))
    assert "web: 3 declared, 4 locked; 4 not in the catalogue" in added.stdout
    assert "4 packages requested, as one request." in added.stdout
    chains = select(func.count()).select_from(package_request_chains)
    assert database.read_now(lambda connection: connection.scalar(chains)) == 1
    nothing_known = cli("outdated", "web")
    assert (nothing_known.exit_code, nothing_known.stdout) == (6, "")
    assert "Not compared, as not in the catalogue: 4 packages" in nothing_known.stderr
    assert "(4 being fetched)" in cli("project", "check", "web").stdout
    assert cli("worker", "--once").exit_code == 0
    found = cli("outdated", "web", "--json")
    assert found.exit_code == 6
    [line] = json.loads(found.stdout)["outdated"]
    assert line == {
        "package": "npm:a",
        "locked": "1.0.0",
        "wanted": "1.2.0",
        "latest": "2.0.0",
        "type": "runtime",
        "place": "package.json:5",
    }
    everything = cli("outdated", str(web), "--all")
    assert everything.exit_code == 6
    assert [row.split("\t")[0] for row in everything.stdout.splitlines()] == ["npm:a", "npm:c"]
    checked = cli("project", "check", "web")
    assert checked.exit_code == 6
    assert "deprecated\tnpm:c@1.0.0\tpackage-lock.json\tuse d" in checked.stdout
    assert "missing\tnpm:@private/x@1.0.0" in checked.stdout
    assert "It is private, or was removed there." in checked.stdout
    why = cli("why", "--project", str(web), "c")
    assert why.stdout == (
        "c@1.0.0: 1 path (package-lock.json)\n  web › a@1.0.0 (^1) › c@1.0.0 (^1)\n"
    )
    assert cli("why", "--project", "web", "nothing").exit_code == 1
    affected = cli("dependents", "npm:c@1.0.0")
    assert "Of your projects: web (1.0.0, package-lock.json)." in affected.stderr
    bill = json.loads(cli("project", "sbom", "web").stdout)
    assert {each["bom-ref"] for each in bill["components"]} >= {
        "pkg:npm/a@1.0.0",
        "pkg:npm/c@1.0.0",
    }
    assert {"ref": "pkg:npm/a@1.0.0", "dependsOn": ["pkg:npm/c@1.0.0"]} in bill["dependencies"]


def test_only_this_machine_knows_the_folder(cli: Cli, web: Path, database: Database) -> None:
    assert cli("project", "add", str(web), "--no-ask").exit_code == 0
    [project] = cli.json("project", "list")["projects"]
    assert (project["name"], project["folder"]) == ("web", str(web))
    assert [each["path"] for each in project["files"]] == ["package-lock.json", "package.json"]

    def everything(connection: Connection) -> list[Any]:
        tables = ("projects", "project_packages", "project_dependencies")
        return [connection.exec_driver_sql(f"SELECT * FROM {each}").all() for each in tables]

    found = database.read_now(everything)
    assert all(found)
    assert str(web.parent) not in repr(found)
    Path(os.environ["TGTUI_DATA_DIR"], "projects.json").unlink()
    [project] = cli.json("project", "list")["projects"]
    assert (project["folder"], project["counts"]["packages"]) == (None, 4)


def test_a_broken_lock_file_leaves_what_was_read_before(cli: Cli, web: Path) -> None:
    cli("project", "add", str(web), "--no-ask")
    whole = (web / "package-lock.json").read_text()
    (web / "package-lock.json").write_text("{\n<<<<<<< HEAD\n")
    checked = cli("project", "check", "web")
    assert checked.exit_code == 6
    assert "4 locked" in checked.stdout
    assert "package-lock.json:2: A merge conflict; resolve it first." in checked.stderr
    (web / "package-lock.json").write_text(whole)
    assert "merge conflict" not in cli("project", "check", "web").stderr
    (web / "package-lock.json").write_text(lock({"a": "1.0.0"}))
    assert "1 locked" in cli("project", "check", "web").stdout
    (web / "package.json").rename(web.parent / "elsewhere.json")
    (web / "package-lock.json").unlink()
    web.rmdir()
    gone = cli("project", "check", "web")
    assert "1 locked" in gone.stdout
    assert "no longer where it was" in gone.stderr


def test_names_are_kept_apart(cli: Cli, web: Path, tmp_path: Path) -> None:
    cli("project", "add", str(web), "--no-ask")
    again = cli("project", "add", str(web), "--no-ask")
    assert again.exit_code == 0
    other = tmp_path / "deep" / "web"
    other.mkdir(parents=True)
    (other / "requirements.txt").write_text("requests==2.0\n")
    taken = cli("project", "add", str(other), "--no-ask")
    assert (taken.exit_code, "already a project web" in taken.stderr) == (2, True)
    assert cli("project", "add", str(other), "--name", "py", "--no-ask").exit_code == 0
    assert cli("project", "rename", "py", "web").exit_code == 2
    assert cli("project", "rename", "py", "api").exit_code == 0
    assert cli("project", "share", "api").exit_code == 0
    assert [each["is_shared"] for each in cli.json("project", "list")["projects"]] == [True, False]
    assert (
        cli("project", "remove", "api").stdout
        == "The project api was removed; its folder is untouched.\n"
    )
    assert cli("project", "remove", "api").exit_code == 4
    assert cli("project", "check", "nowhere").exit_code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no file of a project" in cli("project", "add", str(empty)).stderr
    assert cli.json("privacy")["projects"] == 1


def test_only_one_of_two_arguments_is_left_out_with_a_project(cli: Cli) -> None:
    assert cli("why", "ms").exit_code == 2
    assert cli("why", "--project", ".", "a", "b").exit_code == 2
