"""`tgtui outdated`: which dependencies of a project have newer versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tgtui.basics.formatting import counted
from tgtui.cli.opening import complain, on_catalogue
from tgtui.cli.output import emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.views.projects import ProjectReport
    from tgtui.services.catalogue import Catalogue

FOUND_SOMETHING = 6

EPILOG = """\b
Examples:
  tgtui outdated                 of the project in this folder
  tgtui outdated web             of one that was added
  tgtui outdated --all           also what is locked below them
  tgtui outdated --within        only what an update within the ranges brings

\b
WANTED is what the client would choose within the declared range. Known is what
the catalogue knows: `tgtui project add .` requests what is missing.

\b
Exit codes: 0 if everything is at its latest version; 6 if something is not, or if
something that is declared could not be compared.
"""


@click.command(epilog=EPILOG, short_help="Show which dependencies of a project are outdated.")
@click.argument("reference", metavar="[NAME|PATH]", default=".")
@click.option("--all", "with_all", is_flag=True, help="Also what is only locked, not declared.")
@click.option("--within", is_flag=True, help="Only what the declared range admits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def outdated(
    ctx: click.Context, reference: str, with_all: bool, within: bool, as_json: bool
) -> None:
    """Show dependencies of a project whose latest version is higher than the locked one."""
    from tgtui.output.trees.projects import counts_record, outdated_lines

    async def work(catalogue: Catalogue) -> tuple[str, list[str], ProjectReport]:
        name, problems, contents = await catalogue.projects.opened(reference)
        report = await catalogue.projects.assess(contents)
        return name, [each.sentence for each in problems], report

    name, problems, report = on_catalogue(ctx.obj, work)
    found = outdated_lines(report, with_all=with_all, within=within)
    if as_json:
        emit_json({"project": name, "outdated": found, "counts": counts_record(report.counts)})
    elif found:
        emit_table(
            ("PACKAGE", "LOCKED", "WANTED", "LATEST", "TYPE", "WHERE"),
            (
                (each.package, each.locked, each.wanted, each.latest, each.type, each.place)
                for each in found
            ),
        )
    for problem in problems:
        complain(problem)
    if report.counts.missing:
        complain(
            f"Not compared, as not in the catalogue: {counted(report.counts.missing, 'package')};"
            " `tgtui project add` requests what can be had."
        )
    if found or any(
        report.standing_of(position).is_missing
        for position in range(len(report.contents.dependencies))
    ):
        ctx.exit(FOUND_SOMETHING)
    if is_terminal() and not as_json:
        complain("Everything that is known is at its latest version.")
