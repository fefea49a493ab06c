"""Exports: CSV that no spreadsheet runs, and both formats complete."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tgtui.syntax.lists import COLUMNS, CsvText, JsonText, Record, Text, as_csv, harmless

HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "|x", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text)[0] not in "=+-@|\t\r"


def test_a_plain_cell_stays_as_it_is() -> None:
    assert harmless('He said "a, b"') == 'He said "a, b"'


def test_csv_reads_back_cell_by_cell() -> None:
    row = dict.fromkeys(COLUMNS, "x") | {"description": 'a "quoted", one\nin two lines \x1b[31m'}
    head, line = csv.reader(io.StringIO(as_csv([row])))
    assert tuple(head) == COLUMNS
    assert line[-1].startswith('a "quoted", one in two lines')
    assert "\x1b" not in line[-1]


def test_a_scoped_package_needs_no_apostrophe() -> None:
    assert "npm:@babel/core" in as_csv([{"package": "npm:@babel/core"}])
    assert "'npm" not in as_csv([{"package": "npm:@babel/core"}])


def as_json(rows: list[Record]) -> str:
    text = JsonText()
    return text.more(rows) + text.end()


def test_json_is_ascii() -> None:
    text = as_json([{"package": "npm:é\u202e"}])
    assert text.isascii()
    assert json.loads(text) == [{"package": "npm:é\u202e"}]


def test_json_is_written_as_the_standard_library_writes_a_list() -> None:
    lists: list[list[Record]] = [[], [{"a": "x"}], [{"a": 'one\n"two"'}, {}, {"b": "y", "c": ""}]]
    for rows in lists:
        assert as_json(rows) == json.dumps(rows, indent=2) + "\n"


@pytest.mark.parametrize("kind", [CsvText, JsonText])
def test_a_text_in_pieces_is_the_text_at_once(kind: type[CsvText | JsonText]) -> None:
    rows: list[Record] = [{"package": f"npm:p{number}"} for number in range(5)]

    def written(*pieces: list[Record]) -> str:
        text: Text = kind()
        return "".join([*map(text.more, pieces), text.end()])

    assert written(rows[:2], [], rows[2:]) == written(rows)
    assert written([], []) == written()
