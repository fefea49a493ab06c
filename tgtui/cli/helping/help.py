"""`tgtui help`: the help of a command, or of all in one text."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from tgtui.cli.output import emit

EPILOG = """\b
Examples:
  tgtui help tree                    the same as: tgtui tree --help
  tgtui help tags create
  tgtui help --all | less            the help of every command in one text
"""


def _completed(context: click.Context, _parameter: object, typed: str) -> list[CompletionItem[str]]:
    """The commands that may follow the words before."""
    assert context.parent is not None
    command: click.Command | None = context.parent.command
    for word in context.params.get("command") or ():
        command = command.get_command(context, word) if isinstance(command, click.Group) else None
    if not isinstance(command, click.Group):
        return []
    return command.shell_complete(click.Context(command), typed)


@click.command("help", epilog=EPILOG, short_help="Show the help of a command, or of all.")
@click.argument("command", metavar="[COMMAND]...", nargs=-1, shell_complete=_completed)
@click.option("--all", "of_all", is_flag=True, help="Show the help of every command below it too.")
@click.pass_context
def help_(context: click.Context, command: tuple[str, ...], of_all: bool) -> None:
    """Show the help of COMMAND; without one that of tgtui itself."""
    assert context.parent is not None
    found = context.parent
    for word in command:
        group = found.command
        below = group.get_command(found, word) if isinstance(group, click.Group) else None
        if below is None:
            raise click.UsageError(f"No such command '{word}'.", found)
        found = _inside(found, word, below)
    emit(_texts(found) if of_all else [found.get_help()])


def _texts(context: click.Context) -> Iterator[str]:
    """Of the command and of all below it, each under its name."""
    yield f"{context.command_path}\n{'-' * len(context.command_path)}\n{context.get_help()}\n"
    if isinstance(context.command, click.Group):
        for word in context.command.list_commands(context):
            below = context.command.get_command(context, word)
            if below is not None and not below.hidden:
                yield from _texts(_inside(context, word, below))


def _inside(context: click.Context, word: str, below: click.Command) -> click.Context:
    # Made anew from its settings, as if it were run: the width of its help, for example.
    return click.Context(below, parent=context, info_name=word, **below.context_settings)
