"""`tgtui import`: imports the whole index of a registry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tgtui.cli.helping.completion import indexed_registries
from tgtui.cli.opening import Options, complain, run
from tgtui.cli.output import emit, emit_json
from tgtui.cli.running.bar import Bar

if TYPE_CHECKING:
    from tgtui.basics.settings import Settings
    from tgtui.services.imports import ImportStep
    from tgtui.worker.imports.importing import Imported

PROBLEMS_SHOWN = 5
PARTLY = 1
"""Exit code of an import without some of the registry's sources."""

EPILOG = """\b
Examples:
  tgtui import apt                   every package of this machine's apt sources
  tgtui import brew                  every formula and cask of Homebrew
  tgtui import apt --force           compare everything, even if the index is unchanged

\b
Without --force the index is fetched at most every 12 hours (apt.refresh_hours,
brew.refresh_hours). Its signature is checked before it is used. A repeated
import writes only what changed; an interrupted one leaves each package either
old or new, and the next import continues.

\b
A source of apt that can't be read or trusted does not stop the import: the
others are imported, its packages from the last import stay, stderr says which
source it is and why, and the next import tries it again.

\b
Exit codes: 0 everything was read; 1 a source, or the whole index, was not;
2 an unknown registry or a wrong setting; 3 the database can't be used.
"""


@click.command("import", epilog=EPILOG, short_help="Import a registry's whole index.")
@click.argument("registry", metavar="REGISTRY", shell_complete=indexed_registries)
@click.option("--force", is_flag=True, help="Fetch the index again and compare everything.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(options: Options, registry: str, force: bool, quiet: bool, as_json: bool) -> None:
    """Import every package of REGISTRY into the catalogue, resolved and linked."""
    with Bar(registry, quiet) as shown:
        done = run(_import(options.settings(), registry, shown.tell, force))
    if as_json:
        emit_json(done)
    else:
        _say(registry, done)
    if done.failures:
        sys.exit(PARTLY)


def _say(registry: str, done: Imported) -> None:
    from tgtui.services.imports import outcome

    emit([outcome(registry, done)])
    for failure in done.failures:
        complain(f"{failure}.")
    for problem in done.problems[:PROBLEMS_SHOWN]:
        complain(problem)
    if len(done.problems) > PROBLEMS_SHOWN:
        complain(f"and {len(done.problems) - PROBLEMS_SHOWN:,} more; --json lists them.")


async def _import(
    settings: Settings, registry: str, tell: Callable[[ImportStep], None], force: bool
) -> Imported:
    from tgtui.services.imports import import_registry
    from tgtui.services.login import person_of

    person = await person_of(settings, complain)
    return await import_registry(settings, registry, tell, force=force, person=person)
