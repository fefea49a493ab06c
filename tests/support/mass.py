"""What proves by mass runs in a short form by default, and in full with `--full` or `--only-full`.

A test that is marked `full` is only run then. `mass` gives one test both forms:

    @pytest.mark.parametrize("seed", mass(1, full=range(2, 9)))

A test of whole programs that takes seconds runs on one database by default, on both in full:

    @pytest.mark.full_on("postgresql")

Generated examples (hypothesis) are fewer by default: the counts are below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

EXAMPLES, FULL_EXAMPLES = 25, 100
"""Of a test that names no number of its own."""


def mass(*short: Any, full: Iterable[Any]) -> list[Any]:
    """Parameters: `short` always, `full` besides where the full form is asked for."""
    return [*short, *(pytest.param(each, marks=pytest.mark.full) for each in full)]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tgtui")
    group.addoption("--full", action="store_true", help="run what proves by mass in full too")
    group.addoption("--only-full", action="store_true", help="run only what --full adds")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: runs with --full and --only-full only.")
    config.addinivalue_line("markers", "full_on(database): the same, on this database.")
    is_full = config.getoption("full") or config.getoption("only_full")
    settings.register_profile(
        "tgtui-mass",
        settings.get_profile("tgtui"),
        max_examples=FULL_EXAMPLES if is_full else EXAMPLES,
    )
    settings.load_profile("tgtui-mass")


@pytest.hookimpl(trylast=True)  # hypothesis marks its own before
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Generated examples are drawn in both forms, in full they are more."""

    def is_wanted(item: pytest.Item) -> bool:
        is_full = item.get_closest_marker("full") is not None or _is_on_its_full_database(item)
        if config.getoption("only_full"):
            return is_full or item.get_closest_marker("hypothesis") is not None
        marked = item.get_closest_marker("pg15") if config.getoption("pg15") else None
        if marked is not None and not marked.args:
            return True
        return config.getoption("full") or not is_full

    wanted: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        wanted[is_wanted(item)].append(item)
    config.hook.pytest_deselected(items=wanted[False])
    items[:] = wanted[True]


def _is_on_its_full_database(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("full_on")
    call = getattr(item, "callspec", None)
    return marker is not None and call is not None and marker.args[0] in call.params.values()
