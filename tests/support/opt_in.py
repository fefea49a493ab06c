"""Tests that need what not every machine has run only where they are asked for; what was left out is told in one line.

    @pytest.mark.pooler

runs with `--pooler`, which runs no others. A test skips itself if what it needs is not installed. `--pg15` runs
tests once more that always run, on an older server (`postgres15.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

GROUPS: Mapping[str, str] = {
    "pooler": "PgBouncer",
    "packets": "network namespaces, which root makes",
    "pg15": "PostgreSQL 15",
    "zero": "node and packages of npm, which they install",
    "pip": "the newest pip, which TGTUI_TEST_PIP names",
    "clients": "npm, pnpm, yarn, bun, deno, uv and poetry, which they install",
    "pip-audit": "a pip-audit, which TGTUI_TEST_PIP_AUDIT names",
    "lake": "Java, Maven and Spark, or a Polaris",
}
"""By option: what its tests need. The mark of a name with a dash has an underscore."""
USUAL = frozenset({"pg15"})
"""Groups that run without their option too, with what is usual."""

LEFT_OUT: pytest.StashKey[Mapping[str, int]] = pytest.StashKey()


def _mark(name: str) -> str:
    return name.replace("-", "_")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tgtui")
    for name, needs in GROUPS.items():
        group.addoption(
            f"--{name}", action="store_true", help=f"run only the tests that need {needs}"
        )


def pytest_configure(config: pytest.Config) -> None:
    for name in GROUPS:
        also = "too" if name in USUAL else "only"
        config.addinivalue_line("markers", f"{_mark(name)}: runs with --{name} {also}.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = {name for name in GROUPS if config.getoption(_mark(name))}

    left_out: Counter[str] = Counter()
    wanted: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        groups = {name for name in GROUPS if _mark(name) in marks}
        left_out.update(groups - chosen)
        wanted[bool(groups & chosen) if chosen else groups <= USUAL].append(item)
    config.hook.pytest_deselected(items=wanted[False])
    items[:] = wanted[True]
    config.stash[LEFT_OUT] = left_out
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = dict(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """xdist: every worker collects the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for name, count in config.stash.get(LEFT_OUT, {}).items():
        left_out = (
            f"{count} tests were not run on {GROUPS[name]}"
            if name in USUAL
            else f"{count} tests that need {GROUPS[name]} were left out"
        )
        terminalreporter.write_line(f"{left_out}: --{name} runs them.")
