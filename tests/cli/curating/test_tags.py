"""`tgtui tags`: everything that is done to tags, without a screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import rows
from tgtui.data.storage.database import Database

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")


@pytest.fixture
def packages(database: Database) -> None:
    for name in ("react", "vue", "@babel/core"):
        database.write_now(rows.add_package, name)


def test_a_tag_from_its_making_to_its_end(cli: Cli, packages: None) -> None:
    assert cli("tags", "create", "Front end").stdout == (
        "Tag Front end created; search for it with tag:front-end.\n"
    )
    given = cli("tags", "assign", "front-end", "react", "npm:vue")
    assert given.stdout == "Tag Front end applied to 2 packages.\n"
    again = cli("tags", "assign", "FRONT END", "react", "@babel/core")
    assert again.stdout == "Tag Front end applied to 1 package; 1 other already had it.\n"
    taken = cli("tags", "unassign", "front-end", "@babel/core")
    assert taken.stdout == "Tag Front end removed from 1 package.\n"
    edited = cli.json("tags", "edit", "front-end", "--name", "Frontend", "--slug", "frontend")
    assert (edited["name"], edited["slug"], edited["packages"]) == ("Frontend", "frontend", 2)
    assert cli("search", "tag:frontend").stdout.count("\n") == 2
    deleted = cli("tags", "delete", "frontend")
    assert deleted.stdout == "Tag Frontend deleted; 2 packages had it.\n"
    assert deleted.stderr == "Restore it: tgtui tags restore frontend\n"
    assert cli("search", "tag:frontend").exit_code == 1
    [line] = cli("tags", "list", "--deleted").stdout.splitlines()
    assert line.startswith("frontend\tFrontend\t2\t#")
    assert (
        cli("tags", "restore", "frontend").stdout == "Tag Frontend restored; 2 packages have it.\n"
    )
    merged = cli("tags", "merge", "frontend", "database")
    assert merged.stdout == (
        "2 packages moved from Frontend to Database, which is on 2 now; Frontend is deleted.\n"
    )
    assert [tag["slug"] for tag in cli.json("tags", "list")] == ["database"]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("delete", "nothing"), 4, "There is no tag nothing. `tgtui tags list` lists them all."),
        (("restore", "database"), 4, "The tag database is not deleted."),
        (("restore", "nothing"), 4, "`tgtui tags list --deleted` lists them."),
        (("create", "DATABASE"), 2, "Database has this name already."),
        (("create", "x", "--color", "red"), 2, "Write a colour as #rrggbb"),
        (("create", "a\x1b[31mb"), 2, "U+001B"),
        (("edit", "database", "--slug", "two words"), 2, "as in two-words"),
        (("edit", "database"), 2, "Say what to change"),
        (("merge", "database", "database"), 2, "itself"),
        (("assign", "database", "nowhere"), 4, "npm:nowhere is not in the catalogue. Ask for it"),
        (("list", "nothing"), 1, "There is no tag with nothing in it."),
        (("import", "nowhere.json"), 2, "nowhere.json can't be read"),
    ],
)
def test_what_can_not_be_done_says_what_to_do(
    cli: Cli, args: tuple[str, ...], code: int, said: str
) -> None:
    result = cli("tags", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_deleted_tag_is_named_with_the_command_that_restores_it(cli: Cli) -> None:
    cli("tags", "delete", "database")
    for args in (("edit", "database", "--name", "x"), ("create", "database")):
        assert "tgtui tags restore database" in cli("tags", *args).stderr


def test_show_tells_who_gave_a_tag_and_when(cli: Cli, packages: None) -> None:
    cli("tags", "assign", "database", "react")
    [tag] = cli.json("show", "react")["package"]["tags"]
    assert tag["slug"] == "database"
    assert tag["assigned_by"]
    assert tag["assigned_at"].startswith("20")
    assert f"database ({tag['assigned_by']}, just now)" in cli("show", "react").stdout


class TestFiles:
    @pytest.fixture
    def export(self, cli: Cli, packages: None, tmp_path: Path) -> Callable[..., Path]:
        def write(*options: str) -> Path:
            file = tmp_path / "tags"
            assert cli("tags", "export", "-o", str(file), *options).exit_code == 0
            return file

        cli("tags", "create", "=SUM(1)", "--slug", "sum", "--description", "-a, \"b\"\t'c'")
        cli("tags", "create", "日本語", "--color", "")
        cli("tags", "assign", "sum", "react", "@babel/core")
        cli("tags", "assign", "database", "vue")
        return write

    @pytest.mark.parametrize("options", [(), ("--csv",)])
    def test_what_is_exported_comes_back_whole_and_repeated_changes_nothing(
        self, cli: Cli, database: Database, export: Callable[..., Path], options: tuple[str, ...]
    ) -> None:
        file = export(*options)
        before = file.read_bytes()
        again = cli.json("tags", "import", str(file))
        assert again == {"tags": 3, "created": 0, "changed": 0, "assigned": 0, "problems": []}
        database.write_now(lose_every_tag)
        back = cli.json("tags", "import", str(file))
        assert back == {"tags": 3, "created": 3, "changed": 0, "assigned": 3, "problems": []}
        assert without_who(export(*options).read_text()) == without_who(before.decode())

    def test_no_spreadsheet_runs_a_cell(self, export: Callable[..., Path]) -> None:
        lines = export("--csv").read_text().splitlines()
        assert lines[0].startswith("slug,name,description,color,package,")
        assert any(line.startswith("sum,'=SUM(1)") for line in lines)

    def test_what_can_not_be_done_is_told_and_the_rest_is_done(
        self, cli: Cli, packages: None, tmp_path: Path
    ) -> None:
        cli("tags", "create", "Gone")
        cli("tags", "delete", "gone")
        tags = [
            {"name": "database", "slug": "database", "packages": ["npm:react", "npm:nowhere"]},
            {"name": "Bad colour", "color": "red"},
            {"name": "Gone"},
            {"slug": "nameless"},
            {"name": "New", "packages": [{"package": "npm:vue"}, "no:such"]},
        ]
        file = tmp_path / "tags.json"
        file.write_text(json.dumps({"tags": tags}))
        result = cli("tags", "import", str(file))
        assert result.exit_code == 1
        assert (
            result.stdout
            == "5 tags read: 1 created, 1 changed; applied to packages 2 times.\n".replace(
                "5 tags", "4 tags"
            )
        )
        for said in (
            "Tag 4 of the file has no name.",
            "database: npm:nowhere is not in the catalogue; tgtui ask npm:nowhere",
            "Bad colour: Write a colour as #rrggbb",
            "Gone: The tag Gone (gone) was deleted by",
            "New: There is no registry 'no'",
        ):
            assert said in result.stderr

    @pytest.mark.parametrize(
        "text", ["", "{", "[1", '{"tags": 3}', "a,b\n1,2\n", "\0", "[" * 100_000]
    )
    def test_a_file_of_something_else_is_refused(self, cli: Cli, tmp_path: Path, text: str) -> None:
        file = tmp_path / "odd"
        file.write_text(text)
        result = cli("tags", "import", str(file))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("The file ")


def lose_every_tag(connection: object) -> None:
    from sqlalchemy import Connection, delete

    from tgtui.data.models.tables import tags

    assert isinstance(connection, Connection)
    connection.execute(delete(tags))


def without_who(text: str) -> list[str]:
    """The lines of a file without who and when, which are those of the import."""
    if text.startswith("{"):
        return [line for line in text.splitlines() if "assigned_" not in line]
    return [line.rsplit(",", 2)[0] for line in text.splitlines()]
