"""The command `tgtui` itself: the options of every command, and the list of commands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from tgtui import __version__
from tgtui.cli.opening import Options, explained

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PLACES = {
    "search": "reading.search:search",
    "show": "reading.show:show",
    "tree": "reading.tree:tree",
    "why": "reading.why:why",
    "audit": "reading.audit:audit",
    "dependents": "reading.dependents:dependents",
    "compare": "reading.compare:compare",
    "timeline": "reading.timeline:timeline",
    "insights": "reading.insights:insights",
    "ask": "asking.ask:ask",
    "requests": "asking.requests:requests",
    "watch": "curating.watching:watch",
    "unwatch": "curating.watching:unwatch",
    "news": "curating.watching:news",
    "project": "curating.projects.group:project",
    "outdated": "curating.projects.outdated:outdated",
    "tags": "curating.tags:tags",
    "packages": "curating.packages:packages",
    "analytics": "analytics.group:analytics",
    "import": "running.imports:import_",
    "advisories": "running.advisories:advisories",
    "worker": "running.worker:worker",
    "db": "running.db:db",
    "login": "login:login",
    "logout": "login:logout",
    "whoami": "login:whoami",
    "privacy": "curating.privacy:privacy",
    "config": "helping.config:config",
    "completion": "helping.completion:completion",
    "help": "helping.help:help_",
}
"""Every command: the module below `tgtui.cli`, and its name there."""

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
  6    a check found something (project check, outdated, audit); or what was asked for
       stays queued, because no worker runs here or anywhere else (ask --wait)
  7    the output can't be written: stdout is closed, or its disk is full
  130  interrupted (129: by SIGHUP, as a closed terminal sends it; 143: by SIGTERM);
       unfinished work went back to the queue

Settings are read from settings.toml in your configuration folder, then from
the environment (TGTUI_DATABASE_URL, TGTUI_DATA_DIR, TGTUI_NPM_REGISTRY,
TGTUI_WORKER_CONCURRENCY ...), then from the options above. `tgtui config` shows
them all; `tgtui help --all` is the help of every command in one text.
"""


QUOTED = r"(?s)(['\"])([\w+]+:/.*|\w+ *=.*passw.*)\1"
"""What looks like an address in a sentence of click's."""


class Commands(MutableMapping[str, click.Command]):
    """The commands by name. Each is imported when it is asked for: all together take longer than click itself."""

    def __init__(self) -> None:
        self._imported: dict[str, click.Command | None] = dict.fromkeys(PLACES)

    def __getitem__(self, name: str) -> click.Command:
        command = self._imported[name]
        if command is None:
            module, _, attribute = PLACES[name].partition(":")
            command = getattr(import_module(f"tgtui.cli.{module}"), attribute)
            assert isinstance(command, click.Command)
            self._imported[name] = command
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._imported[name] = command

    def __delitem__(self, name: str) -> None:
        del self._imported[name]

    def __contains__(self, name: object) -> bool:
        return name in self._imported

    def __iter__(self) -> Iterator[str]:
        return iter(self._imported)

    def __len__(self) -> int:
        return len(self._imported)


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
        # Click declares it final.
        vars(error)["message"] = re.sub(QUOTED, _without_secret, error.message)
        raise


def _without_secret(found: re.Match[str]) -> str:
    from tgtui.basics.masking import masked_database

    return f"{found[1]}{masked_database(found[2])}{found[1]}"


def _folders(_context: object, _parameter: object, typed: str) -> list[CompletionItem[Any]]:
    """Completes the name of a folder, for an option whose folder need not exist."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="dir")]


@click.group(
    cls=Root,
    commands=Commands(),
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
    shell_complete=_folders,
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
    from tgtui.cli.logs import log_to_stderr

    options = Options(database, data_dir, config, verbose)
    ctx.obj = options
    log_to_stderr(verbose)
    if ctx.invoked_subcommand is None:
        from tgtui.cli.app import open_app

        ctx.exit(open_app(options))
