"""npm's recorded answers (tests/oracle/make_npm_cases.js) are ours, each and every one."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.oracle.answers import EMPTY, differences
from tests.support.places import RECORDINGS

CASES = RECORDINGS / "npm_cases.json.gz"
PARTS = tuple(EMPTY)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    cases: dict[str, Any] = json.loads(gzip.decompress(CASES.read_bytes()))
    return cases


@pytest.mark.parametrize("part", PARTS)
def test_every_recorded_answer_of_npm_is_ours(recorded: dict[str, Any], part: str) -> None:
    questions, answers = recorded["questions"], recorded["answers"]
    empty: dict[str, Any] = {name: [] for name in PARTS} | {"pairs": "", "compare": ""}
    assert questions[part]
    assert list(differences({part: questions[part]}, empty | {part: answers[part]})) == []


def test_a_wrong_answer_would_be_noticed(recorded: dict[str, Any]) -> None:
    questions, answers = recorded["questions"], recorded["answers"]
    flipped = {"<": ">", ">": "<", "=": "<"}
    wrong = answers | {
        "compare": "".join(flipped[sign] for sign in answers["compare"]),
        "names": ["new" if name == "old" else "old" for name in answers["names"]],
        "pairs": "".join(f"{15 - int(digit, 16):x}" for digit in answers["pairs"]),
    }
    found = [part for part, *_ in differences(questions, wrong)]
    assert found.count("compare") == len(questions["compare"])
    assert found.count("pairs") == len(questions["pairs"])
    assert found.count("names") == len(questions["names"])


def test_the_recording_holds_thousands_of_cases_of_every_kind(recorded: dict[str, Any]) -> None:
    answers = recorded["answers"]
    kinds = {answer.get("kind") or answer["error"] for answer in answers["specifiers"]}
    assert kinds >= {"version", "range", "tag", "alias", "git", "remote", "file", "directory"}
    assert kinds >= {"EUNSUPPORTEDPROTOCOL", "EINVALIDTAGNAME", "EINVALIDPACKAGENAME"}
    outcomes = [cell for rows in answers["picks"] for row in rows for cell in row]
    assert sum("version" in outcome for outcome in outcomes) > 2000
    assert {outcome.get("code") for outcome in outcomes} == {None, "ETARGET", "ENOVERSIONS"}
    assert set(answers["names"]) == {"new", "old", "invalid"}
