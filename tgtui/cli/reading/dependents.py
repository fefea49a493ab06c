"""`tgtui dependents`: lists what resolves to a package or to one version of it, directly or through others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tgtui.basics.formatting import counted
from tgtui.cli.opening import NOTHING_FOUND, Options, complain, principal_of, reading
from tgtui.cli.output import emit_json, emit_table
from tgtui.cli.reading.finding import find, find_version
from tgtui.cli.reading.why import steps_data, way_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tgtui.data.graph.dependents import Reacher
    from tgtui.data.storage.database import Database
    from tgtui.data.views.packages import PackageDetail
    from tgtui.syntax.reference import PackageReference

PROJECTS_NAMED = 20

EPILOG = """\b
Examples:
  tgtui dependents npm:ms                  of any version
  tgtui dependents npm:express@4.18.1      of exactly this one
  tgtui dependents npm:express@4.18.1 --direct
  tgtui dependents npm:jest --dev          those that use it for development only, too
  tgtui dependents npm:ms --json

\b
Columns: the dependent, the number of steps to the package, and a shortest path
to it, with the declared range behind each step.
Projects of yours that have it locked are named below. Exit code 1 if nothing in
the catalogue depends on it, and none of these does.
"""


@click.command(epilog=EPILOG, short_help="Show which packages depend on a package or version.")
@click.argument("package")
@click.option("--direct", is_flag=True, help="Only direct dependents.")
@click.option("--dev", is_flag=True, help="List packages that use it for development only, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def dependents(ctx: click.Context, package: str, direct: bool, dev: bool, as_json: bool) -> None:
    """Show every package in the catalogue that installs PACKAGE, and the path to it.

    With a version, only those that resolve to exactly this version.
    """
    from tgtui.data.graph.dependents import reachers
    from tgtui.data.packages.projects.kept import projects_with
    from tgtui.data.search.jumps import count_matches
    from tgtui.syntax.query import Dependency, SearchQuery
    from tgtui.syntax.reference import parse_reference

    options: Options = ctx.obj
    reference = parse_reference(package)
    with reading(options) as database:
        detail, ids, version = _sought(database, reference, options)
        found = database.read_now(reachers, ids)
        by_dev = Dependency(detail.name, version, detail.registry, "devdep")
        query = SearchQuery(dependencies=frozenset({by_dev}))
        developed = database.read_now(count_matches, query)
        developing = list(_developing(database, detail, version)) if dev else []
        account_id = principal_of(options, database).account_id
        projects = (
            database.read_now(projects_with, account_id, detail.registry, detail.name, version)
            if account_id is not None
            else []
        )
    label = f"{detail.registry}:{detail.name}" + (f"@{version}" if version else "")
    if direct:
        found = [each for each in found if each.is_direct]
    if as_json:
        emit_json(
            {
                "package": label,
                "is_complete": False,
                "dependents": list(map(_as_data, (*found, *developing))),
                "development_only": developed,
                "projects": [
                    {"project": name, "version": of, "path": path} for name, of, path in projects
                ],
            }
        )
    else:
        rows = [_row(each, detail.registry) for each in (*found, *developing)]
        emit_table(("package", "steps", "path"), rows)
    packages = len({(each.way[0].name.registry, each.way[0].name.name) for each in found})
    versions = counted(len(found), "version")
    complain(
        f"{versions} of {counted(packages, 'package')} known here; packages not fetched"
        " yet are not counted."
        if found
        else f"Nothing in the catalogue installs {label}. Packages not fetched yet are not counted."
    )
    if developed:
        use = "uses" if developed == 1 else "use"
        lists = "" if dev else f" (--dev lists {'it' if developed == 1 else 'them'})"
        complain(f"{counted(developed, 'package')} {use} it for development only{lists}.")
    if projects:
        named = ", ".join(f"{name} ({of}, {path})" for name, of, path in projects[:PROJECTS_NAMED])
        more = len(projects) - PROJECTS_NAMED
        complain(f"Of your projects: {named}{f' and {more} more' if more > 0 else ''}.")
    if not found and not developing and not projects:
        ctx.exit(NOTHING_FOUND)


def _sought(
    database: Database, reference: PackageReference, options: Options
) -> tuple[PackageDetail, list[UUID], str]:
    """The package, the ids of the versions asked about, and the version if it is only one."""
    from tgtui.data.graph.dependents import versions_in_use

    if reference.version is not None:
        detail, version = find_version(database, reference, options)
        return detail, [version.id], version.version
    detail, _ = find(database, reference, options)
    used = database.read_now(versions_in_use, detail.id)
    ids = [edge.resolved_version_id for edge in used if edge.resolved_version_id is not None]
    return detail, ids, ""


def _developing(database: Database, detail: PackageDetail, version: str) -> Iterator[Reacher]:
    """Each package that uses it for development only, as a path of one step."""
    from tgtui.data.graph.dependents import Link, Reacher, Step
    from tgtui.data.graph.reach import VersionName
    from tgtui.data.packages.dependents import dependents_page

    cursor: str | None = None
    while True:
        page = database.read_now(
            dependents_page, detail.id, operators=("devdep",), version=version, after=cursor
        )
        for each in page.rows:
            user = VersionName(each.registry, each.name, each.version)
            used = VersionName(detail.registry, detail.name, each.resolved_version)
            link = Link(each.range, each.type, None, False)
            yield Reacher(1, (Step(each.version_id, user, link), Step(detail.id, used, None)))
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(reacher: Reacher, registry: str) -> tuple[str, str, str]:
    way = reacher.way
    near, end = way[1:-1], way[-1:]
    if not reacher.left_out:
        told = way_in_words(way[1:], registry, first=way[0].link)
    else:
        told = way_in_words(near, registry, first=way[0].link)
        told += f" › … {reacher.left_out} more … › {way_in_words(end, registry)}"
    return str(way[0].name), str(reacher.steps), told


def _as_data(reacher: Reacher) -> dict[str, object]:
    return {
        "package": str(reacher.way[0].name),
        "steps": reacher.steps,
        "left_out": reacher.left_out,
        "way": steps_data(reacher.way),
    }
