"""Tests that need what not every machine has run only where they are asked for; what was left out is told in one line.

    @pytest.mark.team

runs with `--team`. A test skips itself if what it needs is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

GROUPS: Mapping[str, str] = {
    "team": "what a team has in front of its database (PgBouncer)",
}
"""By mark and option: what its tests need."""

LEFT_OUT: pytest.StashKey[Mapping[str, int]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tgtui")
    for name, needs in GROUPS.items():
        group.addoption(f"--{name}", action="store_true", help=f"run the tests that need {needs}")


def pytest_configure(config: pytest.Config) -> None:
    for name in GROUPS:
        config.addinivalue_line("markers", f"{name}: runs with --{name} only.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out: dict[str, int] = {}
    for name in GROUPS:
        left = [item for item in items if item.get_closest_marker(name) is not None]
        if left and not config.getoption(name):
            config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if item not in left]
            left_out[name] = len(left)
    config.stash[LEFT_OUT] = left_out
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """xdist: every worker collects the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for name, count in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.write_line(
            f"{count} tests that need {GROUPS[name]} were left out: --{name} runs them."
        )
