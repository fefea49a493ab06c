"""Exports: CSV that no spreadsheet runs, and both formats complete."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tgtui.exporting import COLUMNS, as_csv, as_json, harmless

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


def test_json_is_ascii() -> None:
    text = as_json([{"package": "npm:é\u202e"}])
    assert text.isascii()
    assert json.loads(text) == [{"package": "npm:é\u202e"}]
