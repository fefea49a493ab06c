"""`tgtui watch`, `unwatch` and `news`: packages that a person watches, and what is new of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.curating.opening import packages_named
from tgtui.cli.opening import Options, complain, on_catalogue
from tgtui.cli.output import emit, emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.views.watching import WatchedRow
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.personal.watching import Watched

WATCH_EPILOG = """\b
Examples:
  tgtui watch npm:react brew:jq      from now on
  tgtui watch                        what you watch; the packages with news first
  tgtui search is:watched            the same as a search
  tgtui unwatch npm:react            no longer
  tgtui news                         what is new since you last looked

\b
A worker fetches watched packages again each day (worker.refresh_hours), a few at
a time and behind everything that people ask for. What you watch is yours alone.
"""

NEWS_EPILOG = """\b
Examples:
  tgtui news                         new versions, deprecations
  tgtui news --seen                  show them, and then count them as seen
  tgtui news --json                  for programs
"""


@click.command(epilog=WATCH_EPILOG, short_help="Watch packages, or list those you watch.")
@click.argument("packages", metavar="[PACKAGE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def watch(options: Options, packages: tuple[str, ...], as_json: bool) -> None:
    """Watch packages of the catalogue: be told of new versions and deprecations. Without PACKAGE, list them."""

    async def begin(catalogue: Catalogue) -> Watched:
        return await catalogue.watching.watch(await packages_named(catalogue, packages))

    if packages:
        _tell(on_catalogue(options, begin), packages, as_json)
    else:
        _list(options, as_json)


@click.command(epilog=WATCH_EPILOG, short_help="End watching packages.")
@click.argument("packages", metavar="[PACKAGE]...", nargs=-1)
@click.option("--all", "are_all", is_flag=True, help="End watching everything.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def unwatch(options: Options, packages: tuple[str, ...], are_all: bool, as_json: bool) -> None:
    """End watching packages."""
    from tgtui.basics.errors import UsageError
    from tgtui.basics.formatting import counted

    if bool(packages) == are_all:
        raise UsageError("Name the packages, or give --all for everything you watch.")

    async def end(catalogue: Catalogue) -> Watched:
        return await catalogue.watching.unwatch(await packages_named(catalogue, packages))

    async def end_all(catalogue: Catalogue) -> int:
        return await catalogue.watching.unwatch_all()

    if packages:
        _tell(on_catalogue(options, end), packages, as_json)
        return
    count = on_catalogue(options, end_all)
    if as_json:
        emit_json({"is_watched": False, "changed": count, "total": count})
    else:
        emit([f"You no longer watch {counted(count, 'package')}."])


@click.command(epilog=NEWS_EPILOG, short_help="Show what is new of the packages you watch.")
@click.option("--seen", is_flag=True, help="Count what is shown as seen.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def news(options: Options, seen: bool, as_json: bool) -> None:
    """Show new versions and deprecations of the packages you watch, since you last looked."""
    from tgtui.output.advisories.words import alarm
    from tgtui.output.watching import NOTHING_NEW, record

    async def show(catalogue: Catalogue) -> None:
        catalogue.watching.require()
        if told := alarm((await catalogue.watching.glance()).malware):
            complain(told)
        rows = [row async for row in _rows(catalogue, only_news=True)]
        if as_json:
            emit_json({"news": [record(row) for row in rows]})
        elif rows:
            _print(rows, with_news=True)
        else:
            complain(NOTHING_NEW)
        if seen:  # only now: what could not be printed was not seen
            await catalogue.watching.mark_seen(
                {row.package_id: row.news_at for row in rows if row.news_at is not None}
            )

    on_catalogue(options, show)


async def _rows(catalogue: Catalogue, *, only_news: bool = False) -> AsyncIterator[WatchedRow]:
    page = await catalogue.watching.page(only_news=only_news)
    while True:
        for row in page.rows:
            yield row
        if page.next_cursor is None:
            return
        page = await catalogue.watching.page(page.next_cursor, only_news=only_news)


def _list(options: Options, as_json: bool) -> None:
    from tgtui.output.watching import NOTHING_WATCHED, record

    async def read(catalogue: Catalogue) -> list[WatchedRow]:
        catalogue.watching.require()
        return [row async for row in _rows(catalogue)]

    rows = on_catalogue(options, read)
    if as_json:
        emit_json({"watched": [record(row) for row in rows]})
    elif rows:
        _print(rows, with_news=False)
    else:
        complain(f"{NOTHING_WATCHED} `tgtui watch npm:react` begins with one.")


def _print(rows: list[WatchedRow], *, with_news: bool) -> None:
    from tgtui.basics import clock
    from tgtui.basics.formatting import ago
    from tgtui.output.watching import news_in_words

    now, for_people = clock.now(), is_terminal()

    def line(row: WatchedRow) -> tuple[object, ...]:
        moment = row.news_at if with_news else row.watched_since
        when = "" if moment is None else ago(moment, now) if for_people else moment.isoformat()
        told = news_in_words(row.news) if row.news is not None else ""
        return f"{row.registry}:{row.name}", row.latest_version or "", when, told

    emit_table(("PACKAGE", "LATEST", "NEW" if with_news else "WATCHED", "NEWS"), map(line, rows))


def _tell(outcome: Watched, packages: tuple[str, ...], as_json: bool) -> None:
    from tgtui.syntax.reference import parse_reference

    if as_json:
        emit_json(outcome)
    else:
        emit([clean(outcome.sentence(str(parse_reference(packages[0]).package)))])
