"""A second process walks the same trees, and is not needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.analytics.answers.test_measures import some_archive
from tests.data.graph.choosing.test_root import bring
from tgtui.analytics.answers.closures import Ints
from tgtui.analytics.answers.helping import Helper, Tree
from tgtui.data.graph.choosing.all_roots import Choices
from tgtui.data.storage.database import Database

Alone = Callable[[int], Tree]


@pytest.fixture
def choices(database: Database, tmp_path: Path) -> Choices:
    bring(database, tmp_path, some_archive(Random(2)))
    return database.read_now(Choices, "apt")


@pytest.fixture
def helper(database: Database, choices: Choices) -> Iterator[Helper]:
    def numbers(keys: list[str]) -> Ints:
        return np.array([choices.numbers[key] for key in keys], np.int32)

    url = database.engine.url.render_as_string(hide_password=False)
    opened = Helper(url, "apt", numbers)
    yield opened
    opened.close()


@pytest.fixture
def alone(choices: Choices) -> Alone:
    def walked(number: int) -> Tree:
        order, direct, depth = choices.tree(number)
        return np.array(order, np.int32), direct, depth

    return walked


def plain(trees: dict[int, Tree]) -> dict[int, tuple[list[int], int, int]]:
    return {place: (order.tolist(), *rest) for place, (order, *rest) in trees.items()}


def test_each_tree_is_told_once_by_either(helper: Helper, choices: Choices, alone: Alone) -> None:
    mine: list[int] = []

    def once_it_has_read(number: int) -> Tree:
        while helper._frames.empty() and not mine:
            threading.Event().wait(0.01)
        mine.append(number)
        return alone(number)

    expected = plain({number: alone(number) for number in range(len(choices.keys))})
    told = list(helper.walk(choices.keys, once_it_has_read))
    assert len(told) == len(expected)
    assert plain(dict(told)) == expected
    assert 0 < len(mine) < len(told)
    assert plain(dict(helper.walk(choices.keys[:1], alone))) == {0: expected[0]}


def test_if_it_is_killed_all_is_walked_here(helper: Helper, choices: Choices, alone: Alone) -> None:
    expected = plain({number: alone(number) for number in range(len(choices.keys))})
    seen: list[int] = []

    def killing(number: int) -> Tree:
        seen.append(number)
        while helper._frames.empty() and len(seen) == 1:
            threading.Event().wait(0.01)
        if len(seen) == 2 and helper._process is not None:
            helper._process.kill()
        return alone(number)

    assert plain(dict(helper.walk(choices.keys, killing))) == expected
    helper.close()
    assert plain(dict(helper.walk(choices.keys, alone))) == expected


def test_one_that_can_not_read_is_done_without(choices: Choices, alone: Alone) -> None:
    broken = Helper("sqlite:////nowhere/at/all", "apt", lambda _keys: np.empty(0, np.int32))
    assert set(dict(broken.walk(choices.keys, alone))) == set(range(len(choices.keys)))
    broken.close()
