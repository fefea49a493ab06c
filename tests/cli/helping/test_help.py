"""`tgtui help`: what --help of each command says, in one place."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from tests.cli.conftest import Cli
from tgtui.cli.root import root


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


@pytest.mark.parametrize("words", [[], ["tree"], ["tags", "create"], ["requests"]], ids=" ".join)
def test_it_is_what_the_command_itself_says(bare: Cli, words: list[str]) -> None:
    assert bare("help", *words).stdout == bare(*words, "--help").stdout


def test_all_of_it_is_the_help_of_every_command(bare: Cli) -> None:
    said = bare("help", "--all").stdout
    every = [(), *commands(root)]
    assert len(every) > 30
    for words in every:
        assert bare(*words, "--help").stdout in said, words
    heads = [line for line in said.splitlines() if line and not line.strip("-")]
    assert len(heads) == len(every)


def test_all_of_one_group(bare: Cli) -> None:
    said = bare("help", "tags", "--all").stdout
    assert bare("tags", "merge", "--help").stdout in said
    assert bare("tree", "--help").stdout not in said


@pytest.mark.parametrize("words", [["nonsense"], ["tags", "nonsense"], ["tree", "npm:express"]])
def test_what_is_no_command(bare: Cli, words: list[str]) -> None:
    result = bare("help", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"No such command '{words[-1]}'." in result.stderr
