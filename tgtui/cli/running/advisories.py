"""`tgtui advisories`: where advisories come from, one of them, and dumps."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tgtui.cli.opening import (
    NOT_IN_CATALOGUE,
    Options,
    complain,
    on_catalogue,
    principal_of,
    reading,
    run,
)
from tgtui.cli.output import emit, emit_json, emit_table, fields
from tgtui.cli.running.bar import Bar

if TYPE_CHECKING:
    from tgtui.basics.settings import Settings
    from tgtui.data.storage.database import Database
    from tgtui.data.views.advisories import AdvisoryDetail, AffectedHere
    from tgtui.identity.people import Person
    from tgtui.services.catalogue import Catalogue
    from tgtui.worker.advisories.fetching import DumpStep
    from tgtui.worker.advisories.importing import DumpImported

PROBLEMS_SHOWN = 5
PARTLY = 1

EPILOG = """\b
Examples:
  tgtui advisories                                what was read, and how fresh it is
  tgtui advisories import npm/all.zip             a dump that was copied here
  tgtui advisories import https://mirror.example/osv/PyPI/all.zip
  tgtui advisories import ./records --ecosystem npm
  tgtui advisories show GHSA-cxjh-pqwp-8mfp       who here is affected
"""

IMPORT_EPILOG = """\b
Examples:
  tgtui advisories import npm/all.zip
  tgtui advisories import https://mirror.example/osv/PyPI/all.zip
  tgtui advisories import ./records --ecosystem npm

\b
A dump has one JSON file of OSV's schema for each advisory: a zip archive, a
folder, or an address of an archive. OSV offers one for each ecosystem:
https://google.github.io/osv.dev/data/

\b
It is read through before anything is written. A dump that ends in the middle
changes nothing. Advisories that are no longer in it are removed if an earlier
import of the same ecosystem had brought them.

\b
Exit codes: 0 everything was read; 1 some advisories could not be read, or the
whole dump; 3 the database can't be used; 5 your role does not allow it.
"""


@click.group(
    epilog=EPILOG, short_help="Advisories: import, list, show.", invoke_without_command=True
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def advisories(ctx: click.Context, as_json: bool) -> None:
    """Show where advisories were read and how fresh they are; import a dump; show one of them."""
    if ctx.invoked_subcommand is not None:
        return
    from tgtui.data.versions.advisories.reading import source_states, standings
    from tgtui.output.advisories.words import trust
    from tgtui.registries.base import REGISTRIES

    with reading(ctx.obj) as database:
        _warn(database)
        states = database.read_now(source_states)
        by_registry, _by_package = database.read_now(standings, (), REGISTRIES)
    if as_json:
        emit_json({"sources": states, "registries": by_registry})
        return
    for registry in REGISTRIES:
        emit([f"{registry}: {trust(by_registry[registry])}"])
    if states:
        emit_table(
            ("ECOSYSTEM", "SOURCE", "ADVISORIES", "AS OF", "PROBLEM"),
            [
                (each.ecosystem, each.source, f"{each.records:,}", each.as_of, each.problem)
                for each in states
            ],
        )


@advisories.command("import", epilog=IMPORT_EPILOG, short_help="Import a dump.")
@click.argument("dump")
@click.option(
    "--ecosystem",
    "ecosystems",
    metavar="NAME",
    multiple=True,
    help="What it is a dump of: npm, PyPI, Debian, Ubuntu; by default what nearly all of it is about.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    options: Options, dump: str, ecosystems: tuple[str, ...], quiet: bool, as_json: bool
) -> None:
    """Import a dump of advisories: a zip archive, a folder, or an address of an archive."""
    with Bar("advisories", quiet) as shown:
        done = run(_import(options.settings(), dump, ecosystems, shown.tell))
    if as_json:
        emit_json(done)
    else:
        emit([_outcome(done)])
        for problem in done.problems[:PROBLEMS_SHOWN]:
            complain(problem)
    if done.unreadable:
        sys.exit(PARTLY)


async def _import(
    settings: Settings,
    dump: str,
    ecosystems: tuple[str, ...],
    tell: Callable[[DumpStep], None],
) -> DumpImported:
    from tgtui.services.login import person_of
    from tgtui.worker.advisories.fetching import fetched

    person = await person_of(settings, complain)
    async with fetched(settings, dump, tell) as path:
        return await asyncio.to_thread(_bring, settings, person, path, ecosystems, tell)


def _bring(
    settings: Settings,
    person: Person | None,
    path: Path,
    ecosystems: tuple[str, ...],
    tell: Callable[[DumpStep], None],
) -> DumpImported:
    from tgtui.basics.errors import UsageError
    from tgtui.identity.people import ROLES
    from tgtui.services.opening import prepare_database, who_is_there
    from tgtui.worker.advisories.fetching import DumpStep
    from tgtui.worker.advisories.importing import import_dump

    database = prepare_database(settings).database
    try:
        if "worker" not in who_is_there(database, person).roles & ROLES:
            raise UsageError("Importing advisories needs the role worker.")
        done = import_dump(database, path, ecosystems, lambda told: tell(DumpStep.of(told)))
        _warn(database)
        return done
    finally:
        database.close()


def _warn(database: Database) -> None:
    """Malware is an alarm, whatever else is told."""
    from tgtui.data.versions.advisories.reading import malware_here
    from tgtui.output.advisories.words import alarm

    if told := alarm(database.read_now(malware_here)):
        complain(told)


def _outcome(done: DumpImported) -> str:
    from tgtui.basics.formatting import counted
    from tgtui.output.advisories.words import as_of

    def number(count: int) -> str:
        return counted(count, "advisory", "advisories")

    fresh = f", {as_of(done.as_of)}" if done.as_of else ""
    parts = [f"{number(done.records)} of {', '.join(done.ecosystems)} read{fresh}"]
    parts.append(f"{done.new:,} new, {done.changed:,} changed, {done.removed:,} removed")
    if done.unreadable:
        parts.append(f"{number(done.unreadable)} could not be read")
    parts.append(f"{counted(done.affected, 'package')} here judged anew")
    return "; ".join(parts) + "."


@advisories.command(short_help="Ask the sources that the settings name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def refresh(ctx: click.Context, as_json: bool) -> None:
    """Ask the sources in advisories.sources about all packages here that are due, as a worker does by itself.

    OSV gets the names of packages, npm's registry and an index of Python packages names and versions. Private names are
    not sent.
    """
    from tgtui.basics.errors import UsageError
    from tgtui.basics.formatting import counted
    from tgtui.worker.advisories.refreshing import SOURCES, Refreshed, Refreshing, sources_of

    settings = ctx.obj.settings()
    if not sources_of(settings):
        raise UsageError(
            f"No source is asked: set advisories.sources (TGTUI_ADVISORIES_SOURCES) to {' or '.join(SOURCES)},"
            " or import a dump."
        )

    async def work(catalogue: Catalogue) -> Refreshed:
        if not catalogue.principal.can("worker"):
            raise UsageError("Asking for advisories needs the role worker.")
        done = await Refreshing(catalogue.database, settings).run()
        await asyncio.to_thread(_warn, catalogue.database)
        return done

    done = on_catalogue(ctx.obj, work)
    if as_json:
        emit_json(done)
    else:
        kept = f", {counted(done.kept_back, 'private name')} kept back" if done.kept_back else ""
        new = counted(done.advisories, "advisory", "advisories")
        emit([f"{counted(done.asked, 'package')} asked about{kept}; {new} new or changed."])
        for problem in done.problems:
            complain(problem)
    if done.problems:
        ctx.exit(PARTLY)


@advisories.command("show", short_help="Show one advisory, and who here is affected.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show the advisory NAME (GHSA-…, CVE-…), and the packages of the catalogue and your projects that it affects."""
    from tgtui.data.packages.projects.judging import projects_affected
    from tgtui.data.versions.advisories import reading as read
    from tgtui.data.versions.advisories.naming import advisory_named

    with reading(ctx.obj) as database:
        id = database.read_now(advisory_named, name)
        detail = database.read_now(read.advisory_detail, id) if id is not None else None
        here = database.read_now(read.affected_here, id) if id is not None else ()
        account_id = principal_of(ctx.obj, database).account_id
        projects = (
            database.read_now(projects_affected, account_id, id)
            if id is not None and account_id is not None
            else []
        )
    if detail is None:
        complain(
            f"No advisory is called {name[:80]!r} here. `tgtui advisories` shows what was read."
        )
        ctx.exit(NOT_IN_CATALOGUE)
    elif as_json:
        named = [
            {"project": name, "package": package, "path": path} for name, package, path in projects
        ]
        emit_json({"advisory": detail, "affected_here": here, "projects": named})
    else:
        _print(detail, here)
        if projects:
            emit(["Your projects that have it locked:"])
            emit_table(("PROJECT", "PACKAGE", "LOCK FILE"), projects)


def _print(detail: AdvisoryDetail, here: tuple[AffectedHere, ...]) -> None:
    from tgtui.basics.formatting import counted
    from tgtui.output.advisories.words import affects_in_words
    from tgtui.syntax.advisories.ranks import severity_word

    emit(
        fields(
            [
                ("Advisory", detail.name),
                ("Also", ", ".join(detail.aliases)),
                ("Severity", severity_word(detail.severity)),
                ("CVSS", detail.score),
                ("Summary", detail.summary),
                ("Published", detail.published_at),
                ("Changed", detail.modified_at),
                ("Withdrawn", detail.withdrawn_at),
                *[
                    (
                        "Affects",
                        affects_in_words(each),
                    )
                    for each in detail.affected[:20]
                ],
                *[("See", url) for _type, url in detail.links[:10]],
            ]
        )
    )
    if not here:
        emit(["No version in this catalogue is affected."])
        return
    emit([f"Affected here: {counted(len(here), 'package')}"])
    emit_table(
        ("PACKAGE", "VERSIONS", "NEWEST", "LATEST", "FIXED IN"),
        [
            (
                f"{each.registry}:{each.name}",
                each.versions,
                each.newest,
                "affected" if each.is_latest else "not affected",
                each.fixed_in,
            )
            for each in here
        ],
    )
