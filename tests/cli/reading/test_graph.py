"""`tgtui why`, `dependents`, `compare` and the formats of `tree`: what they print of a catalogue."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import get_args

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tests.support.graphs import graph
from tgtui.cli.reading import tree as tree_command
from tgtui.data.storage.database import Database
from tgtui.output.ranges import TYPES
from tgtui.output.trees.formats import FORMATS
from tgtui.registries.base import DependencyType

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")

HOSTILE = '"]; evil --> x\x1b[31m <b>&amp;\u202e #quot; `c` \\'


def knot(connection: Connection) -> None:
    """a needs b and c, both need d; x needs b; d is deprecated and needs a again."""
    at = graph(connection, "a>b", "a>c", "b>d", "c>d", "x>b", "d>a")
    rows.add_edge(connection, at["c"], "gone")
    rows.add_edge(
        connection, at["c"], "peer", dependency_type="peer", resolved_version="unresolved"
    )


@pytest.fixture
def knotted(cli: Cli, database: Database) -> Cli:
    database.write_now(knot)
    return cli


class TestWhy:
    def test_ways_are_printed_the_shortest_first(self, knotted: Cli) -> None:
        assert knotted("why", "npm:a", "d").stdout.splitlines() == [
            "npm:d@1.0.0: 2 paths",
            "  a@1.0.0 › b@1.0.0 (^1.0.0) › d@1.0.0 (^1.0.0)",
            "  a@1.0.0 › c@1.0.0 (^1.0.0) › d@1.0.0 (^1.0.0)",
        ]

    def test_a_limit_says_that_there_are_more(self, knotted: Cli) -> None:
        first = knotted("why", "npm:a", "d", "--limit", "1").stdout.splitlines()[0]
        assert first == "npm:d@1.0.0: the 1 shortest path; there are more"

    def test_what_is_not_here_has_its_ways_too(self, knotted: Cli) -> None:
        assert knotted("why", "a", "gone").stdout.splitlines() == [
            "npm:gone@1.0.0: 1 path, not in the catalogue",
            "  a@1.0.0 › c@1.0.0 (^1.0.0) › gone@1.0.0",
        ]

    def test_an_alias_is_a_name_too(self, cli: Cli, database: Database) -> None:
        """As for `npm ls`: only the paths that end with the alias."""

        def fill(connection: Connection) -> None:
            ids = graph(connection, "a>b", "a>c", "b>d", "c>d", "d>a")
            rows.add_edge(
                connection, ids["c"], "d", ids["d"], declared_name="d-cjs", dependency_version_range="^1.0.1"
            )  # fmt: skip
            rows.add_edge(
                connection, ids["b"], "gone", declared_name="gone-cjs", resolved_version="2.0.0"
            )

        database.write_now(fill)
        path = "  a@1.0.0 › c@1.0.0 (^1.0.0) › d@1.0.0 (d-cjs = ^1.0.1)"
        for asked in ("d-cjs", "npm:d-cjs", "d-cjs@1.0.0"):
            assert cli("why", "npm:a", asked).stdout.splitlines() == ["npm:d@1.0.0: 1 path", path]
        assert cli("why", "npm:a", "d").stdout.splitlines()[0] == "npm:d@1.0.0: 2 paths"
        assert cli("why", "npm:a", "d-cjs@2.0.0").exit_code == 1
        assert cli("why", "npm:a", "gone-cjs").stdout.splitlines() == [
            "npm:gone@2.0.0: 1 path, not in the catalogue",
            "  a@1.0.0 › b@1.0.0 (^1.0.0) › gone@2.0.0",
        ]
        assert cli("why", "npm:b", "d-cjs").exit_code == 0

    def test_what_is_not_in_the_tree_ends_with_one(self, knotted: Cli) -> None:
        result = knotted("why", "npm:a", "x")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "x is not in the tree of npm:a@1.0.0 (the tree is not fully loaded)" in result.stderr

    def test_what_is_not_in_a_whole_tree_is_not_there(self, cli: Cli, database: Database) -> None:
        database.write_now(lambda connection: graph(connection, "a>b"))
        assert "x is not in the tree of npm:a@1.0.0." in cli("why", "npm:a", "x").stderr

    def test_json_names_every_step(self, knotted: Cli) -> None:
        (reason,) = knotted.json("why", "npm:a", "d")["reasons"]
        assert (reason["package"], len(reason["ways"])) == ("npm:d@1.0.0", 2)
        assert reason["ways"][0][0] == {
            "package": "npm:a@1.0.0", "range": "^1.0.0", "type": "runtime", "alias": None,
        }  # fmt: skip

    def test_a_package_that_is_not_here_says_how_to_ask(self, cli: Cli) -> None:
        result = cli("why", "npm:nope", "x")
        assert result.exit_code == 4
        assert "tgtui ask npm:nope --wait" in result.stderr


class TestDependents:
    def test_each_comes_with_the_way_down(self, knotted: Cli) -> None:
        result = knotted("dependents", "npm:d@1.0.0")
        assert result.stdout.splitlines() == [
            "npm:b@1.0.0\t1\td@1.0.0 (^1.0.0)",
            "npm:c@1.0.0\t1\td@1.0.0 (^1.0.0)",
            "npm:a@1.0.0\t2\tb@1.0.0 (^1.0.0) › d@1.0.0 (^1.0.0)",
            "npm:x@1.0.0\t2\tb@1.0.0 (^1.0.0) › d@1.0.0 (^1.0.0)",
        ]
        assert "4 versions of 4 packages known here; packages not fetched yet" in result.stderr

    def test_direct_ones_only(self, knotted: Cli) -> None:
        lines = knotted("dependents", "npm:d", "--direct").stdout.splitlines()
        assert [line.split("\t")[0] for line in lines] == ["npm:b@1.0.0", "npm:c@1.0.0"]

    def test_exactly_this_version_is_another_question(self, cli: Cli, database: Database) -> None:
        def fill(connection: Connection) -> None:
            at = graph(connection, "a>d")
            newer = rows.add_version(connection, at["d"][0], "2.0.0")
            b = rows.add_release(connection, "b")
            rows.add_edge(connection, b, "d", (at["d"][0], newer), resolved_version="2.0.0")

        database.write_now(fill)
        assert cli("dependents", "npm:d@2.0.0").stdout.startswith("npm:b@1.0.0\t1")
        assert len(cli("dependents", "npm:d").stdout.splitlines()) == 2

    def test_nobody_known_is_said_as_such(self, knotted: Cli) -> None:
        result = knotted("dependents", "npm:x")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Nothing in the catalogue installs npm:x. Packages not fetched" in result.stderr
        assert knotted("dependents", "npm:x", "--json").exit_code == 1

    def test_development_is_counted_and_listed_apart(self, cli: Cli, database: Database) -> None:
        def fill(connection: Connection) -> None:
            at = graph(connection, "a>lib", "z>tool")
            rows.add_edge(connection, at["a"], "lib", at["lib"], dependency_type="dev")
            for name in ("b", "c"):
                source = rows.add_release(connection, name)
                rows.add_edge(connection, source, "lib", at["lib"], dependency_type="dev")
            rows.add_edge(connection, at["a"], "z", at["z"], dependency_type="dev")

        database.write_now(fill)
        plain = cli("dependents", "npm:lib")
        assert plain.stdout.splitlines() == ["npm:a@1.0.0\t1\tlib@1.0.0 (^1.0.0)"]
        assert "2 packages use it for development only (--dev lists them)." in plain.stderr
        lines = cli("dependents", "npm:lib@1.0.0", "--dev").stdout.splitlines()
        assert lines[1:] == [
            "npm:b@1.0.0\t1\tlib@1.0.0 (dev ^1.0.0)",
            "npm:c@1.0.0\t1\tlib@1.0.0 (dev ^1.0.0)",
        ]
        found = cli.json("dependents", "npm:lib", "--dev")
        assert (found["development_only"], len(found["dependents"])) == (2, 3)
        only = cli("dependents", "npm:z")
        assert (only.exit_code, only.stdout) == (1, "")
        assert "1 package uses it for development only (--dev lists it)." in only.stderr
        assert cli("dependents", "npm:z", "--dev").exit_code == 0
        shown = cli("show", "npm:lib").stdout
        assert "used by     1 package in the catalogue; 2 for development only" in shown
        assert cli.json("show", "npm:lib")["package"]["used_by"]["dev"] == 2

    def test_json_never_claims_to_be_whole(self, knotted: Cli) -> None:
        found = knotted.json("dependents", "npm:d@1.0.0")
        assert (found["is_complete"], len(found["dependents"])) == (False, 4)
        assert [step["package"] for step in found["dependents"][2]["way"]] == [
            "npm:a@1.0.0", "npm:b@1.0.0", "npm:d@1.0.0",
        ]  # fmt: skip


class TestCompare:
    @pytest.fixture
    def compared(self, cli: Cli, fake_registry: FakeRegistry) -> Cli:
        fake_registry.add_package(
            "a",
            {
                "1.0.0": {"dependencies": {"old": "^1", "same": "^1"}},
                "2.0.0": {"dependencies": {"new": "^1", "same": "^2"}},
            },
        )
        fake_registry.add_package("same", {"1.0.0": {}, "2.0.0": {"dependencies": {"deep": "*"}}})
        for name in ("old", "new", "deep"):
            fake_registry.add_package(name)
        for version in ("1.0.0", "2.0.0"):
            assert cli("ask", f"npm:a@{version}", "--wait").exit_code == 0
        return cli

    def test_own_dependencies_then_all_that_comes(self, compared: Cli) -> None:
        assert compared("compare", "npm:a@1.0.0", "2.0.0").stdout.splitlines() == [
            "a 1.0.0 → 2.0.0",
            "2 packages → 3 packages · 2 gained · 1 lost · 1 changed",
            "",
            "Its own dependencies",
            "  + new ^1 = 1.0.0",
            "  - old ^1 = 1.0.0",
            "  ~ same ^1 = 1.0.0 → ^2 = 2.0.0",
            "",
            "Everything it installs",
            "  + deep 1.0.0",
            "  + new 1.0.0",
            "  - old 1.0.0",
            "  ~ same 1.0.0 → 2.0.0",
        ]

    def test_the_same_version_differs_in_nothing(self, compared: Cli) -> None:
        assert "Nothing differs" in compared("compare", "npm:a@2.0.0", "npm:a@2.0.0").stdout

    def test_json(self, compared: Cli) -> None:
        found = compared.json("compare", "npm:a@1.0.0", "2.0.0")
        assert [change["after"]["name"] for change in found["added"]] == ["new"]
        assert found["after"]["packages"] == 3

    def test_what_is_not_loaded_says_how_to_load_it(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        fake_registry.add_package("a", {"1.0.0": {}, "2.0.0": {}})
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        result = cli("compare", "npm:a@1.0.0", "2.0.0")
        assert result.exit_code == 4
        assert "tgtui ask npm:a@1.0.0 --wait" in result.stderr

    def test_a_version_that_is_not_there(self, compared: Cli) -> None:
        assert compared("compare", "npm:a@1.0.0", "9.9.9").exit_code == 4

    def test_packages_side_by_side_saved_renamed_compared_again_and_deleted(
        self, compared: Cli
    ) -> None:
        shown = compared("compare", "npm:a", "npm:same", "npm:deep@1.0.0", "--save", "three")
        assert "Saved as three" in shown.stderr
        head, version, *_rest = shown.stdout.splitlines()
        assert head.split() == ["npm:a", "npm:same", "npm:deep@1.0.0"]
        assert version.split() == ["version", "2.0.0", "2.0.0", "1.0.0"]
        assert "deep  ●  ●  ●" in shown.stdout
        assert compared("compare", "npm:a@2.0.0", "same").stdout.startswith("     ")
        assert compared("compare", "a@2.0.0", "latest").stdout.startswith("a 2.0.0 → 2.0.0")
        assert compared("compare", "--rename", "three", "3").stdout == "three is now 3.\n"
        saved = [{"name": "3", "packages": "npm:a npm:same npm:deep@1.0.0"}]
        assert compared.json("compare", "--list") == saved
        found = compared.json("compare", "--saved", "3")
        assert [side["packages"] for side in found["sides"]] == [3, 1, 0]
        assert compared("compare", "--delete", "3").exit_code == 0
        assert "Saved: none" in compared("compare", "--saved", "3").stderr

    def test_what_can_not_be_compared_says_why(self, compared: Cli) -> None:
        for arguments in (
            [],
            ["npm:a"],
            ["npm:a", "--list"],
            ["npm:a", "npm:new", "npm:old", "npm:same", "npm:deep"],
            ["--delete", "nothing"],
            ["--save", "x"],
        ):
            assert compared("compare", *arguments).exit_code == 2, arguments
        missing = compared("compare", "npm:a", "jsr:@x/y")
        assert missing.exit_code == 4
        assert "tgtui ask jsr:@x/y --wait" in missing.stderr


class TestFormats:
    def test_the_option_offers_what_there_is(self) -> None:
        assert tuple(FORMATS) == tree_command.FORMATS
        assert tuple(TYPES) == get_args(DependencyType) == tree_command.TYPES

    def test_mermaid(self, knotted: Cli) -> None:
        lines = knotted("tree", "npm:a", "--format", "mermaid").stdout.splitlines()
        assert lines[0] == "flowchart LR"
        assert '  n0["npm:a@1.0.0"]' in lines
        assert '  n4["npm:gone@1.0.0"]:::absent' in lines
        assert '  n0 -->|"^1.0.0"| n1' in lines
        assert any("-.->" in line and "peer ^1.0.0" in line for line in lines)
        assert sum("-->" in line for line in lines) == 6

    def test_dot(self, knotted: Cli) -> None:
        lines = knotted("tree", "npm:a", "--format", "dot").stdout.splitlines()
        assert (lines[0], lines[-1]) == ('digraph "npm:a@1.0.0" {', "}")
        assert '  n0 -> n1 [label="^1.0.0"];' in lines
        assert sum(" -> " in line for line in lines) == 7

    def test_svg_is_a_picture_of_every_line(self, knotted: Cli) -> None:
        picture = ElementTree.fromstring(knotted("tree", "npm:a", "--format", "svg").stdout)
        texts = [
            "".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")
        ]
        assert texts[0] == "a@1.0.0 · npm"
        assert texts[1:4] == [
            "b ^1.0.0 → 1.0.0", "d ^1.0.0 → 1.0.0", "a ^1.0.0 → 1.0.0 (cycle)",
        ]  # fmt: skip
        assert texts[-1].startswith("3 packages so far · depth 2")

    def test_cyclonedx(self, knotted: Cli) -> None:
        bill = json.loads(knotted("tree", "npm:a", "--format", "cyclonedx").stdout)
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
        assert bill["metadata"]["component"]["purl"] == "pkg:npm/a@1.0.0"
        assert {part["bom-ref"] for part in bill["components"]} == {
            "npm:b@1.0.0", "npm:c@1.0.0", "npm:d@1.0.0", "npm:gone@1.0.0",
        }  # fmt: skip
        needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
        assert needs["npm:c@1.0.0"] == ["npm:d@1.0.0", "npm:gone@1.0.0"]
        assert needs["npm:d@1.0.0"] == ["npm:a@1.0.0"]
        said = {each["name"]: each["value"] for each in bill["metadata"]["properties"]}
        assert said == {"tgtui:complete": "false", "tgtui:unresolved": "1"}
        assert bill["compositions"] == [
            {
                "aggregate": "complete",
                "dependencies": ["npm:a@1.0.0", "npm:b@1.0.0", "npm:d@1.0.0"],
            },
            {"aggregate": "incomplete", "dependencies": ["npm:c@1.0.0"]},
            {"aggregate": "unknown", "dependencies": ["npm:gone@1.0.0"]},
        ]

    def test_a_bill_says_what_it_does_not_know(self, cli: Cli, database: Database) -> None:
        def fill(connection: Connection) -> None:
            ids = graph(connection, "a>b", "b>c", "c>d", "a>e")
            rows.add_edge(
                connection, ids["a"], "git", resolved_version="github:user/repo", dependency_version_range="github:user/repo"
            )  # fmt: skip

        database.write_now(fill)
        bill = json.loads(cli("tree", "npm:a", "--depth", "2", "--format", "cyclonedx").stdout)
        told = {each["aggregate"]: each["dependencies"] for each in bill["compositions"]}
        assert told == {
            "complete": ["npm:a@1.0.0", "npm:b@1.0.0", "npm:e@1.0.0"],
            "incomplete": ["npm:c@1.0.0"],
            "unknown": ["npm:git@github:user/repo"],
        }
        said = {each["name"]: each["value"] for each in bill["metadata"]["properties"]}
        assert said["tgtui:complete"] == "false"
        whole = json.loads(cli("tree", "npm:b", "--format", "cyclonedx").stdout)
        assert [each["aggregate"] for each in whole["compositions"]] == ["complete"]
        said = {each["name"]: each["value"] for each in whole["metadata"]["properties"]}
        assert said["tgtui:complete"] == "true"

    def test_cyclonedx_keeps_the_case_of_names(self, cli: Cli, database: Database) -> None:
        def fill(connection: Connection) -> None:
            root = rows.add_release(connection, "root")
            for name in ("JSONStream", "jsonstream", "@Scope/Name"):
                rows.add_edge(connection, root, name, rows.add_release(connection, name))

        database.write_now(fill)
        bill = json.loads(cli("tree", "npm:root", "--format", "cyclonedx").stdout)
        assert {part["purl"] for part in bill["components"]} == {
            "pkg:npm/JSONStream@1.0.0",
            "pkg:npm/jsonstream@1.0.0",
            "pkg:npm/%40Scope/Name@1.0.0",
        }
        shown = cli("show", "pkg:npm/JSONStream").stdout
        assert shown.startswith("JSONStream@1.0.0 ")

    def test_types_can_be_chosen(self, knotted: Cli) -> None:
        lines = knotted("tree", "npm:c", "--type", "peer").stdout.splitlines()
        assert lines[1] == "└─ peer ^1.0.0 → unresolved ! peer"

    def test_two_formats_at_once_are_refused(self, knotted: Cli) -> None:
        assert knotted("tree", "npm:a", "--json", "--format", "dot").exit_code == 2

    @pytest.mark.parametrize("format", list(FORMATS))
    def test_hostile_text_stays_text(self, cli: Cli, database: Database, format: str) -> None:
        def fill(connection: Connection) -> None:
            root = rows.add_release(connection, "a")
            child = rows.add_release(connection, f"b{HOSTILE}", version=f"1.0.0{HOSTILE}")
            rows.add_edge(
                connection,
                root,
                f"b{HOSTILE}",
                child,
                declared_name=HOSTILE,
                dependency_version_range=HOSTILE,
                resolved_version=f"1.0.0{HOSTILE}",
            )

        database.write_now(fill)
        result = cli("tree", "npm:a", "--format", format)
        assert result.exit_code == 0, result.output
        for sign in ("\x1b", "\u202e"):
            assert sign not in result.stdout
        if format == "svg":
            ElementTree.fromstring(result.stdout)
        elif format in {"json", "cyclonedx"}:
            json.loads(result.stdout)
        elif format == "mermaid":
            assert result.stdout.count('"]') == 2
        elif format == "dot":
            assert result.stdout.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 0

    def test_a_deep_chain_is_written_without_recursion(self, cli: Cli, database: Database) -> None:
        arrows = [f"p{number}>p{number + 1}" for number in range(1_200)]
        database.write_now(lambda connection: graph(connection, *arrows))
        for format in FORMATS:
            result = cli("tree", "npm:p0", "--format", format)
            assert result.exit_code == 0, format
            assert "p1200" in result.stdout, format
