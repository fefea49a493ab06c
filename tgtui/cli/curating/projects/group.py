"""`tgtui project`: which projects there are, and how they stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.opening import NotInCatalogue, Options, complain, on_catalogue
from tgtui.cli.output import emit, emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.views.projects import ProjectReport, ProjectRow
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.personal.projects.projects import Added, Asked

FOUND_SOMETHING = 6
"""Exit code of a check that worked, and found something."""

EPILOG = """\b
Examples:
  tgtui project add .                 read this folder, request what is missing
  tgtui project add / --name laptop   what dpkg and Homebrew installed here
  tgtui project list
  tgtui project check .               vulnerable, deprecated, missing, not locked; for CI
  tgtui project sbom . > bill.json    CycloneDX
  tgtui project share web             everyone with an account sees it

\b
Read are package.json with the lock files of npm, pnpm, yarn and bun, deno.json
and deno.lock, pyproject.toml, requirements*.txt, uv.lock, poetry.lock,
pylock.toml, Brewfile, and the status of dpkg. Folders that are hidden, ignored
by .gitignore or called node_modules are not walked. Nothing is run.

\b
Exit codes: 6 if `check` found something, 4 if there is no such project.
"""


@click.group(epilog=EPILOG, short_help="Your projects: what they stand on, what of it is old.")
def project() -> None:
    """Keep track of projects: what their files declare and lock, and how that stands."""


@project.command(short_help="Add a project, or read it again.")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--name", metavar="NAME", help="Its name; by default that of the folder.")
@click.option("--no-ask", is_flag=True, help="Request nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def add(options: Options, path: Path, name: str | None, no_ask: bool, as_json: bool) -> None:
    """Add the project in the folder PATH, and request what of it is not in the catalogue."""
    from tgtui.output.trees.projects import counts_in_words, counts_record, record_of

    async def work(catalogue: Catalogue) -> tuple[Added, ProjectReport, Asked | None, str]:
        from tgtui.data.access.limits import RequestRefused

        added = await catalogue.projects.add(path, name)
        report = await catalogue.projects.report(added.row)
        asked, refused = None, ""
        if not no_ask:
            try:
                asked = await catalogue.projects.ask_missing(report)
            except RequestRefused as error:
                refused = str(error)
        return added, report, asked, refused

    added, report, asked, refused = on_catalogue(options, work)
    if as_json:
        emit_json(
            {
                **record_of(added.row, added.folder),
                "counts": counts_record(report.counts),
                "requested": asked.queued if asked else 0,
            }
        )
    else:
        emit([clean(f"{added.row.name}: {counts_in_words(report.counts)}", 400)])
        if asked is not None and asked.sentence:
            emit([clean(asked.sentence, 400)])
    for problem in added.row.problems:
        complain(problem.sentence)
    if refused:
        complain(refused)
        sys.exit(1)


@project.command("list", short_help="List your projects.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(options: Options, as_json: bool) -> None:
    """List your projects, and those that others share."""
    from tgtui.output.trees.projects import counts_record, record_of, vulnerable_in_words

    async def work(catalogue: Catalogue) -> list[tuple[ProjectRow, Path | None, ProjectReport]]:
        catalogue.projects.require()
        places = catalogue.projects.places.all()
        rows = await catalogue.projects.rows()
        return [(row, places.get(row.id), await catalogue.projects.report(row)) for row in rows]

    found = on_catalogue(options, work)
    if as_json:
        emit_json(
            {
                "projects": [
                    {**record_of(row, folder), "counts": counts_record(report.counts)}
                    for row, folder, report in found
                ]
            }
        )
    elif found:
        emit_table(
            ("PROJECT", "PACKAGES", "VULNERABLE", "OUTDATED", "DEPRECATED", "MISSING", "FOLDER"),
            (
                (
                    row.full_name,
                    report.counts.packages,
                    vulnerable_in_words(report.counts),
                    report.counts.outdated,
                    report.counts.deprecated,
                    report.counts.missing,
                    str(folder) if folder else "on another machine",
                )
                for row, folder, report in found
            ),
        )
    else:
        complain("There are no projects yet; `tgtui project add PATH` begins with one.")


@project.command(short_help="Rename a project.")
@click.argument("name")
@click.argument("to")
@click.pass_obj
def rename(options: Options, name: str, to: str) -> None:
    """Give the project NAME the name TO."""
    if not on_catalogue(options, lambda catalogue: catalogue.projects.rename(name, to)):
        raise _none(name)
    emit([clean(f"The project {name} is called {to} now.")])


@project.command(short_help="Forget a project.")
@click.argument("name")
@click.pass_obj
def remove(options: Options, name: str) -> None:
    """Forget the project NAME. Its folder, and the packages of the catalogue, stay as they are."""
    if not on_catalogue(options, lambda catalogue: catalogue.projects.remove(name)):
        raise _none(name)
    emit([clean(f"The project {name} was removed; its folder is untouched.")])


@project.command(short_help="Share a project with everyone who has an account here.")
@click.argument("name")
@click.option("--stop", is_flag=True, help="Share it no longer.")
@click.pass_obj
def share(options: Options, name: str, stop: bool) -> None:
    """Let everyone with an account in this catalogue see the project NAME."""
    if not on_catalogue(
        options, lambda catalogue: catalogue.projects.share(name, is_shared=not stop)
    ):
        raise _none(name)
    emit([clean(f"Only you see the project {name}." if stop else f"Everyone sees {name} now.")])


@project.command(short_help="Say what is wrong with a project; for CI.")
@click.argument("reference", metavar="[NAME|PATH]", default=".")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(ctx: click.Context, reference: str, as_json: bool) -> None:
    """Say what is vulnerable, deprecated, missing or not locked, and which files can't be read.

    A folder need not be added. Exits with 6 if anything is found.
    """
    from tgtui.output.trees.projects import counts_in_words, counts_record, findings

    async def work(catalogue: Catalogue) -> tuple[str, list[str], ProjectReport]:
        name, problems, contents = await catalogue.projects.opened(reference)
        report = await catalogue.projects.assess(contents)
        return name, [each.sentence for each in problems], report

    name, problems, report = on_catalogue(ctx.obj, work)
    found = findings(report)
    if as_json:
        emit_json(
            {
                "project": name,
                "counts": counts_record(report.counts),
                "findings": found,
                "problems": problems,
            }
        )
    else:
        emit([clean(f"{name}: {counts_in_words(report.counts)}", 400)])
        if found:
            emit_table(
                ("FINDING", "PACKAGE", "WHERE", "REASON"),
                ((each.kind, each.package, each.place, each.reason) for each in found),
            )
    for problem in problems:
        complain(problem)
    if found or problems:
        ctx.exit(FOUND_SOMETHING)
    if is_terminal() and not as_json:
        emit(["Nothing was found."])


@project.command(short_help="Write a CycloneDX bill of what is locked.")
@click.argument("reference", metavar="[NAME|PATH]", default=".")
@click.pass_obj
def sbom(options: Options, reference: str) -> None:
    """Print a CycloneDX 1.6 bill of materials of what a project has locked. A folder need not be added."""
    from tgtui.output.trees.projects import project_bill

    async def work(catalogue: Catalogue) -> tuple[str, ProjectReport]:
        name, problems, contents = await catalogue.projects.opened(reference)
        for problem in problems:
            complain(problem.sentence)
        return name, await catalogue.projects.assess(contents)

    emit(project_bill(*on_catalogue(options, work)))


def _none(name: str) -> NotInCatalogue:
    return NotInCatalogue(
        f"You have no project {clean(name, 80)}; `tgtui project list` shows what there is."
    )
