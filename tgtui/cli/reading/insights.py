"""`tgtui insights`: shows what the analytics computed last. It needs none of its libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tgtui.cli.opening import NOTHING_FOUND, Options, complain, reading
from tgtui.cli.output import emit, emit_json, emit_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tgtui.data.storage.database import Database
    from tgtui.data.views.insights import Answer, PackageInsights, Period
    from tgtui.data.views.packages import PackageDetail

PACKAGE, SHARED = "package", "shared"
MOST = 1_000
EPILOG = """\b
Examples:
  tgtui insights                           what there is to ask
  tgtui insights heaviest --registry npm
  tgtui insights popular --window week --json
  tgtui insights activity --window year --csv > activity.csv
  tgtui insights package npm:express       one package: its counts and its use over time
  tgtui insights shared npm:express npm:koa
                                           what these bring together, as it is now

\b
Results are those of the last refresh; stderr says of which day.
tgtui analytics refresh computes them anew.
Exit code 1 if there are none.
"""


@click.command(epilog=EPILOG, short_help="Show statistics: most needed, heaviest, popular ...")
@click.argument("name", required=False)
@click.argument("packages", nargs=-1)
@click.option("--registry", metavar="NAME", help="Only of this registry.")
@click.option("--window", type=click.Choice(["week", "month", "year"]), help="How far back.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print CSV that is safe to open in a spreadsheet."
)
@click.pass_context
def insights(
    ctx: click.Context,
    name: str | None,
    packages: tuple[str, ...],
    registry: str | None,
    window: str | None,
    limit: int,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the insight NAME; without it, what there is to ask."""
    from tgtui.basics.errors import UsageError

    options: Options = ctx.obj
    if as_json and as_csv:
        raise UsageError("Choose one of --json and --csv.")
    if name in (PACKAGE, SHARED):
        if registry or window:
            raise UsageError(f"`{name}` takes neither --registry nor --window.")
        show = _package if name == PACKAGE else _shared
        found = show(options, packages, as_json, as_csv)
    elif packages:
        raise UsageError(f"Only `{PACKAGE}` and `{SHARED}` are followed by packages.")
    elif name is None:
        found = _list(as_json, as_csv)
    else:
        found = _answer(options, name, registry, window, limit, as_json, as_csv)
    if not found:
        ctx.exit(NOTHING_FOUND)


def _list(as_json: bool, as_csv: bool) -> bool:
    from tgtui.data.views.insights import INSIGHTS

    head = ("NAME", "BY REGISTRY", "BY WINDOW", "QUESTION")
    rows = [
        (each.name, each.by_registry, each.by_window, " ".join(each.question.split()))
        for each in INSIGHTS
    ]
    if as_json:
        keys = ("name", "by_registry", "by_window", "question")
        emit_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        told = [(row[0], *("yes" if each else "no" for each in row[1:3]), row[3]) for row in rows]
        _table(head, told, as_csv)
    return True


def _answer(
    options: Options,
    name: str,
    registry: str | None,
    window: str | None,
    limit: int,
    as_json: bool,
    as_csv: bool,
) -> bool:
    from tgtui.data.insights.reading import answer
    from tgtui.output.insights import as_data, as_records, figures, headings, label, value_of

    period = _asked(name, registry, window)
    with reading(options) as database:
        found = database.read_now(answer, name, registry or "", period, limit)
    if as_json:
        emit_json(as_data(found))
    elif as_csv:
        _table(*as_records(found), as_csv=True)
    elif found.rows:
        insight = found.insight
        rows = [(label(row), value_of(insight, row), *figures(insight, row)) for row in found.rows]
        _table([heading.upper() for heading in headings(found.insight)], rows)
    _tell(found)
    return bool(found.rows)


def _asked(name: str, registry: str | None, window: str | None) -> Period:
    """The window that is meant. UsageError if there is no such answer."""
    from difflib import get_close_matches

    from tgtui.basics.errors import UsageError
    from tgtui.data.views.insights import BY_NAME, PERIODS
    from tgtui.registries.base import REGISTRIES

    if name not in BY_NAME:
        close = get_close_matches(name, BY_NAME, 1)
        meant = f" Did you mean {close[0]}?" if close else " `tgtui insights` lists them."
        raise UsageError(f"There is no insight {name[:40]!r}.{meant}")
    insight = BY_NAME[name]
    if registry is not None and registry not in REGISTRIES:
        raise UsageError(f"There is no registry {registry[:40]!r}; known: {', '.join(REGISTRIES)}.")
    if registry is not None and not insight.by_registry:
        raise UsageError(f"`{name}` is not told by registry; leave --registry out.")
    if window is not None and not insight.by_window:
        raise UsageError(f"`{name}` has no window: it tells how things are. Leave --window out.")
    if not insight.by_window:
        return ""
    return next((each for each in PERIODS if each == window), "month")


def _tell(found: Answer) -> None:
    from tgtui.basics import clock
    from tgtui.output.insights import as_of_in_words, asked_in_words

    told = (as_of_in_words(found, clock.now()), asked_in_words(found) if found.as_of else "")
    complain(" · ".join(part for part in told if part))
    if found.as_of is not None and not found.rows:
        complain("There was nothing to count.")


def _package(options: Options, packages: Sequence[str], as_json: bool, as_csv: bool) -> bool:
    from tgtui.basics.errors import UsageError
    from tgtui.data.insights.reading import package_insights
    from tgtui.output.insights import NOTHING_YET, counts_in_words

    if len(packages) != 1:
        raise UsageError(f"Name one package: tgtui insights {PACKAGE} npm:express")
    with reading(options) as database:
        (detail,) = _found(database, packages, options)
        found = database.read_now(package_insights, detail.id)
    if as_json:
        emit_json(
            {
                "package": f"{detail.registry}:{detail.name}",
                "as_of": found.as_of,
                "counts": found.measures,
                "uses": [{"week": week, "uses": uses} for week, uses in found.uses],
            }
        )
    else:
        _table(("DAY", "WHAT", "COUNT"), _days(found), as_csv)
    if not as_json and not as_csv:
        for sentence in counts_in_words(found):
            complain(f"{detail.registry}:{detail.name} {sentence}.")
    complain(f"as of {found.as_of}" if found.as_of else NOTHING_YET)
    return bool(found.measures or found.uses)


def _days(found: PackageInsights) -> list[tuple[str, str, str]]:
    rows = [
        (str(each.day), what.replace("_", "-"), str(getattr(each, what)))
        for each in found.measures
        for what in ("packages", "depth", "dependents", "dependents_all")
    ]
    return [*rows, *((str(week), "uses", str(uses)) for week, uses in found.uses)]


def _shared(options: Options, packages: Sequence[str], as_json: bool, as_csv: bool) -> bool:
    from tgtui.basics.errors import UsageError
    from tgtui.data.insights.sharing import shared

    if len(packages) < 2:
        raise UsageError(f"Name two packages or more: tgtui insights {SHARED} npm:express npm:koa")
    with reading(options) as database:
        details = _found(database, packages, options)
        found = database.read_now(
            shared, [detail.latest.id for detail in details if detail.latest is not None]
        )
    names = [f"{detail.registry}:{detail.name}" for detail in details]
    if as_json:
        emit_json(
            {
                "packages": names,
                "shared": [
                    {
                        "package": f"{each.registry}:{each.name}",
                        "versions": each.versions,
                        "brought_by": [names[place] for place in each.brought_by],
                    }
                    for each in found
                ],
            }
        )
        return bool(found)
    rows = [
        (
            f"{each.registry}:{each.name}",
            f"{len(each.brought_by)} of {len(names)}",
            ", ".join(each.versions),
        )
        for each in found
    ]
    if rows or as_csv:
        _table(("PACKAGE", "BROUGHT BY", "VERSIONS"), rows, as_csv)
    if not found:
        complain("They have nothing in common.")
    return bool(found)


def _found(database: Database, packages: Sequence[str], options: Options) -> list[PackageDetail]:
    from tgtui.cli.reading.finding import find_version
    from tgtui.syntax.reference import parse_reference

    return [find_version(database, parse_reference(text), options)[0] for text in packages]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], as_csv: bool = False) -> None:
    if not as_csv:
        emit_table(head, rows)
        return
    from tgtui.syntax.lists import table_as_csv

    names = [each.lower().replace(" ", "_") for each in head]
    emit([table_as_csv([names, *rows]).rstrip("\n")])
