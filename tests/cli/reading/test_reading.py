"""`tgtui search`, `show` and `tree`: what they print of a catalogue, and what where there is nothing."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tgtui.data.storage.database import Database
from tgtui.data.views.edges import NOT_LOOKED_UP

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\u202eevil\x9b2J [/] \r\nnext"
ESCAPES = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


@pytest.fixture
def filled(cli: Cli, chain: FakeRegistry) -> Cli:
    assert cli("ask", "npm:a", "--wait").exit_code == 0
    return cli


class TestSearch:
    def test_rows_are_tab_separated_where_nobody_looks(self, filled: Cli) -> None:
        assert filled("search", "a").stdout == "npm:a\t2.0.0\t2020-01-02\t\t\n"

    def test_operators_narrow_it(self, filled: Cli) -> None:
        assert filled("search", "jsr:", "a").exit_code == 1
        assert filled("search", "npm:", "-tag:none", "a").exit_code == 0

    def test_the_limit_is_told(self, filled: Cli) -> None:
        result = filled("search", "npm:", "--limit", "1")
        assert len(result.stdout.splitlines()) == 1
        assert "more than 1" in result.stderr

    def test_json_has_every_row(self, filled: Cli) -> None:
        found = filled.json("search", "npm:")
        assert [row["name"] for row in found["packages"]] == ["a", "b", "c"]
        assert found["is_complete"]

    def test_what_the_search_names_and_is_not_there_is_told(self, filled: Cli) -> None:
        result = filled("search", "tag:qqq", "dep:a@0.0.1")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "There is no tag `qqq`. No" in result.stderr
        result = filled("search", "a", "-tag:qqq")
        assert (result.exit_code, result.stderr) == (0, "-tag:qqq: There is no tag `qqq`.\n")
        assert "write an exact version" in filled("search", "dep:a@^1").stderr

    def test_nothing_found_says_how_to_ask(self, cli: Cli) -> None:
        result = cli("search", "left-padd")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "tgtui ask npm:left-padd" in result.stderr

    def test_a_name_that_can_not_be_asked_for_is_not_offered(self, cli: Cli) -> None:
        assert "tgtui ask" not in cli("search", "No Such").stderr

    def test_on_a_new_machine_it_makes_the_catalogue_and_says_who_fills_it(self, bare: Cli) -> None:
        result = bare("search", "express")
        assert (result.exit_code, result.stdout) == (0, "npm:express\t\t\tbackend\t\n")
        assert "`tgtui worker` runs" in result.stderr
        assert bare("search", "express").stderr == ""


class TestShow:
    def test_the_latest_version_with_its_dependencies(self, filled: Cli) -> None:
        lines = filled("show", "npm:a").stdout.splitlines()
        assert lines[0] == "a@2.0.0 · npm"
        assert lines[-2:] == ["runtime (1)", "  b ^1 → 1.0.0"]

    def test_another_version_says_that_it_is_not_loaded(self, filled: Cli) -> None:
        assert "tgtui ask npm:a@1.0.0 --wait" in filled("show", "npm:a@1.0.0").stdout

    def test_what_nobody_looked_up_is_not_called_unresolved(
        self, cli: Cli, database: Database
    ) -> None:
        def fill(connection: Connection) -> None:
            root = rows.add_release(connection, "root")
            rows.add_dist_tag(connection, root[0], "1.0.0")
            rows.add_edge(
                connection,
                root,
                "mocha",
                dependency_type="dev",
                resolved_version="unresolved",
                resolution_error=NOT_LOOKED_UP,
            )

        database.write_now(fill)
        lines = cli("show", "npm:root", "--dev").stdout.splitlines()
        assert lines[-1] == "  mocha ^1.0.0 (not looked up)"

    def test_a_tag_names_a_version(self, filled: Cli) -> None:
        assert filled.json("show", "npm:a@latest")["version"]["version"] == "2.0.0"

    def test_every_version_newest_first(self, filled: Cli) -> None:
        lines = filled("show", "npm:a", "--versions").stdout.splitlines()
        assert [line.split("\t")[0] for line in lines] == ["2.0.0", "1.0.0"]

    @pytest.mark.parametrize("command", ["show", "tree"])
    def test_a_package_that_is_not_here_says_how_to_ask(self, cli: Cli, command: str) -> None:
        result = cli(command, "npm:nope")
        assert (result.exit_code, result.stdout) == (4, "")
        assert "tgtui ask npm:nope --wait" in result.stderr

    @pytest.mark.parametrize("command", ["show", "tree"])
    def test_a_version_that_is_not_here(self, filled: Cli, command: str) -> None:
        result = filled(command, "npm:a@9.9.9")
        assert result.exit_code == 4
        assert "9.9.9" in result.stderr

    def test_a_package_known_by_name_only_says_so(self, cli: Cli, database: Database) -> None:
        database.write_now(
            lambda connection: rows.add_package(connection, "x", last_fetch_success=None)
        )
        result = cli("show", "npm:x")
        assert result.exit_code == 0
        assert "tgtui ask npm:x --wait" in result.stderr
        assert cli("tree", "npm:x").exit_code == 4


class TestTree:
    def test_each_level_is_drawn_below_its_parent(self, filled: Cli) -> None:
        assert filled("tree", "npm:a").stdout.splitlines()[:3] == [
            "a@2.0.0 · npm",
            "└─ b ^1 → 1.0.0",
            "   └─ c ^1 → 1.0.0",
        ]

    def test_depth_cuts_it(self, filled: Cli) -> None:
        lines = filled("tree", "npm:a", "--depth", "1").stdout.splitlines()
        assert lines[:3] == ["a@2.0.0 · npm", "└─ b ^1 → 1.0.0", ""]
        assert [p["package"] for p in filled.json("tree", "npm:a", "--depth", "1")["packages"]] == [
            "npm:a@2.0.0"
        ]

    def test_totals_are_of_the_whole_closure(self, filled: Cli) -> None:
        last = filled("tree", "npm:a", "--depth", "1").stdout.splitlines()[-1]
        assert last.startswith("2 packages · depth 2 · ")

    def test_repeats_and_cycles_are_marked_and_not_unfolded(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        fake_registry.add_package("r", {"1.0.0": {"dependencies": {"x": "*", "y": "*"}}})
        fake_registry.add_package("x", {"1.0.0": {"dependencies": {"y": "*", "r": "*"}}})
        fake_registry.add_package("y", {"1.0.0": {"dependencies": {"z": "*"}}})
        fake_registry.add_package("z")
        assert cli("ask", "r", "--wait").exit_code == 0
        assert cli("tree", "r").stdout.splitlines()[:-1] == [
            "r@1.0.0 · npm",
            "├─ x * → 1.0.0",
            "│  ├─ r * → 1.0.0 (cycle)",
            "│  └─ y * → 1.0.0",
            "│     └─ z * → 1.0.0",
            "└─ y * → 1.0.0 (*)",
            "",
            "(*) shown elsewhere   (cycle) back to an ancestor",
            "",
        ]

    def test_what_is_not_there_is_marked_with_the_reason(
        self, cli: Cli, database: Database
    ) -> None:
        def fill(connection: Connection) -> None:
            root = rows.add_release(connection, "root")
            add = partial(rows.add_edge, connection, root)
            add("missing")
            add("bad", resolved_version="unresolved", resolution_error="No version satisfies ^9.")
            add("git", resolved_version="github:a/b", dependency_version_range="github:a/b")
            add("maybe", dependency_type="optional", is_optional=True)

        database.write_now(fill)
        lines = cli("tree", "npm:root").stdout.splitlines()
        assert lines[1:5] == [
            "├─ bad ^1.0.0 → unresolved ! (No version satisfies ^9.)",
            "├─ git github:a/b external",
            "├─ missing ^1.0.0 → 1.0.0 ?",
            "└─ maybe ^1.0.0 → 1.0.0 ? ~",
        ]
        assert "? not in the catalogue yet   ! unresolved" in lines[6]

    def test_a_chain_of_thousands_is_walked_without_recursion(
        self, cli: Cli, database: Database
    ) -> None:
        depth = 1_200

        def fill(connection: Connection) -> None:
            releases = [rows.add_release(connection, f"p{n}") for n in range(depth)]
            for n in range(1, depth):
                rows.add_edge(connection, releases[n - 1], f"p{n}", releases[n])

        database.write_now(fill)
        lines = cli("tree", "npm:p0").stdout.splitlines()
        assert len(lines) == depth + 2
        assert lines[-1].startswith(f"{depth - 1:,} packages · depth {depth - 1:,}")
        assert max(map(len, lines)) < 300
        assert len(cli.json("tree", "npm:p0")["packages"]) == depth


class TestHostile:
    """Names can't be hostile, npm refuses them; everything else a registry says can."""

    @pytest.fixture
    def hostile(self, cli: Cli, fake_registry: FakeRegistry) -> Cli:
        extra = {"deprecated": HOSTILE, "dependencies": {"x": HOSTILE, HOSTILE: "^1", "y": "^9"}}
        fake_registry.add_package(
            "h", {"1.0.0": extra}, description=HOSTILE, homepage=f"https://a/{HOSTILE}"
        )
        fake_registry.add_package("y")
        assert cli("ask", "h", "--wait").exit_code == 1
        return cli

    @pytest.mark.parametrize(
        "command",
        [
            ["search", "h"],
            ["show", "h", "--dev"],
            ["show", "h", "--versions"],
            ["tree", "h"],
            ["requests", "--all"],
            ["ask", "h", "--wait"],
        ],
    )
    def test_no_escape_sequence_passes(self, hostile: Cli, command: list[str]) -> None:
        result = hostile(*command)
        assert "Traceback" not in result.output
        assert [sign for sign in ESCAPES if sign in result.output] == []

    @pytest.mark.parametrize("command", [["search", "h"], ["show", "h"], ["tree", "h"]])
    def test_json_is_ascii(self, hostile: Cli, command: list[str]) -> None:
        output = hostile(*command, "--json").stdout
        assert output.isascii()
        assert all(c.isprintable() or c == "\n" for c in output)

    def test_what_was_typed_is_cleaned_too(self, cli: Cli) -> None:
        for command in ("show", "ask", "search"):
            result = cli(command, f"npm:x{HOSTILE}")
            assert result.exit_code in {1, 2}
            assert [sign for sign in ESCAPES if sign in result.output] == []
