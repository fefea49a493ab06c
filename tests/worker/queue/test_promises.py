"""docs/queue.md and the tests agree: every promise names a test that exists."""

from __future__ import annotations

import re

from tests.support.places import ROOT


def test_every_promise_names_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "queue.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 50
    assert sorted(named - there) == []


def test_every_test_of_the_suite_that_is_a_promise_is_written_down() -> None:
    """Claims, people and outages: a promise nobody reads is none."""
    page = (ROOT / "docs" / "queue.md").read_text(encoding="utf-8")
    for file in ("test_people.py", "test_older_program.py"):
        text = (ROOT / "tests" / "worker" / "queue" / file).read_text(encoding="utf-8")
        assert [n for n in re.findall(r"def (test_\w+)\(", text) if n not in page] == []
