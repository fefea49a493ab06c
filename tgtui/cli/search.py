"""`tgtui search`: finds packages in the catalogue, as the search box does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tgtui.cli.opening import NOTHING_FOUND, Options, complain, reading
from tgtui.cli.output import emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.views import PackageRow, SearchPage
    from tgtui.searching import SearchQuery

MAX_LIMIT = 10_000
EPILOG = """\b
Examples:
  tgtui search react                 the exact name first, then prefix, word, part of a word
  tgtui search tag:frontend react    with a tag; -tag:frontend without it
  tgtui search npm: tag:testing      of one registry
  tgtui search babel | cut -f1       piped: registry:name, version, date, tags, description
"""


# -tag:x is no option.
@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=25, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def search(options: Options, query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find packages in the catalogue.

    Words are looked for in names. npm:, jsr:, brew:, apt:, tag:x and -tag:x narrow the search.
    """
    from tgtui.data.search import search_packages
    from tgtui.searching import parse_search

    parsed = parse_search(" ".join(query))
    with reading(options) as database:
        page = database.read_now(search_packages, parsed, limit=limit)
    if as_json:
        emit_json({"packages": page.rows, "is_complete": page.next_cursor is None})
    else:
        _print(page, limit)
    if not page.rows:
        complain(_nothing_found(parsed))
        sys.exit(NOTHING_FOUND)


def _print(page: SearchPage, limit: int) -> None:
    from tgtui import clock
    from tgtui.formatting import age

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
    if page.next_cursor is not None:
        complain(f"There are more than {limit}; --limit shows more of them.")


def _nothing_found(query: SearchQuery) -> str:
    from tgtui.errors import UsageError
    from tgtui.references import parse_reference

    if query.tags or query.without_tags or len(query.words) != 1:
        return "Nothing in the catalogue matches."
    registry = next(iter(query.registries), "npm")
    try:
        reference = parse_reference(f"{registry}:{query.text}")
    except UsageError:
        return "Nothing in the catalogue matches."
    return f"`{query.text}` is not in the catalogue. Ask for it: tgtui ask {reference.package}"
