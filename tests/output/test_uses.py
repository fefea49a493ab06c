"""How many packages use one, in words."""

from __future__ import annotations

import pytest

from tgtui.data.views.edges import USES, UsedBy
from tgtui.output.uses import BY_OPERATOR, operator_of, used_by_in_words
from tgtui.syntax.query import OPERATORS


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (UsedBy(), ["0 known here"]),
        (UsedBy(runtime=1_234), ["1,234 known here"]),
        (UsedBy(peer=2), ["2 known here (2 peer)"]),
        (UsedBy(3, 1, 2), ["6 known here (3 runtime, 1 optional, 2 peer)"]),
        (UsedBy(dev=4), ["0 known here", "4 for development only"]),
        (UsedBy(1, suggested=1, dev=1), ["1 known here", "1 for development only", "1 only suggests it"]),
        (UsedBy(suggested=2), ["0 known here", "2 only suggest it"]),
    ],
)  # fmt: skip
def test_what_an_install_follows_comes_first(used: UsedBy, words: list[str]) -> None:
    assert used_by_in_words(used) == words


def test_every_use_is_found_by_one_operator() -> None:
    used = UsedBy(1, 2, 4, 8, 16)
    found = {operator: BY_OPERATOR[operator][1](used) for operator in OPERATORS}
    assert found == {"dep": 7, "sugdep": 8, "devdep": 16}
    assert [operator_of(use) for use in USES] == ["dep", "dep", "dep", "sugdep", "devdep"]
