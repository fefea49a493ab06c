"""One list of marks for trees, lists and exports."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.edges import edge, missing, unresolved
from tgtui.data.views.edges import NOT_LOOKED_UP, Edge
from tgtui.output.marks import Mark, Tone, in_legend, list_marks
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
