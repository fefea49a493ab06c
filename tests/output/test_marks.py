"""One list of marks for trees, lists and exports."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.support.edges import edge, missing, unresolved
from tgtui.data.views.advisories import Standing, Trust, Unchecked
from tgtui.data.views.edges import NOT_LOOKED_UP, Edge, TreeTotals
from tgtui.output.marks import Mark, Tone, in_legend, list_marks, totals_in_words
from tgtui.widgets.packages import columns
from tgtui.widgets.tree import line


def test_no_two_marks_share_a_sign_or_a_word() -> None:
    signs = Counter(mark.sign for mark in Mark if mark.sign)
    words = Counter(mark.word for mark in Mark)
    assert {*signs.values(), *words.values()} == {1}


def test_the_tree_and_the_list_have_a_style_for_every_tone() -> None:
    assert set(Tone) == set(line.STYLES) == set(columns.STYLES)


def test_a_legend_leaves_out_marks_that_are_words() -> None:
    marks = {Mark.DEPRECATED, Mark.PEER, Mark.OPTIONAL, Mark.REPEATED}
    assert in_legend(marks) == [Mark.REPEATED, Mark.OPTIONAL]


def test_a_withdrawn_version_is_called_as_its_registry_does() -> None:
    assert Mark.DEPRECATED.behind("npm") == "deprecated"
    assert Mark.DEPRECATED.behind("jsr") == Mark.DEPRECATED.word_in("jsr") == "yanked"
    assert Mark.OPTIONAL.behind("jsr") == "~"


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        (missing("x", is_yanked=True), [Mark.DEPRECATED, Mark.MISSING]),
        (unresolved("x"), [Mark.UNRESOLVED]),
        (unresolved("x", NOT_LOOKED_UP), [Mark.NOT_LOOKED_UP]),
        (edge("x", is_outdated=True, is_optional=True), [Mark.OUTDATED, Mark.OPTIONAL]),
        (edge("x", type="peer"), []),
    ],
)
def test_a_list_names_the_worst_first_and_no_types(given: Edge, marks: list[Mark]) -> None:
    assert list_marks(given) == marks


_CHECKED = datetime(2026, 11, 30, tzinfo=UTC)
_NOBODY = Unchecked("jsr", 2, Standing(has_source=False))
_NEVER = Unchecked("npm", 1, Standing(has_source=True))


@pytest.mark.parametrize(
    ("severities", "trust", "words"),
    [
        ((), None, []),
        ((), Trust((), _CHECKED), ["no advisories, as of 2026-11-30"]),
        ((3,), Trust((), _CHECKED), ["1 advisory, 1 high (as of 2026-11-30)"]),
        (
            (),
            Trust((_NOBODY, _NEVER), _CHECKED),
            ["no advisories, as of 2026-11-30", "3 not checked for advisories"],
        ),
        ((), Trust((_NOBODY, _NEVER)), ["not checked for advisories"]),
        ((), Trust((_NOBODY,)), ["no source of advisories"]),
    ],
)
def test_no_advisories_are_only_told_with_how_fresh_that_is(
    severities: tuple[int, ...], trust: Trust | None, words: list[str]
) -> None:
    totals = TreeTotals(2, 1, 0, 0, 0, 0, 0, severities=severities)
    assert totals_in_words(totals, "npm", trust)[2:] == words
