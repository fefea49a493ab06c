"""`tgtui insights` and `tgtui privacy`: what they print of stored results, and what where there are none."""

from __future__ import annotations

import csv
import json
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.cli.conftest import Cli
from tests.support import rows
from tgtui.data.insights.storing import store
from tgtui.data.models.tables import accounts
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import INSIGHTS, MEASURE_KEYS, MEASURES, Result

pytestmark = pytest.mark.full_on("postgresql")

DAY = date(2026, 3, 4)
HOSTILE = "=cmd\x1b]0;x\x07"


@pytest.fixture
def filled(cli: Cli, database: Database) -> Cli:
    id, version = database.write_now(rows.add_release, "react")
    other, second = database.write_now(rows.add_release, "preact")
    part = database.write_now(rows.add_release, "part")
    for source in ((id, version), (other, second)):
        database.write_now(rows.add_edge, source, "part", part)
    told = [
        Result("heaviest", "npm", "", 1, str(id), "react", "", 12, json.dumps({"depth": 4})),
        Result("heaviest", "", "", 1, str(id), "react", "", 12, json.dumps({"depth": 4})),
        Result(
            "heaviest-bytes",
            "",
            "",
            1,
            str(id),
            "react",
            "",
            12_345_678,
            json.dumps({"packages": 3, "known": 2}),
        ),
        Result("freshness", "", "", 1, None, "", HOSTILE, 3, json.dumps({"share": 0.25})),
        Result("popular", "", "month", 1, str(id), "react", "", 5),
        *(Result(MEASURES, "npm", "", 0, str(id), "react", key, 3) for key in MEASURE_KEYS),
    ]
    store(database, DAY, told)
    return cli


def test_what_there_is_to_ask_is_listed(cli: Cli) -> None:
    lines = cli("insights").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [each.name for each in INSIGHTS]


def test_rows_and_the_day_they_are_of(filled: Cli) -> None:
    result = filled("insights", "heaviest", "--registry", "npm")
    assert result.stdout == "npm:react\t12\t4\n"
    assert "as of 2026-03-04" in result.stderr
    assert "npm" in result.stderr


def test_json_has_every_figure(filled: Cli) -> None:
    found = filled.json("insights", "heaviest")
    assert found["as_of"] == "2026-03-04"
    assert found["rows"] == [
        {"rank": 1, "package": "npm:react", "person": None, "key": None, "value": 12.0, "depth": 4}
    ]


def test_sizes_are_told_as_sizes_and_exact_to_programs(filled: Cli) -> None:
    assert filled("insights", "heaviest-bytes").stdout == "npm:react\t12.3 MB\t3\t2\n"
    (row,) = filled.json("insights", "heaviest-bytes")["rows"]
    assert (row["value"], row["packages"], row["known"]) == (12_345_678, 3, 2)
    _head, told = csv.reader(filled("insights", "heaviest-bytes", "--csv").stdout.splitlines())
    assert told == ["1", "npm:react", "", "12345678", "3", "2"]


def test_csv_has_a_head_and_nothing_a_spreadsheet_runs(filled: Cli) -> None:
    result = filled("insights", "freshness", "--csv")
    head, row = csv.reader(result.stdout.splitlines())
    assert head == ["rank", "package", "key", "value", "share"]
    assert row == ["1", "", "'=cmd\ufffd]0;x\ufffd", "3", "0.25"]
    assert "\x1b" not in filled("insights", "freshness").stdout


def test_a_window_is_a_month_unless_it_is_told(filled: Cli) -> None:
    assert filled("insights", "popular").stdout.startswith("npm:react\t5")
    assert filled("insights", "popular", "--window", "week").exit_code == 1


def test_one_package_over_time(filled: Cli) -> None:
    found = filled.json("insights", "package", "npm:react")
    assert found["counts"][0] == {
        "day": "2026-03-04", "packages": 3, "depth": 3, "dependents": 3, "dependents_all": 3,
    }  # fmt: skip
    assert "brings 3 packages, 3 levels deep" in filled("insights", "package", "npm:react").stderr


def test_what_packages_share(filled: Cli) -> None:
    result = filled("insights", "shared", "npm:react", "npm:preact")
    assert result.stdout == "npm:part\t2 of 2\t1.0.0\n"
    nothing = filled("insights", "shared", "npm:part", "npm:part@1.0.0", "--json")
    assert json.loads(nothing.stdout)["shared"][0]["package"] == "npm:part"


def test_nothing_computed_yet_says_how_to(cli: Cli) -> None:
    result = cli("insights", "heaviest")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "tgtui analytics refresh" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("heavy",), "Did you mean heaviest?"),
        (("qqq",), "lists them"),
        (("heaviest", "--registry", "pypy"), "known: npm"),
        (("heaviest", "--window", "week"), "no window"),
        (("deprecated", "--registry", "npm"), "not told by registry"),
        (("heaviest", "npm:react"), "followed by packages"),
        (("shared", "npm:react"), "two packages"),
        (("package",), "one package"),
        (("heaviest", "--json", "--csv"), "one of --json and --csv"),
    ],
)
def test_what_can_not_be_answered_is_told(cli: Cli, words: tuple[str, ...], told: str) -> None:
    result = cli("insights", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_person_stays_out_comes_back_and_has_it_deleted(cli: Cli, database: Database) -> None:
    before = cli.json("privacy")
    assert before["takes_part"]
    account = database.read_now(_only_account)
    package = database.write_now(rows.add_package, "a")
    database.write_now(rows.add_interaction, package, account_id=account)
    assert not cli.json("privacy", "--stay-out")["takes_part"]
    assert cli.json("privacy", "--take-part")["recorded"] == 1
    result = cli("privacy", "--delete")
    assert "1 interaction deleted." in result.stderr
    assert cli.json("privacy")["recorded"] == 0
    assert "no one called" in cli("privacy", "--person", "nobody").stderr


def _only_account(connection: Connection) -> UUID | None:
    return connection.scalar(select(accounts.c.id))
