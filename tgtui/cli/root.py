"""The command `tgtui` itself: the options of every command, and the list of commands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import click

from tgtui import __version__
from tgtui.basics.masking import masked_database
from tgtui.cli.asking.ask import ask
from tgtui.cli.asking.requests import requests
from tgtui.cli.curating.packages import packages
from tgtui.cli.curating.tags import tags
from tgtui.cli.helping.completion import completion, folders
from tgtui.cli.helping.config import config as config_
from tgtui.cli.helping.help import help_
from tgtui.cli.login import login, logout, whoami
from tgtui.cli.logs import log_to_stderr
from tgtui.cli.opening import Options, explained, open_app
from tgtui.cli.reading.compare import compare
from tgtui.cli.reading.dependents import dependents
from tgtui.cli.reading.search import search
from tgtui.cli.reading.show import show
from tgtui.cli.reading.tree import tree
from tgtui.cli.reading.why import why
from tgtui.cli.running.db import db
from tgtui.cli.running.imports import import_
from tgtui.cli.running.worker import worker

EPILOG = """\b
Packages are written npm:express, npm:express@4.18.1, npm:@babel/core,
or as a package URL: pkg:npm/express@4.18.1. npm: may be left out.

\b
Examples:
  tgtui                              open the app
  tgtui ask npm:express --wait       fetch express and all its dependencies
  tgtui tree npm:express             show its dependency tree
  tgtui --database postgresql://me@host/techgarden search react

\b
Exit codes:
  0    success
  1    nothing found, or part of it failed; stderr says why
  2    the command, a name or a setting is wrong
  3    the database can't be used
  4    the package, or the tag, is not in the catalogue
  5    your role does not allow it; stderr says how to get one that does
  6    it stays queued: no worker runs here or anywhere else (ask --wait)
  7    the output can't be written: stdout is closed, or its disk is full
  130  interrupted (129: by SIGHUP, as a closed terminal sends it; 143: by SIGTERM);
       unfinished work went back to the queue

Settings are read from settings.toml in your configuration folder, then from
the environment (TGTUI_DATABASE_URL, TGTUI_DATA_DIR, TGTUI_NPM_REGISTRY,
TGTUI_WORKER_CONCURRENCY ...), then from the options above. `tgtui config` shows
them all; `tgtui help --all` is the help of every command in one text.
"""


QUOTED = re.compile(r"(['\"])([\w+]+:/.*|\w+ *=.*passw.*)\1", re.DOTALL)
"""What looks like an address in a sentence of click's."""


class Root(click.Group):
    """Turns every error of a command into a sentence."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _masked():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with explained(bool(ctx.params.get("verbose"))), _masked():
            return super().invoke(ctx)


@contextlib.contextmanager
def _masked() -> Iterator[None]:
    """What click quotes of the command line may be an address, meant for --database."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = QUOTED.sub(
            _without_secret, error.message
        )  # which it declares final
        raise


def _without_secret(found: re.Match[str]) -> str:
    return f"{found[1]}{masked_database(found[2])}{found[1]}"


@click.group(
    cls=Root,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--database",
    metavar="URL",
    help="postgresql://user@host/name or sqlite:///file; by default a file in the data folder.",
)
@click.option(
    "--data-dir",
    metavar="FOLDER",
    shell_complete=folders,
    help="Where the catalogue's file and cache are kept.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Use this settings file.",
)
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Log to stderr (the app: to tgtui.log in the data folder); show tracebacks.",
)
@click.version_option(__version__, prog_name="tgtui")
@click.pass_context
def root(
    ctx: click.Context,
    database: str | None,
    data_dir: str | None,
    config: str | None,
    verbose: bool,
) -> None:
    """A catalogue of packages in the terminal: search it, look at a package, walk its dependency tree,
    request what is missing.

    Without a command, the app opens.
    """
    options = Options(database, data_dir, config, verbose)
    ctx.obj = options
    log_to_stderr(verbose)
    if ctx.invoked_subcommand is None:
        ctx.exit(open_app(options))


for command in (
    search,
    show,
    tree,
    why,
    dependents,
    compare,
    ask,
    requests,
    tags,
    packages,
    import_,
    worker,
    db,
    login,
    logout,
    whoami,
    config_,
    completion,
    help_,
):
    root.add_command(command)
