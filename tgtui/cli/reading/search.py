"""`tgtui search`: finds packages in the catalogue like the search box."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from tgtui.cli.opening import NOTHING_FOUND, Options, complain, principal_of, reading
from tgtui.cli.output import emit, emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database
    from tgtui.data.views.packages import PackageRow
    from tgtui.data.views.searches import SearchPage
    from tgtui.syntax.query import SearchQuery

MAX_LIMIT = 10_000
EPILOG = """\b
Examples:
  tgtui search react                 the exact name first, then prefix, word, part of a word
  tgtui search tag:frontend react    with a tag; a leading minus excludes it: -tag:frontend
  tgtui search dep:express@4.18.1    resolved to exactly this; dep:express for any version
  tgtui search 'updated:<30d' is:deprecated sort:dependents
  tgtui search npm: --csv --limit 10000 > packages.csv
  tgtui search babel | cut -f1       piped: registry:name, version, date, tags, description

\b
Operators; a leading minus excludes:
  npm: jsr: brew: apt:               of that registry
  tag:x                              with that tag
  dep:x  dep:x@1.2.3                 an install of it brings x; that version of x
  devdep:x  sugdep:x                 uses x for development only; only suggests x
  license:mit  license:gpl-*         its licence, or a part of its name; or its kind:
  license:copyleft                   permissive, weak, strong, copyleft, restricted, unknown
  keyword:cli  maintainer:ada        what its latest version says
  size:>1mb  size:<100kb             unpacked
  updated:<30d  updated:>1y          latest version published since, or before (d, w, mo, y)
  is:deprecated is:missing is:failed
  is:watched                         by you
  in:web                             in your project of that name, and -in:web
  sort:relevance|name|updated|dependents|popular|heaviest|dependents-all|size
"""


# -tag:x is not an option.
@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=25, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print CSV that is safe to open in a spreadsheet."
)
@click.option(
    "--saved", metavar="NAME", help="Run a search you saved in the app, narrowed by QUERY."
)
@click.pass_obj
def search(
    options: Options,
    query: tuple[str, ...],
    limit: int,
    as_json: bool,
    as_csv: bool,
    saved: str | None,
) -> None:
    """Find packages in the catalogue.

    Words are searched in names, then in descriptions; similar names come last. See below for how to narrow and
    sort.
    """
    from tgtui.basics.errors import UsageError
    from tgtui.data.search.absent import absent_parts
    from tgtui.data.search.results import search_packages
    from tgtui.syntax.query import parse_search, unknown_operator

    if as_json and as_csv:
        raise UsageError("Choose one of --json and --csv.")
    if not query and saved is None:
        raise UsageError("Give something to search for: tgtui search react. --help has examples.")
    with reading(options) as database:
        words = " ".join(
            [*([_saved(options, database, saved)] if saved is not None else []), *query]
        )
        parsed = parse_search(words)
        if parsed.is_personal:
            parsed = parsed.asked_by(principal_of(options, database).account_id)
        if parsed.problems:
            raise UsageError(parsed.problems[0])
        page = database.read_now(search_packages, parsed, limit=limit)
        nothing = "" if page.rows else _nothing_found(database, parsed)
        idle = database.read_now(absent_parts, parsed.without_tags, parsed.without_dependencies)
    if as_json:
        emit_json({"packages": page.rows, "is_complete": page.next_cursor is None})
    elif as_csv:
        from tgtui.syntax import lists

        emit([lists.as_csv(row.record() for row in page.rows).rstrip("\n")])
        _tell_of_more(page, limit)
    else:
        _print(page, limit)
    if page.similar and len(page.similar) == len(page.rows):
        complain(f"There is no package `{parsed.text}`. These names are similar:")
    mistaken = None if nothing else unknown_operator(parsed, is_empty=False)
    if mistaken is not None:
        complain(mistaken)
    for each in idle:
        complain(f"-{each.part}: {each.sentence}")
    if nothing:
        complain(nothing)
        sys.exit(NOTHING_FOUND)


def _saved(options: Options, database: Database, name: str) -> str:
    """A saved search, as it is typed. UsageError if there is none of this name."""
    from tgtui.basics.errors import UsageError
    from tgtui.data.search.saved import saved_searches

    account_id = principal_of(options, database).account_id
    kept = database.read_now(saved_searches, account_id) if account_id is not None else []
    for each in kept:
        if each.name == name:
            return each.query
    known = ", ".join(each.name for each in kept) or "none"
    raise UsageError(f"You have no saved search {name!r}. Saved: {known}.")


def _tell_of_more(page: SearchPage, limit: int) -> None:
    if page.next_cursor is not None:
        complain(f"There are more than {limit}; use --limit to see more.")


def _print(page: SearchPage, limit: int) -> None:
    from tgtui.basics import clock
    from tgtui.basics.formatting import age

    now, for_people = clock.now(), is_terminal()

    def line(row: PackageRow) -> tuple[object, ...]:
        released = row.published_at
        return (
            f"{row.registry}:{row.name}",
            row.latest_version or (row.state if for_people else ""),
            age(released, now) if for_people else released.date() if released else "",
            ",".join(tag.slug for tag in row.tags),
            row.description,
        )

    if page.rows:
        head = ("PACKAGE", "VERSION", "AGE", "TAGS", "DESCRIPTION")
        emit_table(head, map(line, page.rows))
    _tell_of_more(page, limit)


def _nothing_found(database: Database, query: SearchQuery) -> str:
    from tgtui.basics.errors import UsageError
    from tgtui.cli.reading.finding import not_here
    from tgtui.data.packages.removal import find_deleted
    from tgtui.data.search.absent import absent_parts
    from tgtui.syntax.query import unknown_operator
    from tgtui.syntax.reference import DEFAULT_REGISTRY, parse_reference

    absent = database.read_now(absent_parts, query.tags, query.dependencies)
    if absent:
        return " ".join(each.sentence for each in absent)
    mistaken = unknown_operator(query, is_empty=True)
    if mistaken is not None:
        return mistaken
    if query.is_filtered or len(query.words) != 1:
        return "Nothing in the catalogue matches."
    registry = next(iter(query.registries), DEFAULT_REGISTRY)
    try:
        reference = parse_reference(f"{registry}:{query.text}")
    except UsageError:
        return "Nothing in the catalogue matches."
    deleted = database.read_now(find_deleted, reference.registry, reference.name)
    if deleted is not None:
        return str(not_here(reference, deleted))
    package = shlex.quote(str(reference.package))
    return f"`{query.text}` is not in the catalogue. Ask for it: tgtui ask {package}"
